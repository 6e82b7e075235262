#include "engine/figures.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

constexpr Timestamp kStart = from_micros(1'767'323'045'123'456);  // 03:04:05.123456
constexpr Timestamp kMinute = from_micros(1'767'323'040'000'000);

TEST(Figures, minutes_hold_what_happened_in_them) {
    EngineMetrics one;
    EngineMetrics two;
    Figures figures(kStart);
    figures.watch(&one);
    figures.watch(&two);
    one.deliveries_accepted.add(3);
    two.deliveries_accepted.add(1);
    one.retried.add(2);
    two.dead.add(1);
    figures.sample(kStart + 2s);
    const auto first = figures.minutes(60, kStart + 3s);
    ASSERT_EQ(first.size(), 1U) << "none from before the start";
    EXPECT_EQ(first[0].at, kMinute);
    EXPECT_EQ(first[0].accepted, 4U);
    EXPECT_EQ(first[0].failed_attempts, 3U);
    EXPECT_EQ(first[0].dead, 1U);
    EXPECT_FALSE(first[0].p50);

    figures.sample(kMinute + 61s);
    one.delivered.add(2);
    const auto second = figures.minutes(60, kMinute + 62s);
    ASSERT_EQ(second.size(), 2U);
    EXPECT_EQ(second[0].accepted, 4U);
    EXPECT_EQ(second[0].delivered, 0U);
    EXPECT_EQ(second[1].at, kMinute + 1min);
    EXPECT_EQ(second[1].accepted, 0U);
    EXPECT_EQ(second[1].delivered, 2U);
}

TEST(Figures, quantiles_are_bounds_of_buckets) {
    EngineMetrics engine;
    Figures figures(kStart);
    figures.watch(&engine);
    for (int i = 0; i < 90; ++i) engine.delivery_latency.record(100);
    for (int i = 0; i < 10; ++i) engine.delivery_latency.record(5'000);
    const auto minutes = figures.minutes(1, kStart);
    ASSERT_EQ(minutes.size(), 1U);
    EXPECT_EQ(minutes[0].p50, Duration(128));
    EXPECT_EQ(minutes[0].p95, Duration(8192));
}

TEST(Figures, a_long_pause_is_minutes_in_which_nothing_happened_and_no_more_than_are_kept) {
    EngineMetrics engine;
    Figures figures(kStart);
    figures.watch(&engine);
    engine.delivered.add(7);
    figures.sample(kStart);
    const Timestamp later = kMinute + 240h;
    const auto minutes = figures.minutes(5000, later);
    ASSERT_EQ(minutes.size(), Figures::kMinutesKept);
    EXPECT_EQ(minutes.back().at, later);
    for (std::size_t i = 1; i < minutes.size(); ++i)
        EXPECT_EQ(minutes[i].at - minutes[i - 1].at, 1min);
    EXPECT_EQ(figures.minutes(2, later).size(), 2U);
    EXPECT_TRUE(figures.minutes(0, later).empty());
}

TEST(Figures, a_clock_that_is_set_back_ends_no_minute) {
    EngineMetrics engine;
    Figures figures(kStart);
    figures.watch(&engine);
    figures.sample(kStart + 5min);
    const std::size_t before = figures.minutes(60, kStart + 5min).size();
    engine.delivered.add(1);
    const auto after = figures.minutes(60, kStart);
    EXPECT_EQ(after.size(), before);
    EXPECT_EQ(after.back().delivered, 1U);
}

}  // namespace
}  // namespace posthaste
