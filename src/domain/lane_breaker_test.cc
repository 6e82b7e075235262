// What a lane does while its breaker is open (S0-31, S2-43).

#include <gtest/gtest.h>

#include "domain/lane.h"

namespace posthaste {
namespace {

using Verdict = Lane::Verdict;

constexpr BreakerRules kRules{2, 10s, 20s, 100s, 300s};

Timestamp at(std::int64_t seconds) { return from_micros(seconds * 1'000'000); }
EventId id(std::uint64_t number) { return EventId{number, number}; }

QueuedDelivery fresh(std::uint64_t number, Timestamp accepted_at = at(0)) {
    auto event = std::make_shared<Event>();
    event->id = id(number);
    event->accepted_at = accepted_at;
    return {event, std::nullopt, 0, {}};
}

QueuedDelivery row(std::uint64_t number, Timestamp due) {
    QueuedDelivery delivery = fresh(number);
    delivery.parked_due = due;
    return delivery;
}

LaneLimits limits() {
    LaneLimits limits;
    limits.window_suspect = 4;
    limits.breaker = kRules;
    return limits;
}

// Opened at second 10; the first probe may leave at second 30.
Lane opened_lane(std::uint64_t queued_beside = 0) {
    Lane lane(EndpointId{1, 1}, limits());
    for (std::uint64_t i = 1; i <= 2 + queued_beside; ++i) lane.admit(fresh(i));
    for (int i = 0; i < 2; ++i) (void)lane.take();
    lane.finished(id(1), Verdict::failure, at(0), 0);
    lane.finished(id(2), Verdict::failure, at(10), 0);
    EXPECT_EQ(lane.breaker().state(), Breaker::State::open);
    return lane;
}

TEST(LaneBreaker, KeepsNothingInMemoryAndTakesNothingIn) {
    Lane lane = opened_lane(3);
    EXPECT_EQ(lane.shed().size(), 3U);
    EXPECT_FALSE(lane.is_ready());
    EXPECT_FALSE(lane.has_room(at(11)));
    EXPECT_EQ(lane.wake_at(), std::nullopt) << "nothing waits";
}

TEST(LaneBreaker, ReadsOneRowAsAProbeWhenThePauseIsOver) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    EXPECT_EQ(lane.wake_at(), at(30));
    EXPECT_FALSE(lane.wants_page(at(29)));
    ASSERT_TRUE(lane.wants_page(at(30)));
    const Lane::PageRequest request = lane.begin_page(at(30));
    EXPECT_EQ(request.limit, 1U);
    EXPECT_EQ(request.due_from, std::nullopt);
    lane.end_page({row(7, at(5))}, at(6));
    EXPECT_TRUE(lane.shed().empty()) << "it may stay";
    EXPECT_FALSE(lane.wants_page(at(30)));
    EXPECT_EQ(lane.take().event->id, id(7));
    EXPECT_EQ(lane.breaker().state(), Breaker::State::half_open);
    EXPECT_FALSE(lane.wants_page(at(31))) << "one probe at a time";
    lane.finished(id(7), Verdict::failure, at(32), 0);
    EXPECT_EQ(lane.wake_at(), at(72)) << "the next pause is twice as long";
}

TEST(LaneBreaker, AProbeNeverLeavesBeforeItIsDue) {
    Lane lane = opened_lane();
    lane.parked(at(50));
    EXPECT_EQ(lane.wake_at(), at(50));
    EXPECT_FALSE(lane.wants_page(at(49)));
    EXPECT_TRUE(lane.wants_page(at(50)));
}

TEST(LaneBreaker, OpensUpSlowlyAfterASuccess) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    (void)lane.begin_page(at(30));
    lane.end_page({row(7, at(5))}, at(6));
    (void)lane.take();
    lane.finished(id(7), Verdict::success, at(31), 0);
    EXPECT_TRUE(lane.breaker().is_closed());
    EXPECT_FALSE(lane.is_suspect());
    EXPECT_EQ(lane.in_flight_cap(), 1U);
    ASSERT_TRUE(lane.wants_page(at(31)));
    EXPECT_EQ(lane.begin_page(at(31)).limit, limits().page);
    lane.end_page({row(8, at(6)), row(9, at(7)), row(10, at(7))}, std::nullopt);
    (void)lane.take();
    EXPECT_FALSE(lane.is_ready());
    lane.finished(id(8), Verdict::success, at(32), 0);
    EXPECT_EQ(lane.in_flight_cap(), 2U);
    (void)lane.take();
    (void)lane.take();
    lane.finished(id(9), Verdict::failure, at(33), 0);
    EXPECT_EQ(lane.in_flight_cap(), 2U) << "a failure opens no slot";
}

TEST(LaneBreaker, WhoAnswersThatThePayloadIsBadIsThereAgain) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    (void)lane.begin_page(at(30));
    lane.end_page({row(7, at(5))}, std::nullopt);
    (void)lane.take();
    lane.finished(id(7), Verdict::neutral, at(31), 0);
    EXPECT_TRUE(lane.breaker().is_closed());
}

TEST(LaneBreaker, AnInterruptedProbeIsNoProbe) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    (void)lane.begin_page(at(30));
    lane.end_page({row(7, at(5))}, std::nullopt);
    (void)lane.take();
    lane.finished(id(7), Verdict::unknown, at(31), 0);
    lane.parked(at(5));
    EXPECT_TRUE(lane.wants_page(at(31)));
}

TEST(LaneBreaker, APageThatWasAskedForBeforeItOpenedIsPutBack) {
    Lane lane(EndpointId{1, 1}, limits());
    for (std::uint64_t i = 1; i <= 2; ++i) lane.admit(fresh(i));
    for (int i = 0; i < 2; ++i) (void)lane.take();
    lane.finished(id(1), Verdict::failure, at(0), 0);
    lane.parked(at(1));
    (void)lane.begin_page(at(5));
    lane.finished(id(2), Verdict::failure, at(10), 0);
    lane.end_page({row(3, at(1)), row(4, at(2))}, std::nullopt);
    EXPECT_EQ(lane.shed().size(), 2U);
    EXPECT_EQ(lane.wake_at(), at(30));
}

TEST(LaneBreaker, NothingIsHeldBackForTooLong) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    (void)lane.begin_page(at(30));
    lane.end_page({row(7, at(5))}, at(6));
    (void)lane.take();
    EXPECT_EQ(lane.wake_at(), at(306)) << "though the probe gets no answer";
    ASSERT_TRUE(lane.wants_page(at(306)));
    const Lane::PageRequest request = lane.begin_page(at(306));
    EXPECT_EQ(request.due_until, at(6));
    EXPECT_EQ(request.limit, 4U);
    EXPECT_EQ(request.exclude, std::vector<EventId>{id(7)});
    lane.end_page({row(8, at(6)), row(9, at(6))}, at(8));
    EXPECT_TRUE(lane.shed().empty());
    (void)lane.take();
    (void)lane.take();
    lane.finished(id(8), Verdict::failure, at(307), 0);
    EXPECT_EQ(lane.breaker().state(), Breaker::State::half_open) << "it is not the probe";
    EXPECT_EQ(lane.wake_at(), at(308));
}

TEST(LaneBreaker, WhatSomebodyAsksForPasses) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    lane.begin_resend(id(9));
    lane.end_resend(id(9), at(12));
    lane.let_pass(id(9), at(12));
    lane.let_pass(id(10), at(13));  // one at a time: this one waits like all others
    EXPECT_EQ(lane.wake_at(), at(12));
    ASSERT_TRUE(lane.wants_page(at(12)));
    const Lane::PageRequest request = lane.begin_page(at(12));
    EXPECT_EQ(request.due_from, at(12));
    EXPECT_EQ(request.due_until, at(12));
    lane.end_page({row(8, at(12)), row(9, at(12))}, at(13));
    const std::vector<QueuedDelivery> leaving = lane.shed();
    ASSERT_EQ(leaving.size(), 1U);
    EXPECT_EQ(leaving[0].event->id, id(8)) << "it only happens to be due in the same moment";
    EXPECT_EQ(lane.take().event->id, id(9));
    EXPECT_EQ(lane.breaker().state(), Breaker::State::half_open) << "it is a probe";
    EXPECT_FALSE(lane.wants_page(at(30)));
    lane.finished(id(9), Verdict::failure, at(30), 0);
    EXPECT_EQ(lane.wake_at(), at(70)) << "the older row is not forgotten";
}

TEST(LaneBreaker, WhatLeavesMemoryUnsentMakesNoRoomForAnother) {
    for (const bool is_paused : {false, true}) {
        SCOPED_TRACE(is_paused);
        Lane lane = opened_lane();
        lane.parked(at(5));
        (void)lane.begin_page(at(30));
        lane.end_page({row(7, at(5))}, std::nullopt);
        if (is_paused) {
            lane.set_mode(Lane::Mode::paused);
            EXPECT_EQ(lane.shed().size(), 1U);
            lane.set_mode(Lane::Mode::live);
        } else {
            EXPECT_TRUE(lane.withdraw(id(7)));
        }
        lane.parked(at(31));
        lane.let_pass(id(9), at(31));
        (void)lane.begin_page(at(31));
        lane.end_page({row(8, at(31)), row(9, at(31))}, std::nullopt);
        EXPECT_EQ(lane.shed().size(), 1U) << "only the one that passes stays";
        EXPECT_EQ(lane.take().event->id, id(9));
    }
}

TEST(LaneBreaker, ANewStartForgetsAll) {
    Lane lane = opened_lane();
    lane.forget_failures();
    EXPECT_TRUE(lane.breaker().is_closed());
    EXPECT_FALSE(lane.is_suspect());
    EXPECT_TRUE(lane.has_room(at(11)));
}

TEST(LaneBreaker, PausedAndCancellingLanesDoAsEver) {
    Lane lane = opened_lane();
    lane.parked(at(5));
    lane.set_mode(Lane::Mode::paused);
    EXPECT_FALSE(lane.wants_page(at(1000)));
    EXPECT_EQ(lane.wake_at(), std::nullopt);
    lane.set_mode(Lane::Mode::cancelling);
    EXPECT_TRUE(lane.wants_page(at(11))) << "what is to be cancelled waits for no probe";
    EXPECT_EQ(lane.begin_page(at(11)).due_until, Timestamp::max());
}

TEST(LaneBreaker, AnswersSayDifferentThingsAboutAnEndpoint) {
    using Outcome = AttemptOutcome;
    struct Case {
        Outcome outcome;
        int status;
        Verdict verdict;
    };
    const Case cases[] = {
        {Outcome::delivered, 204, Verdict::success}, {Outcome::interrupted, 0, Verdict::unknown},
        {Outcome::timed_out, 0, Verdict::failure},   {Outcome::connect_failed, 0, Verdict::failure},
        {Outcome::dns_failed, 0, Verdict::failure},  {Outcome::tls_failed, 0, Verdict::failure},
        {Outcome::blocked, 0, Verdict::failure},     {Outcome::broken, 0, Verdict::failure},
        {Outcome::rejected, 500, Verdict::failure},  {Outcome::rejected, 503, Verdict::failure},
        {Outcome::rejected, 408, Verdict::failure},  {Outcome::rejected, 429, Verdict::failure},
        {Outcome::rejected, 302, Verdict::refused},  {Outcome::rejected, 401, Verdict::refused},
        {Outcome::rejected, 404, Verdict::refused},  {Outcome::rejected, 410, Verdict::refused},
        {Outcome::rejected, 400, Verdict::neutral},  {Outcome::rejected, 409, Verdict::neutral},
        {Outcome::rejected, 413, Verdict::neutral},  {Outcome::rejected, 415, Verdict::neutral},
        {Outcome::rejected, 422, Verdict::neutral},
    };
    for (const Case& c : cases)
        EXPECT_EQ(verdict_on(c.outcome, c.status), c.verdict)
            << to_string(c.outcome) << " " << c.status;
}

}  // namespace
}  // namespace posthaste
