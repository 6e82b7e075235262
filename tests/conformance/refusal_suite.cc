// Events that are not stored because their name is taken: uids, and request keys within their window.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

using Reason = Refusal::Reason;

std::shared_ptr<Event> named_event(std::optional<std::string> uid, std::uint64_t key = 0) {
    auto event = make_event({endpoint_id(1)});
    event->uid = std::move(uid);
    if (key != 0) event->request_key = Id{key, ~key};
    return event;
}

class Refused {
public:
    static std::optional<Refusal> one(StoreSuite& suite, std::shared_ptr<Event> event) {
        const Committed done = commit(suite, {std::move(event)});
        EXPECT_LE(done.batch.refusals.size(), 1u);
        if (done.batch.refusals.empty()) return {};
        EXPECT_TRUE(done.batch.events.at(0)->id.is_nil()) << "what is not stored has no id";
        return done.batch.refusals.at(0);
    }
    static Committed commit(StoreSuite& suite, std::vector<std::shared_ptr<Event>> events) {
        CommitBatch batch;
        batch.events = std::move(events);
        Committed done = suite.commit(std::move(batch));
        EXPECT_TRUE(done.result) << done.result.error().message;
        return done;
    }
};

#define EXPECT_REFUSED(event, why, first)                               \
    do {                                                                \
        const std::optional<Refusal> seen = Refused::one(*this, event); \
        ASSERT_TRUE(seen);                                              \
        EXPECT_EQ(seen->reason, why);                                   \
        EXPECT_EQ(seen->existing, (first)->id);                         \
        EXPECT_EQ(seen->index, 0u);                                     \
    } while (false)

TEST_P(StoreSuite, a_uid_is_taken_once_in_an_application) {
    open();
    const EventPtr first = accept_event(named_event("order-7"));
    EXPECT_REFUSED(named_event("order-7"), Reason::uid_taken, first);
    EXPECT_FALSE(Refused::one(*this, named_event("order-70")));
    EXPECT_FALSE(Refused::one(*this, named_event("Order-7")));
    auto elsewhere = named_event("order-7");
    elsewhere->application = ApplicationId{9, 9};
    const EventPtr other = accept_event(elsewhere);
    EXPECT_EQ(tally().events, 4u) << "what is refused is not counted";
    EXPECT_EQ(tally().accepted, 4u);
    for (int i = 0; i < 2; ++i) {
        EXPECT_REFUSED(named_event("order-7"), Reason::uid_taken, first);
        auto again = named_event("order-7");
        again->application = ApplicationId{9, 9};
        EXPECT_REFUSED(again, Reason::uid_taken, other);
        clock_.advance(24h);
        i == 0 ? reopen_after_crash() : reopen_after_close();
    }
    EXPECT_EQ(tally().events, 4u);
    EXPECT_EQ(scan_all().events_checked, 4u) << "and leaves no row";
}

TEST_P(StoreSuite, a_repeated_request_is_told_of_the_first) {
    open();
    const EventPtr first = accept_event(named_event({}, 5));
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
    auto elsewhere = named_event({}, 5);
    elsewhere->application = ApplicationId{9, 9};
    EXPECT_REFUSED(elsewhere, Reason::repeated, first);
    EXPECT_FALSE(Refused::one(*this, named_event({}, 6)));
    auto half = named_event({});
    half->request_key = Id{5, 5};
    EXPECT_FALSE(Refused::one(*this, half)) << "all of the key counts";
    for (int i = 0; i < 2; ++i) {
        i == 0 ? reopen_after_crash() : reopen_after_close();
        EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
    }
    EXPECT_EQ(tally().events, 3u);
}

TEST_P(StoreSuite, a_request_is_known_for_its_window_and_no_longer) {
    open();
    const EventPtr first = accept_event(named_event({}, 5));
    clock_.advance(kRepeatWindow - Duration{1});
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
    reopen_after_crash();
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
    clock_.advance(Duration{1});
    const EventPtr second = accept_event(named_event({}, 5));
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, second);
    clock_.advance(kRepeatWindow - 1s);
    reopen_after_close();
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, second);
    clock_.advance(1s);
    reopen_after_crash();
    EXPECT_FALSE(Refused::one(*this, named_event({}, 5)));
}

// However short a time events are kept.
TEST_P(StoreSuite, a_request_is_known_though_its_event_may_go) {
    open();
    const EventPtr first = accept_event(named_event({}, 5));
    const EventPtr nameless = accept_event(named_event({}));
    for (const EventPtr& event : {first, nameless})
        update(settle(event, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    const auto expire = [&] {
        const auto done = run(store().expire(RetentionPolicy{1h, 1h}, now()));
        EXPECT_TRUE(done) << done.error().message;
    };
    for (int i = 0; i < 3; ++i) {
        clock_.advance(kRepeatWindow / 4);
        expire();
        EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
        i % 2 == 0 ? reopen_after_crash() : reopen_after_close();
        expire();
        EXPECT_REFUSED(named_event({}, 5), Reason::repeated, first);
    }
    clock_.advance(kRepeatWindow / 4 + 1h);
    expire();
    const EventPtr second = accept_event(named_event({}, 5));
    expire();
    for (const EventPtr& gone : {first, nameless})
        EXPECT_FALSE(run(store().read_event(gone->id))) << "nothing is kept for ever";
    EXPECT_REFUSED(named_event({}, 5), Reason::repeated, second);
}

TEST_P(StoreSuite, a_repetition_does_not_prolong_the_window) {
    open();
    accept_event(named_event({}, 5));
    for (int i = 0; i < 3; ++i) {
        clock_.advance(kRepeatWindow / 4);
        EXPECT_TRUE(Refused::one(*this, named_event({}, 5)));
    }
    clock_.advance(kRepeatWindow / 4);
    EXPECT_FALSE(Refused::one(*this, named_event({}, 5)));
}

TEST_P(StoreSuite, a_repeated_request_goes_before_its_uid) {
    open();
    const EventPtr first = accept_event(named_event("order-7", 5));
    EXPECT_REFUSED(named_event("order-7", 5), Reason::repeated, first);
    EXPECT_REFUSED(named_event("order-8", 5), Reason::repeated, first);
    EXPECT_REFUSED(named_event("order-7", 6), Reason::uid_taken, first);
    EXPECT_FALSE(Refused::one(*this, named_event({}, 6))) << "a refused request leaves no key";
    EXPECT_FALSE(Refused::one(*this, named_event("order-8"))) << "and no uid";
    clock_.advance(kRepeatWindow);
    EXPECT_REFUSED(named_event("order-7", 5), Reason::uid_taken, first);
}

TEST_P(StoreSuite, names_count_within_one_batch) {
    open();
    const Committed done = Refused::commit(
        *this, {named_event("a", 1), named_event("a"), named_event({}, 1), named_event("b", 2),
                named_event({}), named_event("b", 1), named_event("b", 3)});
    const auto& events = done.batch.events;
    struct Expected {
        std::size_t index;
        Reason reason;
        std::size_t existing;
    };
    const Expected expected[] = {{1, Reason::uid_taken, 0},
                                 {2, Reason::repeated, 0},
                                 {5, Reason::repeated, 0},
                                 {6, Reason::uid_taken, 3}};
    ASSERT_EQ(done.batch.refusals.size(), std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        EXPECT_EQ(done.batch.refusals[i].index, expected[i].index);
        EXPECT_EQ(done.batch.refusals[i].reason, expected[i].reason);
        EXPECT_EQ(done.batch.refusals[i].existing, events.at(expected[i].existing)->id);
    }
    EXPECT_EQ(tally().events, 3u);
    EXPECT_EQ(tally().accepted, 3u);
    for (const std::size_t stored : {0u, 3u, 4u})
        EXPECT_EQ(history(events.at(stored)->id).event->uid, events.at(stored)->uid);
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 3u);
}

TEST_P(StoreSuite, names_count_between_batches_of_one_group) {
    open();
    std::vector<EventId> stored;
    std::vector<Refusal> refused;
    int answers = 0;
    for (std::size_t i = 0; i < 12; ++i) {
        CommitBatch batch;
        batch.events = {named_event("order-7", 100 + i), named_event({}, 9)};
        store().commit(i % kReactors, std::move(batch), [&](Result<void> result, CommitBatch back) {
            EXPECT_TRUE(result);
            answers += 1;
            for (const auto& event : back.events) {
                if (!event->id.is_nil()) stored.push_back(event->id);
            }
            refused.insert(refused.end(), back.refusals.begin(), back.refusals.end());
        });
    }
    run_until([&] { return answers == 12; });
    ASSERT_EQ(stored.size(), 2u);
    ASSERT_EQ(refused.size(), 22u);
    for (const Refusal& refusal : refused) {
        EXPECT_EQ(refusal.reason, refusal.index == 0 ? Reason::uid_taken : Reason::repeated);
        EXPECT_EQ(refusal.existing, stored.at(refusal.index));
    }
    EXPECT_EQ(tally().events, 2u);
}

TEST_P(StoreSuite, a_batch_that_was_refused_before_starts_anew) {
    open();
    const EventPtr first = accept_event(named_event("order-7"));
    Committed done = Refused::commit(*this, {named_event("order-7")});
    ASSERT_EQ(done.batch.refusals.size(), 1u);
    done.batch.events.at(0)->uid = "order-8";
    const Committed again = commit(std::move(done.batch));
    ASSERT_TRUE(again.result);
    EXPECT_TRUE(again.batch.refusals.empty());
    EXPECT_EQ(history(again.batch.events.at(0)->id).event->uid, "order-8");
}

TEST_P(StoreSuite, names_after_a_doubtful_commit_tell_what_became_of_it) {
    for (const auto doubt : {StoreFactory::Doubt::durable, StoreFactory::Doubt::lost}) {
        SCOPED_TRACE(doubt == StoreFactory::Doubt::durable ? "durable" : "lost");
        factory_ = GetParam().make();
        open();
        accept({endpoint_id(1)});
        factory_->doubt_next_commit(doubt);
        CommitBatch batch;
        batch.events = {named_event("order-7", 5)};
        const Committed done = commit(std::move(batch));
        ASSERT_EQ(done.result.error().code, ErrorCode::commit_unknown);
        EXPECT_TRUE(done.batch.refusals.empty());
        const EventPtr sent = done.batch.events.at(0);
        if (doubt == StoreFactory::Doubt::durable) {
            EXPECT_REFUSED(named_event("order-7", 5), Reason::repeated, sent);
            EXPECT_REFUSED(named_event("order-7"), Reason::uid_taken, sent);
        } else {
            EXPECT_FALSE(Refused::one(*this, named_event("order-7", 5)));
        }
        EXPECT_EQ(tally().events, 2u);
        end_by_close();
    }
    open();
}

TEST_P(StoreSuite, a_uid_finds_its_event) {
    open();
    const EventPtr first = accept_event(named_event("order-7"));
    auto foreign = named_event("order-8");
    foreign->application = ApplicationId{9, 9};
    const EventPtr other = accept_event(foreign);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(run(store().find_event(first->application, "order-7")), first->id);
        EXPECT_EQ(run(store().find_event(ApplicationId{9, 9}, "order-8")), other->id);
        for (const char* uid : {"order-8", "", "order", "order-7 "}) {
            const auto none = run(store().find_event(first->application, uid));
            ASSERT_FALSE(none) << uid;
            EXPECT_EQ(none.error().code, ErrorCode::not_found);
        }
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, a_uid_is_free_again_when_its_event_is_dropped) {
    open();
    const EventPtr first = accept_event(named_event("order-7"));
    update(settle(first, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    clock_.advance(24h * 9);
    accept_parked(endpoint_id(7), now() + 24h * 365);
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    EXPECT_EQ(run(store().find_event(first->application, "order-7")).error().code,
              ErrorCode::not_found);
    const EventPtr second = accept_event(named_event("order-7"));
    reopen_after_crash();
    EXPECT_EQ(run(store().find_event(first->application, "order-7")), second->id);
    EXPECT_REFUSED(named_event("order-7"), Reason::uid_taken, second);
}

}  // namespace
}  // namespace posthaste::conformance
