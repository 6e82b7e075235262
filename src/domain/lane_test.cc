#include "domain/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace posthaste {
namespace {

constexpr EndpointId kEndpoint{1, 1};

Timestamp at(std::int64_t seconds) { return from_micros(seconds * 1'000'000); }

EventPtr event_numbered(std::uint64_t number, Timestamp accepted_at = at(100)) {
    auto event = std::make_shared<Event>();
    event->id = EventId{number, number};
    event->accepted_at = accepted_at;
    return event;
}

QueuedDelivery fresh(std::uint64_t number) { return {event_numbered(number), std::nullopt, 0, {}}; }
QueuedDelivery row(std::uint64_t number, Timestamp due) {
    return {event_numbered(number), due, 1, {}};
}

LaneLimits small_limits() {
    LaneLimits limits;
    limits.breaker.failures = 0;
    limits.window = 8;
    limits.window_suspect = 2;
    limits.in_flight_initial = 4;
    limits.in_flight_max = 6;
    limits.in_flight_min = 1;
    limits.page = 4;
    return limits;
}

void finish(Lane& lane, Lane::Verdict verdict, std::uint64_t number = 1, Timestamp now = at(100)) {
    lane.finished(EventId{number, number}, verdict, now, 0);
}

TEST(Lane, SendsInOrderWithinItsCap) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 6; ++i) {
        ASSERT_TRUE(lane.has_room(at(100)));
        lane.admit(fresh(i));
    }
    for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_EQ(lane.take().event->id.hi, i);
    EXPECT_FALSE(lane.is_ready()) << "four in flight is the initial cap";
    finish(lane, Lane::Verdict::success);
    EXPECT_EQ(lane.in_flight_cap(), 5U) << "a success opens one more slot";
    EXPECT_TRUE(lane.is_ready());
}

TEST(Lane, HasNoRoomBeyondTheWindowOrBehindParkedRows) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 8; ++i) lane.admit(fresh(i));
    EXPECT_FALSE(lane.has_room(at(100)));
    (void)lane.take();
    EXPECT_TRUE(lane.has_room(at(100)));
    lane.parked(at(90));
    EXPECT_FALSE(lane.has_room(at(100))) << "an older row waits on disk";
    Lane waiting(kEndpoint, small_limits());
    waiting.parked(at(200));
    EXPECT_TRUE(waiting.has_room(at(100))) << "a retry due later holds nobody up";
    EXPECT_FALSE(waiting.has_room(at(200)));
}

TEST(Lane, FailuresHalveTheCapAndMakeItSuspect) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 8; ++i) lane.admit(fresh(i));
    for (int i = 0; i < 4; ++i) (void)lane.take();
    finish(lane, Lane::Verdict::failure);
    EXPECT_EQ(lane.in_flight_cap(), 2U);
    EXPECT_TRUE(lane.is_suspect());
    finish(lane, Lane::Verdict::failure);
    finish(lane, Lane::Verdict::failure);
    EXPECT_EQ(lane.in_flight_cap(), 1U) << "never below the floor";
    finish(lane, Lane::Verdict::neutral);
    EXPECT_TRUE(lane.is_suspect()) << "a refused payload proves nothing";
    (void)lane.take();
    finish(lane, Lane::Verdict::success);
    EXPECT_FALSE(lane.is_suspect());
}

TEST(Lane, ShedsTheNewestWhenSuspect) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 8; ++i) lane.admit(fresh(i));
    (void)lane.take();
    finish(lane, Lane::Verdict::failure);
    const std::vector<QueuedDelivery> leaving = lane.shed();
    ASSERT_EQ(leaving.size(), 5U);
    EXPECT_EQ(leaving.front().event->id.hi, 4U);
    EXPECT_EQ(leaving.back().event->id.hi, 8U);
    EXPECT_EQ(lane.queued(), 2U);
}

TEST(Lane, ShedsRowsByForgettingThem) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(50));
    (void)lane.begin_page(at(100));
    lane.end_page({row(1, at(50)), row(2, at(60))}, std::nullopt);
    lane.set_mode(Lane::Mode::paused);
    EXPECT_EQ(lane.shed().size(), 2U) << "they leave memory, their rows still stand";
    EXPECT_EQ(lane.queued(), 0U);
    lane.set_mode(Lane::Mode::live);
    EXPECT_EQ(lane.wake_at(), at(50)) << "and are read again";
    EXPECT_TRUE(lane.begin_page(at(100)).exclude.empty());
}

TEST(Lane, PagesExcludeWhatIsInMemoryUntilItIsSettled) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(50));
    ASSERT_TRUE(lane.wants_page(at(50)));
    EXPECT_FALSE(lane.wants_page(at(49)));
    (void)lane.begin_page(at(100));
    EXPECT_FALSE(lane.wants_page(at(100))) << "one read at a time";
    EXPECT_EQ(lane.wake_at(), std::nullopt);
    lane.end_page({row(1, at(50)), row(2, at(60))}, at(70));
    (void)lane.take();
    EXPECT_EQ(lane.begin_page(at(100)).exclude,
              (std::vector<EventId>{EventId{1, 1}, EventId{2, 2}}));
    lane.end_page({}, std::nullopt);
    lane.settled(EventId{1, 1});
    lane.parked(at(80));
    EXPECT_EQ(lane.begin_page(at(100)).exclude, (std::vector<EventId>{EventId{2, 2}}));
}

TEST(Lane, RemembersRowsParkedDuringARead) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(50));
    (void)lane.begin_page(at(100));
    lane.parked(at(90));
    lane.end_page({}, std::nullopt);
    EXPECT_EQ(lane.wake_at(), at(90));
}

// The page leaves them out, because they were in memory when it was asked for.
TEST(Lane, RemembersRowsThatLeaveDuringARead) {
    for (const bool is_paused : {false, true}) {
        Lane lane(kEndpoint, small_limits());
        lane.parked(at(90));
        (void)lane.begin_page(at(100));
        lane.end_page({row(1, at(90))}, at(95));
        const Lane::PageRequest request = lane.begin_page(at(100));
        EXPECT_EQ(request.exclude.size(), 1U);
        if (is_paused) {
            lane.set_mode(Lane::Mode::paused);
            EXPECT_EQ(lane.shed().size(), 1U);
            lane.set_mode(Lane::Mode::live);
        } else {
            EXPECT_TRUE(lane.withdraw(EventId(1, 1)));
        }
        lane.end_page({}, at(200));
        EXPECT_EQ(lane.wake_at(), at(90));
    }
}

TEST(Lane, WithdrawsOneDelivery) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 3; ++i) lane.admit(fresh(i));
    EXPECT_FALSE(lane.withdraw(EventId(9, 9)));
    const auto withdrawn = lane.withdraw(EventId(2, 2));
    ASSERT_TRUE(withdrawn);
    EXPECT_EQ(withdrawn->event->id.hi, 2U);
    EXPECT_EQ(lane.take().event->id.hi, 1U);
    EXPECT_EQ(lane.take().event->id.hi, 3U);
    EXPECT_FALSE(lane.wake_at()) << "it has no row yet";
}

TEST(Lane, TriesAFailedReadAgainLater) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(50));
    (void)lane.begin_page(at(100));
    lane.fail_page(at(101));
    EXPECT_EQ(lane.wake_at(), at(101));
    EXPECT_FALSE(lane.wants_page(at(100)));
    EXPECT_TRUE(lane.wants_page(at(101)));
    lane.set_mode(Lane::Mode::cancelling);
    EXPECT_EQ(lane.wake_at(), at(101))
        << "cancelling does not ask a failing store in a loop either";
}

TEST(Lane, CancellingReadsRowsWhateverTheirDueTime) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(5000));
    lane.set_mode(Lane::Mode::cancelling);
    ASSERT_TRUE(lane.wants_page(at(100)));
    EXPECT_EQ(lane.begin_page(at(100)).due_until, Timestamp::max());
    lane.end_page({row(1, at(5000))}, std::nullopt);
    EXPECT_EQ(lane.shed().size(), 1U) << "rows too must be cancelled one by one";
    EXPECT_FALSE(lane.is_empty()) << "until their cancellation is committed";
    lane.settled(EventId{1, 1});
    EXPECT_TRUE(lane.is_empty());
}

TEST(Lane, AHeldLaneIsNotReady) {
    Lane lane(kEndpoint, small_limits());
    lane.admit(fresh(1));
    lane.hold(at(101));
    EXPECT_FALSE(lane.is_ready());
    EXPECT_EQ(lane.held_until(), at(101));
    EXPECT_TRUE(lane.has_room(at(100))) << "deliveries still come in";
    lane.release();
    EXPECT_TRUE(lane.is_ready());
}

TEST(Lane, ASmallerWindowShedsAndStaysSmall) {
    Lane lane(kEndpoint, small_limits());
    for (std::uint64_t i = 1; i <= 8; ++i) lane.admit(fresh(i));
    lane.set_window(3);
    EXPECT_EQ(lane.shed().size(), 5U);
    EXPECT_FALSE(lane.has_room(at(100)));
    (void)lane.take();
    finish(lane, Lane::Verdict::failure);
    lane.set_window(1);
    EXPECT_EQ(lane.shed().size(), 1U) << "a suspect lane has no more room than that either";
    EXPECT_EQ(lane.queued(), 1U);
}

TEST(Lane, KnowsWhereADeliveryIsWhenAResendAsks) {
    Lane lane(kEndpoint, small_limits());
    lane.admit(fresh(1));
    EXPECT_EQ(lane.place_of(EventId{1, 1}), Lane::Place::queued);
    EXPECT_EQ(lane.place_of(EventId{2, 2}), Lane::Place::absent);
    lane.parked(at(50));
    (void)lane.begin_page(at(100));
    EXPECT_EQ(lane.place_of(EventId{2, 2}), Lane::Place::reading);
    lane.end_page({row(2, at(50))}, std::nullopt);
    EXPECT_EQ(lane.place_of(EventId{2, 2}), Lane::Place::queued);
    (void)lane.take();
    (void)lane.take();
    EXPECT_EQ(lane.place_of(EventId{2, 2}), Lane::Place::settling);
    lane.settled(EventId{2, 2});
    EXPECT_EQ(lane.place_of(EventId{2, 2}), Lane::Place::absent);
}

TEST(Lane, PagesLeaveOutWhatAResendIsChanging) {
    Lane lane(kEndpoint, small_limits());
    lane.begin_resend(EventId{7, 7});
    EXPECT_EQ(lane.place_of(EventId{7, 7}), Lane::Place::settling);
    EXPECT_FALSE(lane.is_empty());
    lane.parked(at(50));
    EXPECT_EQ(lane.begin_page(at(100)).exclude, (std::vector<EventId>{EventId{7, 7}}));
    lane.end_page({}, std::nullopt);
    lane.end_resend(EventId{7, 7}, at(60));
    EXPECT_FALSE(lane.is_empty()) << "the page left its row out, and said nothing of it";
    EXPECT_EQ(lane.wake_at(), at(60));
    EXPECT_TRUE(lane.begin_page(at(100)).exclude.empty());
    lane.end_page({}, std::nullopt);
    EXPECT_TRUE(lane.is_empty());
}

TEST(Lane, RowsThatLeaveAtOnceAreNotReadTwice) {
    Lane lane(kEndpoint, small_limits());
    lane.parked(at(50));
    (void)lane.begin_page(at(100));
    lane.end_page({}, at(60), {EventId{3, 3}});
    EXPECT_EQ(lane.queued(), 0U);
    EXPECT_EQ(lane.begin_page(at(100)).exclude, (std::vector<EventId>{EventId{3, 3}}));
}

// Against a model of the disk: whatever the order of events, every delivery is taken exactly once, memory stays within the
// window, and nothing parked is forgotten.
TEST(Lane, NeverLosesOrRepeatsADeliveryWhateverHappens) {
    std::size_t opened = 0;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        LaneLimits limits = small_limits();
        if (seed % 2 == 0) limits.breaker = BreakerRules{2, 1s, 2s, 9s, 20s};
        Lane lane(kEndpoint, limits);
        std::map<std::uint64_t, Timestamp> disk;  // parked rows
        std::set<std::uint64_t> sent;
        std::vector<QueuedDelivery> in_flight;
        std::uint64_t issued = 0;
        std::int64_t now = 100;
        auto park = [&](const QueuedDelivery& delivery) {
            disk[delivery.event->id.hi] = delivery.due();
            lane.parked(delivery.due());
        };
        auto shed = [&] {
            for (const QueuedDelivery& leaving : lane.shed())
                if (!leaving.parked_due) park(leaving);
        };
        auto read_page = [&] {
            const Lane::PageRequest request = lane.begin_page(at(now));
            std::vector<std::pair<Timestamp, std::uint64_t>> rows;
            for (const auto& [number, due] : disk)
                if ((!request.due_from || due >= *request.due_from) &&
                    !std::binary_search(request.exclude.begin(), request.exclude.end(),
                                        EventId{number, number}))
                    rows.emplace_back(due, number);
            std::sort(rows.begin(), rows.end());
            std::vector<QueuedDelivery> page;
            std::optional<Timestamp> next_due;
            for (const auto& [due, number] : rows) {
                if (due > request.due_until || page.size() == request.limit) {
                    next_due = due;
                    break;
                }
                page.push_back({event_numbered(number), due, 1, {}});
            }
            lane.end_page(std::move(page), next_due);
        };
        auto finish_one = [&] {
            QueuedDelivery delivery = std::move(in_flight.back());
            in_flight.pop_back();
            const bool success = random() % 3 != 0;
            const bool was_open = !lane.breaker().is_closed();
            lane.finished(delivery.event->id,
                          success ? Lane::Verdict::success : Lane::Verdict::failure, at(now), 0);
            if (!was_open && !lane.breaker().is_closed()) {
                ++opened;
                shed();
                ASSERT_EQ(lane.queued(), 0U) << "seed " << seed;
            }
            if (delivery.parked_due) {
                disk.erase(delivery.event->id.hi);
                lane.settled(delivery.event->id);
            }
            if (success) {
                ASSERT_TRUE(sent.insert(delivery.event->id.hi).second) << "seed " << seed;
            } else {
                park({delivery.event, at(now + static_cast<std::int64_t>(random() % 5)), 1, {}});
            }
        };
        for (int step = 0; step < 400; ++step) {
            now += static_cast<std::int64_t>(random() % 2);
            switch (random() % 6) {
                case 0:
                case 1: {
                    QueuedDelivery delivery{event_numbered(++issued, at(now)), std::nullopt, 0, {}};
                    if (lane.has_room(at(now)))
                        lane.admit(std::move(delivery));
                    else
                        park(delivery);
                    break;
                }
                case 2:
                    if (lane.is_ready()) in_flight.push_back(lane.take());
                    break;
                case 3:
                    if (!in_flight.empty()) finish_one();
                    break;
                case 4:
                    if (lane.wants_page(at(now))) read_page();
                    break;
                case 5:
                    if (random() % 4 == 0 && !disk.empty())
                        lane.let_pass(EventId{disk.begin()->first, disk.begin()->first},
                                      disk.begin()->second);
                    if (random() % 30 == 0) lane.forget_failures();
                    if (random() % 10 == 0)
                        lane.set_mode(random() % 2 == 0 ? Lane::Mode::paused : Lane::Mode::live);
                    break;
            }
            shed();
            ASSERT_LE(lane.queued(), small_limits().window);
            ASSERT_LE(lane.in_flight(), small_limits().in_flight_max);
        }
        lane.set_mode(Lane::Mode::live);
        for (int step = 0; step < 10'000 && sent.size() < issued; ++step) {
            ++now;
            if (lane.wants_page(at(now))) read_page();
            while (lane.is_ready()) in_flight.push_back(lane.take());
            while (!in_flight.empty()) finish_one();
            shed();
        }
        ASSERT_EQ(sent.size(), issued) << "seed " << seed;
        ASSERT_TRUE(disk.empty()) << "seed " << seed;
    }
    EXPECT_GT(opened, 100U);
}

}  // namespace
}  // namespace posthaste
