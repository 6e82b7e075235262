// What the engine does with deliveries that the APIs' own tests do not reach: rates, manual attempts, names of events, and
// endpoints that fail for days. Requests are not needed for it, only a world with time and receivers.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

struct News final : EndpointNews {
    std::shared_ptr<Event> on_attempt(AttemptNews news, const Event&, const Endpoint& endpoint,
                                      const AttemptRecord& attempt) override {
        const std::string text =
            kNames[static_cast<std::size_t>(news)] + " " + std::to_string(attempt.number);
        told.push_back(text);
        if (targets.empty()) return nullptr;
        auto event = std::make_shared<Event>();
        event->application = endpoint.application;
        event->uid = round + text;
        event->payload = text;
        event->targets = targets;
        return event;
    }
    void on_disabled(const Endpoint& endpoint, Timestamp failing_since) override {
        told.push_back("disabled");
        is_active = endpoint.is_active;
        since = failing_since;
    }
    const std::vector<std::string> kNames = {"failing", "exhausted", "recovered"};
    std::vector<EndpointId> targets;  // who gets events of it
    std::string round;
    std::vector<std::string> told;
    bool is_active = true;
    Timestamp since;
};

class EngineRulesTest : public ::testing::Test {
protected:
    EngineRulesTest() {
        Application made;
        made.name = "shop";
        application_ = *world_.run(world_.engine().directory().create(std::move(made)));
        world_.engine().report_to(&news_);
    }
    ~EngineRulesTest() override { world_.engine().report_to(nullptr); }

    // A native endpoint that tries three times, 10 s and 100 s apart.
    Endpoint endpoint(std::optional<std::uint32_t> rate = {}) {
        Endpoint made;
        made.application = application_.id;
        made.url = "http://receiver.test/";
        made.retry.gaps = {10s, 100s};
        made.retry.jitter = Jitter::none;
        made.retry.attempts_max = 3;
        made.throttle_rate = rate;
        return *world_.run(world_.engine().directory().create(std::move(made)));
    }

    void set_rate(std::uint32_t rate) {
        auto change = [rate](Application& application) -> Result<void> {
            application.throttle_rate = rate;
            return {};
        };
        ASSERT_TRUE(
            world_.run(world_.engine().directory().change(application_.id, std::ref(change))));
    }

    Result<Accepted> accept(std::vector<EndpointId> targets, std::optional<std::string> uid = {},
                            std::optional<Id> key = {}) {
        auto event = std::make_shared<Event>();
        event->application = application_.id;
        event->payload = "{}";
        event->targets = std::move(targets);
        event->uid = std::move(uid);
        event->request_key = key;
        return world_.run(world_.engine().accept(std::move(event)));
    }

    DeliveryHistory delivery(EventId event) {
        return world_.run(world_.store().read_event(event))->deliveries.at(0);
    }
    Endpoint stored(EndpointId id) {
        return world_.engine().directory().current()->find(id)->config;
    }
    // Lets a fresh delivery to it run out of attempts.
    void exhaust(EndpointId id) {
        ASSERT_TRUE(accept({id}));
        world_.advance(111s);
    }

    News news_;
    World world_;
    Application application_;
};

TEST_F(EngineRulesTest, AnEndpointIsNotCalledMoreOftenThanItsRate) {
    const Endpoint slow = endpoint(2);
    const Endpoint free = endpoint();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(accept({slow.id, free.id}));
    EXPECT_EQ(world_.received.size(), 5U) << "one to the slow one, all to the other";
    world_.advance(499ms);
    EXPECT_EQ(world_.received.size(), 5U);
    world_.advance(1ms);
    EXPECT_EQ(world_.received.size(), 6U);
    world_.advance(1s);
    EXPECT_EQ(world_.received.size(), 8U);
    EXPECT_EQ(world_.engine().metrics().attempts.value(), 8U) << "waiting burns no attempt";
    EXPECT_EQ(world_.engine().metrics().delivered.value(), 8U);
}

TEST_F(EngineRulesTest, AnApplicationsRateIsSharedFairlyByItsEndpoints) {
    set_rate(4);
    const Endpoint first = endpoint();
    const Endpoint second = endpoint();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(accept({first.id}));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(accept({second.id}));
    world_.advance(3s);
    EXPECT_EQ(world_.received.size(), 13U) << "one at once, then four each second";
    EXPECT_GE(world_.engine().metrics().delivered.value(), 13U);
    world_.advance(5s);
    EXPECT_EQ(world_.received.size(), 24U);
    const Result<Tally> tally = world_.run(world_.store().tally());
    EXPECT_EQ(tally->delivered, 24U);
    EXPECT_EQ(world_.engine().metrics().window.value(), 0U);
}

TEST_F(EngineRulesTest, ThrottledLanesKeepLittleInMemory) {
    set_rate(1);
    const Endpoint busy = endpoint();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(accept({busy.id}));
    EXPECT_LE(world_.engine().metrics().window.value(), 8U);
    EXPECT_GE(world_.engine().metrics().parked_for_room.value(), 90U);
    world_.advance(99s);
    EXPECT_EQ(world_.engine().metrics().delivered.value(), 100U) << "none is lost";
}

TEST_F(EngineRulesTest, ARateThatIsTakenAwayHoldsNobody) {
    const Endpoint slow = endpoint(1);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(accept({slow.id}));
    auto change = [](Endpoint& one) -> Result<void> {
        one.throttle_rate.reset();
        return {};
    };
    ASSERT_TRUE(world_.run(world_.engine().directory().change(slow.id, std::ref(change))));
    world_.advance(1s);
    EXPECT_EQ(world_.received.size(), 3U);
}

TEST_F(EngineRulesTest, AClockSetBackHoldsNobodyForLong) {
    const Endpoint slow = endpoint(1);
    const Endpoint other = endpoint();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(accept({slow.id}));
    EXPECT_EQ(world_.received.size(), 1U);
    world_.advance(-1h);
    ASSERT_TRUE(accept({other.id}));
    EXPECT_EQ(world_.received.size(), 3U);
}

TEST_F(EngineRulesTest, WhatWasDeliveredIsDeliveredAgainOnRequest) {
    const Endpoint one = endpoint();
    const EventId event = accept({one.id})->id;
    EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
    EXPECT_TRUE(world_.run(world_.engine().resend(event, one.id)));
    const DeliveryHistory after = delivery(event);
    ASSERT_EQ(after.attempts.size(), 2U);
    EXPECT_EQ(after.attempts[1].trigger, AttemptTrigger::manual);
    EXPECT_EQ(after.state, DeliveryState::delivered);
    EXPECT_EQ(world_.received.size(), 2U);
    EXPECT_EQ(world_.engine().metrics().resends.value(), 1U);
}

TEST_F(EngineRulesTest, AFailedManualAttemptLeavesTheScheduleAlone) {
    world_.otherwise = answer(500);
    const Endpoint one = endpoint();
    const EventId event = accept({one.id})->id;
    const std::optional<Timestamp> planned = delivery(event).next_due;
    ASSERT_TRUE(planned);
    world_.advance(3s);
    EXPECT_TRUE(world_.run(world_.engine().resend(event, one.id)));
    EXPECT_EQ(delivery(event).attempts.size(), 2U);
    EXPECT_EQ(delivery(event).next_due, planned);
    world_.advance(7s);
    EXPECT_EQ(delivery(event).attempts.size(), 3U) << "the schedule's second";
    world_.advance(100s);
    const DeliveryHistory over = delivery(event);
    EXPECT_EQ(over.attempts.size(), 4U) << "and its third and last";
    EXPECT_EQ(over.state, DeliveryState::dead);
    EXPECT_EQ(news_.told, (std::vector<std::string>{"exhausted 4"}));

    EXPECT_TRUE(world_.run(world_.engine().resend(event, one.id)));
    EXPECT_EQ(delivery(event).attempts.size(), 5U);
    EXPECT_EQ(delivery(event).state, DeliveryState::dead);
    EXPECT_EQ(news_.told.size(), 1U) << "a manual attempt does not run out of attempts";
    world_.otherwise = answer(200);
    EXPECT_TRUE(world_.run(world_.engine().resend(event, one.id)));
    EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
}

TEST_F(EngineRulesTest, AnyEventCanBeSentToAnyEndpoint) {
    const Endpoint other = endpoint();
    const EventId event = accept({})->id;
    EXPECT_TRUE(world_.run(world_.engine().resend(event, other.id)));
    EXPECT_EQ(world_.received.size(), 1U);
    EXPECT_EQ(delivery(event).endpoint, other.id);
}

TEST_F(EngineRulesTest, WhatIsAboutToLeaveIsNotSentTwice) {
    const Endpoint one = endpoint();
    world_.hold = true;
    const EventId event = accept({one.id})->id;
    EXPECT_TRUE(world_.run(world_.engine().resend(event, one.id)));
    world_.hold = false;
    world_.release();
    EXPECT_EQ(world_.received.size(), 1U);
    EXPECT_EQ(world_.engine().metrics().resends.value(), 0U);
}

TEST_F(EngineRulesTest, ManualAttemptsKeepToTheRate) {
    const Endpoint slow = endpoint(1);
    const EventId event = accept({slow.id})->id;
    EXPECT_TRUE(world_.run(world_.engine().resend(event, slow.id)));
    EXPECT_EQ(world_.received.size(), 1U);
    world_.advance(1s);
    EXPECT_EQ(world_.received.size(), 2U);
}

TEST_F(EngineRulesTest, ManualAttemptsThatCannotBe) {
    const Endpoint one = endpoint();
    const EventId event = accept({one.id})->id;
    const auto code = [&](EventId which, EndpointId where) {
        const Result<void> done = world_.run(world_.engine().resend(which, where));
        return done ? std::nullopt : std::optional(done.error().code);
    };
    EXPECT_EQ(code(EventId{1, 1}, one.id), ErrorCode::not_found);
    EXPECT_EQ(code(event, EndpointId{1, 1}), ErrorCode::not_found);
    world_.fate = CommitFate::refused;
    EXPECT_EQ(code(event, one.id), ErrorCode::unavailable);
    world_.fate = CommitFate::applied;
    ASSERT_TRUE(world_.run(world_.store().expunge_payload(event)));
    EXPECT_EQ(code(event, one.id), ErrorCode::invalid);
    ASSERT_TRUE(world_.run(world_.engine().directory().remove(one.id)));
    EXPECT_EQ(code(event, one.id), ErrorCode::not_found);
    world_.stop_engine();
    EXPECT_EQ(code(event, one.id), ErrorCode::stopping);
    EXPECT_EQ(world_.received.size(), 1U);
}

TEST_F(EngineRulesTest, ARetryWithoutAPayloadIsCancelled) {
    world_.otherwise = answer(500);
    const Endpoint one = endpoint();
    const EventId event = accept({one.id})->id;
    ASSERT_TRUE(world_.run(world_.store().expunge_payload(event)));
    world_.advance(11s);
    EXPECT_EQ(world_.received.size(), 1U);
    EXPECT_EQ(delivery(event).state, DeliveryState::cancelled);
}

TEST_F(EngineRulesTest, ARepeatedRequestIsAnsweredFromTheFirst) {
    const Endpoint one = endpoint();
    const Result<Accepted> first = accept({one.id}, "order-1", Id{7, 7});
    const Result<Accepted> again = accept({one.id}, "order-1", Id{7, 7});
    ASSERT_TRUE(first && again);
    EXPECT_FALSE(first->is_repeat);
    EXPECT_TRUE(again->is_repeat);
    EXPECT_EQ(again->id, first->id);
    const Result<Accepted> taken = accept({one.id}, "order-1", Id{8, 8});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::exists);
    EXPECT_EQ(world_.received.size(), 1U);
    EXPECT_EQ(world_.engine().metrics().events_accepted.value(), 1U);
    EXPECT_EQ(world_.engine().metrics().deliveries_accepted.value(), 1U);
}

TEST_F(EngineRulesTest, AnEndpointThatOnlyFailsIsGivenUp) {
    world_.otherwise = answer(500);
    const Endpoint one = endpoint();
    exhaust(one.id);
    const std::optional<Timestamp> since = stored(one.id).failing_since;
    ASSERT_TRUE(since);
    world_.advance(119h);
    exhaust(one.id);
    EXPECT_TRUE(stored(one.id).is_active) << "not yet";
    EXPECT_EQ(stored(one.id).failing_since, since);
    world_.advance(1h);
    exhaust(one.id);
    EXPECT_FALSE(stored(one.id).is_active);
    EXPECT_FALSE(stored(one.id).failing_since) << "a new start, should it be switched on again";
    EXPECT_EQ(news_.told.back(), "disabled");
    EXPECT_FALSE(news_.is_active);
    EXPECT_EQ(news_.since, *since);
}

TEST_F(EngineRulesTest, OneSuccessClearsTheRecord) {
    world_.otherwise = answer(500);
    const Endpoint one = endpoint();
    exhaust(one.id);
    world_.otherwise = answer(200);
    ASSERT_TRUE(accept({one.id}));
    EXPECT_FALSE(stored(one.id).failing_since);
    world_.otherwise = answer(500);
    world_.advance(121h);
    exhaust(one.id);
    EXPECT_TRUE(stored(one.id).is_active);
}

TEST_F(EngineRulesTest, AnOldFailureSaysNothingAboutNow) {
    world_.otherwise = answer(500);
    const Endpoint one = endpoint();
    exhaust(one.id);
    world_.advance(241h);
    exhaust(one.id);
    EXPECT_TRUE(stored(one.id).is_active);
    EXPECT_TRUE(stored(one.id).failing_since);
}

TEST_F(EngineRulesTest, OtherProfilesAreNotJudged) {
    world_.otherwise = answer(500);
    Endpoint made;
    made.application = application_.id;
    made.url = "http://receiver.test/";
    made.profile = Profile::subscriptions;
    made.retry.attempts_max = 1;
    const Endpoint one = *world_.run(world_.engine().directory().create(std::move(made)));
    ASSERT_TRUE(accept({one.id}));
    EXPECT_FALSE(stored(one.id).failing_since);
    EXPECT_TRUE(news_.told.empty());
}

// Whatever becomes of the commit: the attempt and what tells of it are stored together, and told once.
TEST_F(EngineRulesTest, NewsAreStoredWithTheAttempt) {
    for (const CommitFate fate : {CommitFate::applied, CommitFate::refused,
                                  CommitFate::unknown_applied, CommitFate::unknown_lost}) {
        SCOPED_TRACE(static_cast<int>(fate));
        Endpoint made;
        made.application = application_.id;
        made.url = "http://receiver.test/";
        made.retry.attempts_max = 1;
        const Endpoint one = *world_.run(world_.engine().directory().create(made));
        made.url = "http://owner.test/";
        const Endpoint owner = *world_.run(world_.engine().directory().create(made));
        news_.targets = {owner.id};
        news_.round = "round " + std::to_string(static_cast<int>(fate));
        world_.received.clear();
        world_.hold = true;
        ASSERT_TRUE(accept({one.id}));
        world_.hold = false;
        world_.fate = fate;
        world_.answers.assign(1, answer(500));
        world_.release();
        world_.fate = CommitFate::applied;
        world_.advance(10s);
        std::vector<std::string> told;
        for (const Received& request : world_.received)
            if (request.url == owner.url) told.push_back(request.body);
        EXPECT_EQ(told, std::vector<std::string>{"exhausted 1"});
        world_.answers.clear();
    }
}

TEST_F(EngineRulesTest, OwnersHearOfTheFourthFailureAndOfALateSuccess) {
    Endpoint made;
    made.application = application_.id;
    made.url = "http://receiver.test/";
    made.retry.gaps = {1s};
    made.retry.jitter = Jitter::none;
    made.retry.attempts_max = 8;
    const Endpoint one = *world_.run(world_.engine().directory().create(std::move(made)));
    world_.answers.assign(4, answer(503));
    ASSERT_TRUE(accept({one.id}));
    world_.advance(3s);
    EXPECT_EQ(news_.told, (std::vector<std::string>{"failing 4"}));
    world_.advance(1s);
    EXPECT_EQ(news_.told, (std::vector<std::string>{"failing 4", "recovered 5"}));
}

}  // namespace
}  // namespace posthaste::test
