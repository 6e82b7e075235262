// Every step a delivery can take, its place before and after, the tally after each, and that repeating a step is harmless.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

constexpr DeliveryState kNextStates[] = {DeliveryState::parked, DeliveryState::delivered,
                                         DeliveryState::dead, DeliveryState::cancelled};

DeliveryUpdate make_update(const EventPtr& event, EndpointId endpoint, DeliveryState next,
                           std::optional<Timestamp> from, Timestamp due,
                           std::optional<AttemptRecord> attempt) {
    if (next == DeliveryState::parked) return park(event, endpoint, due, from, std::move(attempt));
    return settle(event, endpoint, next, from, std::move(attempt));
}

std::uint64_t count_of(const Tally& tally, DeliveryState state) {
    switch (state) {
        case DeliveryState::pending: return tally.pending();
        case DeliveryState::parked: return tally.parked;
        case DeliveryState::delivered: return tally.delivered;
        case DeliveryState::dead: return tally.dead;
        case DeliveryState::cancelled: return tally.cancelled;
    }
    return 0;
}

TEST_P(StoreSuite, every_step_from_the_tail) {
    open();
    for (DeliveryState next : kNextStates) {
        for (bool with_attempt : {true, false}) {
            SCOPED_TRACE(std::string(to_string(next)) + (with_attempt ? " with an attempt" : ""));
            const EventPtr event = accept({endpoint_id(1), endpoint_id(2)});
            EXPECT_EQ(state_of(event->id, endpoint_id(1)), DeliveryState::pending);
            const Tally before = tally();
            std::optional<AttemptRecord> attempt;
            if (with_attempt) attempt = make_attempt(1, now() + 3s);
            update(make_update(event, endpoint_id(1), next, {}, now() + 9s, attempt));

            const EventHistory after = history(event->id);
            EXPECT_EQ(after.deliveries.at(0).state, next);
            EXPECT_EQ(after.deliveries.at(1).state, DeliveryState::pending)
                << "its neighbour is untouched";
            EXPECT_EQ(after.deliveries.at(0).next_due.has_value(), next == DeliveryState::parked);
            ASSERT_EQ(after.deliveries.at(0).attempts.size(), with_attempt ? 1u : 0u);
            if (with_attempt) {
                EXPECT_EQ(describe(after.deliveries.at(0).attempts[0]), describe(*attempt));
            }
            EXPECT_EQ(count_of(tally(), next), count_of(before, next) + 1);
            EXPECT_EQ(tally().pending(), before.pending() - (is_settled(next) ? 1 : 0));
        }
    }
}

TEST_P(StoreSuite, every_step_from_a_parked_row) {
    open();
    for (DeliveryState next : kNextStates) {
        for (bool with_attempt : {true, false}) {
            SCOPED_TRACE(std::string(to_string(next)) + (with_attempt ? " with an attempt" : ""));
            const Timestamp due = now() + 4s;
            const EventPtr event = accept_parked(endpoint_id(1), due);
            const Tally before = tally();
            std::optional<AttemptRecord> attempt;
            if (with_attempt) attempt = make_attempt(1, now());
            update(make_update(event, endpoint_id(1), next, due, due + 30s, attempt));

            const EventHistory after = history(event->id);
            EXPECT_EQ(after.deliveries.at(0).state, next);
            if (next == DeliveryState::parked) {
                EXPECT_EQ(after.deliveries.at(0).next_due, due + 30s);
            }
            EXPECT_EQ(tally().parked, before.parked - (next == DeliveryState::parked ? 0 : 1));
            EXPECT_EQ(tally().pending(), before.pending() - (is_settled(next) ? 1 : 0));
        }
    }
}

TEST_P(StoreSuite, an_update_applied_twice_is_applied_once) {
    open();
    for (bool again_after_crash : {false, true}) {
        for (DeliveryState next : kNextStates) {
            for (bool with_attempt : {true, false}) {
                for (bool from_parked : {true, false}) {
                    SCOPED_TRACE(std::string(to_string(next)) +
                                 (with_attempt ? " with attempt" : "") +
                                 (from_parked ? " from a row" : " from the tail"));
                    std::optional<Timestamp> from;
                    if (from_parked) from = now() + 2s;
                    const EventPtr event = from_parked ? accept_parked(endpoint_id(1), *from)
                                                       : accept({endpoint_id(1), endpoint_id(2)});
                    std::optional<AttemptRecord> attempt;
                    if (with_attempt) attempt = make_attempt(1, now());
                    const DeliveryUpdate once =
                        make_update(event, endpoint_id(1), next, from, now() + 60s, attempt);
                    update(once);
                    if (again_after_crash) reopen_after_crash();
                    const std::string seen = describe(history(event->id)) + describe(tally());
                    update(once);
                    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
                    CommitBatch twice;
                    twice.updates = {once, once};
                    EXPECT_TRUE(commit(std::move(twice)).result);
                    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
                }
            }
        }
    }
}

TEST_P(StoreSuite, an_update_repeated_late_does_not_undo_what_followed) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    const Timestamp first_due = now() + 10s;
    const Timestamp second_due = now() + 40s;
    const DeliveryUpdate first = park(event, endpoint_id(1), first_due, {}, make_attempt(1, now()));
    const DeliveryUpdate second =
        park(event, endpoint_id(1), second_due, first_due, make_attempt(2, now() + 10s));
    update(first);
    update(second);
    const std::string seen = describe(history(event->id)) + describe(tally());
    update(first);
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
    update(settle(event, endpoint_id(1), DeliveryState::delivered, second_due,
                  make_attempt(3, now() + 40s)));
    const std::string settled = describe(history(event->id)) + describe(tally());
    update(first);
    update(second);
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), settled);
}

TEST_P(StoreSuite, a_row_may_be_parked_again_with_the_same_due_time) {
    open();
    const Timestamp due = now() + 10s;
    const EventPtr event = accept_parked(endpoint_id(1), due);
    update(park(event, endpoint_id(1), due, due, make_attempt(1, now())));
    EXPECT_EQ(history(event->id).deliveries.at(0).attempts.size(), 1u);
    EXPECT_EQ(tally().parked, 1u);
    EXPECT_EQ(load_due(endpoint_id(1), due).rows.at(0).attempts_made, 1u);
}

TEST_P(StoreSuite, a_whole_life_in_one_batch) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    CommitBatch batch;
    batch.updates.push_back(park(event, endpoint_id(1), now() + 1s, {}, make_attempt(1, now())));
    batch.updates.push_back(
        park(event, endpoint_id(1), now() + 2s, now() + 1s, make_attempt(2, now() + 1s)));
    batch.updates.push_back(settle(event, endpoint_id(1), DeliveryState::dead, now() + 2s,
                                   make_attempt(3, now() + 2s)));
    ASSERT_TRUE(commit(std::move(batch)).result);
    const EventHistory after = history(event->id);
    EXPECT_EQ(after.deliveries.at(0).state, DeliveryState::dead);
    ASSERT_EQ(after.deliveries.at(0).attempts.size(), 3u);
    for (std::uint32_t i = 0; i < 3; ++i)
        EXPECT_EQ(after.deliveries[0].attempts[i].number, i + 1) << "oldest first";
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 1 delivered 0 dead 1 cancelled 0 parked 0 pending 0");
}

TEST_P(StoreSuite, attempts_come_back_field_by_field) {
    open();
    std::vector<EndpointId> targets;
    for (std::uint64_t n = 0; n <= 7; ++n) targets.push_back(endpoint_id(n));
    const EventPtr event = accept(targets);
    std::vector<std::string> sent;
    for (std::uint64_t n = 0; n <= 7; ++n) {
        AttemptRecord attempt = make_attempt(1, now() + Duration{static_cast<std::int64_t>(n)},
                                             static_cast<AttemptOutcome>(n));
        attempt.response += std::string("\0\xff\xfe", 3) + std::string(n * 100, 'r');
        // None is not the same as an answer without headers, nor as that of an attempt that failed.
        if (n % 2 == 1) attempt.response_headers = n == 1 ? "" : "Name: caf\xc3\xa9\n+3\n";
        sent.push_back(describe(attempt));
        update(settle(event, endpoint_id(n), DeliveryState::dead, {}, std::move(attempt)));
    }
    reopen_after_crash();
    const EventHistory after = history(event->id);
    for (std::size_t n = 0; n <= 7; ++n)
        EXPECT_EQ(describe(after.deliveries.at(n).attempts.at(0)), sent[n]);
}

TEST_P(StoreSuite, an_update_of_nothing_changes_nothing) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    const std::string seen = describe(history(event->id)) + describe(tally());
    auto stranger = std::make_shared<Event>(*event);
    stranger->id = EventId{event->id.hi + 99, event->id.lo};
    update(settle(stranger, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
}

TEST_P(StoreSuite, attempts_of_an_endpoint_newest_first) {
    open();
    std::vector<std::pair<Timestamp, EventId>> expected;
    for (int i = 0; i < 60; ++i) {
        const EventPtr event = accept({endpoint_id(1), endpoint_id(2)});
        // Times that do not follow the order of the events.
        const Timestamp at = now() + std::chrono::milliseconds((i * 37) % 60);
        expected.emplace_back(at, event->id);
        update(settle(event, endpoint_id(1), DeliveryState::delivered, {},
                      make_attempt(1, at, AttemptOutcome::delivered)));
        if (i % 3 == 0)
            update(settle(event, endpoint_id(2), DeliveryState::dead, {}, make_attempt(1, at)));
        if (i == 30) reopen_after_close();
        clock_.advance(100ms);
    }
    std::ranges::sort(expected, std::greater<>());
    for (std::size_t limit : {1u, 7u, 60u, 1000u}) {
        auto attempts = run(store().attempts_of_endpoint(endpoint_id(1), limit));
        ASSERT_TRUE(attempts);
        ASSERT_EQ(attempts->size(), std::min<std::size_t>(limit, 60));
        for (std::size_t i = 0; i < attempts->size(); ++i) {
            EXPECT_EQ((*attempts)[i].attempt.started_at, expected[i].first) << i;
            EXPECT_EQ((*attempts)[i].event, expected[i].second) << i;
            EXPECT_EQ((*attempts)[i].state_after, DeliveryState::delivered);
        }
    }
    EXPECT_EQ(run(store().attempts_of_endpoint(endpoint_id(2), 1000))->size(), 20u);
    EXPECT_TRUE(run(store().attempts_of_endpoint(endpoint_id(3), 10))->empty());
}

TEST_P(StoreSuite, attempts_of_an_endpoint_say_what_followed) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    update(park(event, endpoint_id(1), now() + 1s, {}, make_attempt(1, now())));
    update(settle(event, endpoint_id(1), DeliveryState::dead, now() + 1s,
                  make_attempt(2, now() + 1s)));
    const auto attempts = run(store().attempts_of_endpoint(endpoint_id(1), 10));
    ASSERT_EQ(attempts->size(), 2u);
    EXPECT_EQ(attempts->at(0).attempt.number, 2u);
    EXPECT_EQ(attempts->at(0).state_after, DeliveryState::dead);
    EXPECT_EQ(attempts->at(1).state_after, DeliveryState::parked);
}

}  // namespace
}  // namespace posthaste::conformance
