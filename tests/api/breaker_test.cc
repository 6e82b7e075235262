// S0-31, S2-43: an endpoint that keeps failing is left alone and marked unhealthy, probed, and served again by itself.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

class BreakerTest : public ::testing::Test {
protected:
    BreakerTest() {
        Application made;
        made.name = "shop";
        application_ = *world_.run(world_.engine().directory().create(std::move(made)));
        endpoint_ = create();
    }

    // Attempts are 10 s apart, as many as one likes.
    EndpointId create() {
        Endpoint made;
        made.application = application_.id;
        made.url = "http://receiver.test/";
        made.retry.gaps = {10s};
        made.retry.jitter = Jitter::none;
        made.retry.attempts_max = 1000;
        return world_.run(world_.engine().directory().create(std::move(made)))->id;
    }
    EventId accept(EndpointId target) {
        auto event = std::make_shared<Event>();
        event->application = application_.id;
        event->payload = "{}";
        event->targets = {target};
        return world_.run(world_.engine().accept(std::move(event)))->id;
    }
    EventId accept() { return accept(endpoint_); }
    DeliveryHistory delivery(EventId event) {
        return world_.run(world_.store().read_event(event))->deliveries.at(0);
    }
    EndpointCondition condition() {
        return condition_of(*world_.engine().directory().current()->find(endpoint_));
    }
    void change(std::function<void(Endpoint&)> edit) {
        auto apply = [&edit](Endpoint& endpoint) -> Result<void> {
            edit(endpoint);
            return {};
        };
        ASSERT_TRUE(world_.run(world_.engine().directory().change(endpoint_, std::ref(apply))));
    }
    // Ten deliveries fail for half a minute; nobody hears of requests until then. The next retries are due in 10 s.
    void make_unhealthy() {
        world_.otherwise = answer(500);
        for (int i = 0; i < 10; ++i) events_.push_back(accept());
        world_.advance(30s);
        ASSERT_EQ(condition().health, Health::unhealthy);
        world_.received.clear();
    }
    std::size_t requests() const { return world_.received.size(); }
    const EngineMetrics& metrics() { return world_.engine().metrics(); }

    World world_;
    Application application_;
    EndpointId endpoint_;
    std::vector<EventId> events_;
};

TEST_F(BreakerTest, S0_31_AnEndpointThatKeepsFailingIsLeftAloneProbedAndServedAgain) {
    const Timestamp started = world_.now();
    make_unhealthy();
    EXPECT_EQ(condition().since, started);
    const Timestamp probe = condition().next_probe.value();
    EXPECT_GE(probe - world_.now(), 30s);
    EXPECT_EQ(metrics().unhealthy_endpoints.value(), 1U);
    EXPECT_EQ(metrics().suspect_endpoints.value(), 0U);

    for (int i = 0; i < 5; ++i) events_.push_back(accept());
    world_.advance(probe - world_.now() - 1us);
    EXPECT_EQ(requests(), 0U) << "what is due and what is new waits";
    EXPECT_EQ(metrics().window.value(), 0U) << "and not in memory";
    world_.advance(1us);
    EXPECT_EQ(requests(), 1U) << "one probe";
    world_.advance(30s);
    EXPECT_EQ(requests(), 1U) << "which failed: the next pause is longer";
    EXPECT_EQ(condition().health, Health::unhealthy);
    EXPECT_EQ(condition().since, started);

    world_.otherwise = answer(200);
    world_.advance(100s);
    EXPECT_EQ(condition(), EndpointCondition{});
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
    EXPECT_EQ(requests(), 1 + events_.size()) << "each of them once, one failed probe beside";
    EXPECT_EQ(metrics().unhealthy_endpoints.value(), 0U);
    EXPECT_EQ(metrics().breaker_opened.value(), 2U);
    EXPECT_EQ(metrics().breaker_half_opened.value(), 2U);
    EXPECT_EQ(metrics().breaker_closed.value(), 1U);
}

TEST_F(BreakerTest, BurnsNoAttemptsWhileItIsOpen) {
    make_unhealthy();
    std::vector<std::size_t> before;
    for (const EventId event : events_) before.push_back(delivery(event).attempts.size());
    const EventId late = accept();
    world_.advance(condition().next_probe.value() - world_.now() - 1us);
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_EQ(delivery(events_[i]).attempts.size(), before[i]);
    EXPECT_EQ(delivery(late).state, DeliveryState::parked);
}

TEST_F(BreakerTest, OneDeliveryKeepsItsScheduleHoweverLongItFails) {
    world_.otherwise = answer(500);
    const EventId event = accept();
    for (int i = 0; i < 50; ++i) world_.advance(10s);
    EXPECT_EQ(delivery(event).attempts.size(), 51U);
    EXPECT_EQ(condition().health, Health::suspect);
    EXPECT_EQ(metrics().suspect_endpoints.value(), 1U);
}

TEST_F(BreakerTest, ManyThatFailForAMomentKeepTheirSchedules) {
    world_.otherwise = answer(500);
    for (int i = 0; i < 100; ++i) events_.push_back(accept());
    world_.advance(20s);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).attempts.size(), 3U);
    world_.otherwise = answer(200);
    world_.advance(10s);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
    EXPECT_EQ(metrics().breaker_opened.value(), 0U);
}

TEST_F(BreakerTest, PayloadsThatAreRefusedSayNothingAboutTheEndpoint) {
    world_.otherwise = answer(422);
    for (int i = 0; i < 20; ++i) events_.push_back(accept());
    world_.advance(100s);
    EXPECT_EQ(condition().health, Health::healthy);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).attempts.size(), 11U);
}

TEST_F(BreakerTest, AnEndpointThatRefusesEverythingIsUnhealthyToo) {
    world_.otherwise = answer(401);
    for (int i = 0; i < 10; ++i) accept();
    world_.advance(30s);
    EXPECT_EQ(condition().health, Health::unhealthy);
}

TEST_F(BreakerTest, WhatSomebodyAsksForIsSentAndMayClose) {
    make_unhealthy();
    ASSERT_TRUE(world_.run(world_.engine().resend(events_[3], endpoint_)));
    EXPECT_EQ(requests(), 1U);
    EXPECT_EQ(delivery(events_[3]).attempts.back().trigger, AttemptTrigger::manual);
    EXPECT_EQ(condition().health, Health::unhealthy);
    ASSERT_TRUE(world_.run(world_.engine().resend(events_[4], endpoint_, Asker::job)));
    EXPECT_EQ(requests(), 1U) << "a job's wait";
    world_.otherwise = answer(200);
    ASSERT_TRUE(world_.run(world_.engine().resend(events_[5], endpoint_)));
    EXPECT_EQ(condition().health, Health::healthy);
    world_.advance(10s);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
}

TEST_F(BreakerTest, WhoMendsAnEndpointNeedNotWait) {
    const std::pair<const char*, std::function<void(Endpoint&)>> edits[] = {
        {"its URL", [](Endpoint& one) { one.url = "http://elsewhere.test/"; }},
        {"its headers", [](Endpoint& one) { one.headers = {{"authorization", "x"}}; }},
        {"its time-out", [](Endpoint& one) { one.timeout = 20s; }},
        {"its secret",
         [](Endpoint& one) { one.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; }},
    };
    for (const auto& [what, edit] : edits) {
        make_unhealthy();
        world_.otherwise = answer(200);
        change(edit);
        EXPECT_EQ(condition().health, Health::healthy) << what;
        world_.advance(10s);
        for (const EventId event : events_)
            EXPECT_EQ(delivery(event).state, DeliveryState::delivered) << what;
        events_.clear();
        for (int i = 0; i < 10; ++i) accept();  // so that it is trusted again
    }
}

TEST_F(BreakerTest, APausedEndpointBeginsAnewWhenItIsActiveAgain) {
    make_unhealthy();
    change([](Endpoint& one) { one.is_active = false; });
    EXPECT_EQ(metrics().unhealthy_endpoints.value(), 0U) << "it is inactive, and no more";
    world_.otherwise = answer(200);
    world_.advance(1h);
    EXPECT_EQ(requests(), 0U);
    change([](Endpoint& one) { one.is_active = true; });
    EXPECT_EQ(condition().health, Health::healthy);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
}

TEST_F(BreakerTest, WhatWaitsForADeletedEndpointIsCancelledAtOnce) {
    make_unhealthy();
    change([](Endpoint& one) { one.is_active = false, one.is_deleted = true; });
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::cancelled);
    EXPECT_EQ(metrics().unhealthy_endpoints.value(), 0U);
    EXPECT_EQ(metrics().lanes.value(), 0U);
}

TEST_F(BreakerTest, AnAttemptThatFailsAfterTheDeletionLeavesNothingBehind) {
    world_.otherwise = answer(500);
    world_.hold = true;
    accept();
    world_.settle();
    ASSERT_EQ(metrics().in_flight.value(), 1U);
    change([](Endpoint& one) { one.is_active = false, one.is_deleted = true; });
    world_.hold = false;
    world_.release();
    world_.settle();
    ASSERT_EQ(metrics().in_flight.value(), 0U);
    EXPECT_EQ(metrics().lanes.value(), 0U);
    EXPECT_EQ(metrics().suspect_endpoints.value(), 0U);
}

TEST_F(BreakerTest, NothingWaitsLongerThanAnHour) {
    make_unhealthy();
    change([](Endpoint& one) { one.retry.attempts_max = 5; });
    world_.advance(3h);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::dead);
    EXPECT_EQ(condition().health, Health::unhealthy);
}

TEST_F(BreakerTest, OneEndpointsBreakerIsNobodyElses) {
    make_unhealthy();
    world_.otherwise = answer(200);
    const EndpointId other = create();
    const EventId event = accept(other);
    EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
    EXPECT_EQ(condition().health, Health::unhealthy);
}

TEST_F(BreakerTest, ARateHoldsForProbesToo) {
    change([](Endpoint& one) { one.throttle_rate = 1; });
    world_.otherwise = answer(500);
    for (int i = 0; i < 40; ++i) events_.push_back(accept());
    world_.advance(40s);
    ASSERT_EQ(condition().health, Health::unhealthy);
    world_.otherwise = answer(200);
    world_.advance(200s);
    for (const EventId event : events_) EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
}

TEST_F(BreakerTest, AClockSetBackHoldsNobodyForLong) {
    make_unhealthy();
    world_.advance(-1h);
    world_.otherwise = answer(200);
    const EventId event = accept();
    world_.advance(1s);
    EXPECT_EQ(condition().health, Health::healthy);
    EXPECT_EQ(delivery(event).state, DeliveryState::delivered);
}

TEST_F(BreakerTest, OpeningAndClosingAreLogged) {
    world_.notices.clear();
    make_unhealthy();
    const std::string name = "endpoint: endpoint " + to_base62("ep", endpoint_);
    ASSERT_EQ(world_.notices.size(), 1U);
    EXPECT_TRUE(world_.notices[0].starts_with(
        name + " is unhealthy: 10 different deliveries in a row have failed since 2026-"))
        << world_.notices[0];
    world_.otherwise = answer(200);
    world_.advance(40s);
    EXPECT_EQ(world_.notices.back(), name + " is not unhealthy any more: deliveries go on");
}

}  // namespace
}  // namespace posthaste::test
