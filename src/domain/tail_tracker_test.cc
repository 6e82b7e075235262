#include "domain/tail_tracker.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace posthaste {
namespace {

EventId event(std::uint64_t hi) { return EventId(hi, hi * 31); }

TEST(TailTracker, the_watermark_waits_for_the_oldest) {
    TailTracker tail(10);
    EXPECT_EQ(tail.watermark(), 10U);
    tail.add(event(20), 1);
    tail.add(event(30), 2);
    tail.add(event(40), 1);
    EXPECT_TRUE(tail.release(event(40)));
    EXPECT_TRUE(tail.release(event(30)));
    EXPECT_EQ(tail.watermark(), 10U);
    EXPECT_TRUE(tail.release(event(20)));
    EXPECT_EQ(tail.watermark(), 20U);
    EXPECT_FALSE(tail.contains(event(40)));
    EXPECT_TRUE(tail.release(event(30)));
    EXPECT_EQ(tail.watermark(), 40U);
    EXPECT_EQ(tail.size(), 0U);
}

TEST(TailTracker, an_event_without_deliveries_moves_it_when_nothing_is_older) {
    TailTracker tail;
    tail.add(event(1), 0);
    EXPECT_EQ(tail.watermark(), 1U);
    tail.add(event(2), 1);
    tail.add(event(3), 0);
    EXPECT_EQ(tail.watermark(), 1U);
    EXPECT_EQ(tail.size(), 2U);
    EXPECT_TRUE(tail.release(event(2)));
    EXPECT_EQ(tail.watermark(), 3U);
}

TEST(TailTracker, releases_nothing_that_is_not_held) {
    TailTracker tail(5);
    tail.add(event(6), 1);
    tail.add(event(8), 1);
    EXPECT_FALSE(tail.release(event(5)));
    EXPECT_FALSE(tail.release(event(7)));
    EXPECT_FALSE(tail.release(event(9)));
    EXPECT_TRUE(tail.release(event(8)));
    EXPECT_FALSE(tail.release(event(8)));
    EXPECT_TRUE(tail.release(event(6)));
    EXPECT_FALSE(tail.release(event(6)));
    EXPECT_EQ(tail.watermark(), 8U);
}

TEST(TailTrackerDeathTest, ids_must_increase) {
    TailTracker tail(5);
    EXPECT_DEATH(tail.add(event(5), 1), "event.hi >");
    tail.add(event(7), 1);
    EXPECT_DEATH(tail.add(event(6), 1), "event.hi >");
}

TEST(TailTracker, agrees_with_a_plain_model) {
    for (std::uint32_t run = 0; run < 30; ++run) {
        std::mt19937 random{run};
        std::uint64_t hi = random() % 100;
        TailTracker tail(hi);
        std::map<std::uint64_t, std::uint32_t> outstanding;  // every event ever added
        const std::uint64_t start = hi;
        for (int step = 0; step < 2000; ++step) {
            if (random() % 3 == 0) {
                hi += 1 + random() % 3;
                const std::uint32_t count = random() % 4;
                tail.add(event(hi), count);
                outstanding[hi] = count;
            } else {
                // Mostly a recent id, known or not.
                const std::uint64_t chosen = hi - std::min<std::uint64_t>(hi, random() % 40);
                const auto found = outstanding.find(chosen);
                const bool held = found != outstanding.end() && found->second > 0;
                ASSERT_EQ(tail.contains(event(chosen)), held);
                ASSERT_EQ(tail.release(event(chosen)), held);
                if (held) --found->second;
            }
            std::uint64_t watermark = start;
            std::size_t above = outstanding.size();
            for (const auto& [id, count] : outstanding) {
                if (count > 0) break;
                watermark = id;
                --above;
            }
            ASSERT_EQ(tail.watermark(), watermark);
            ASSERT_EQ(tail.size(), above);
        }
    }
}

}  // namespace
}  // namespace posthaste
