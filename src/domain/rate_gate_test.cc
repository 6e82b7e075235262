#include "domain/rate_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace posthaste {
namespace {

constexpr Timestamp kStart = from_micros(1'767'323'045'000'000);

TEST(RateGate, SpacesPassesEvenly) {
    RateGate gate;
    EXPECT_FALSE(gate.try_pass(kStart, 4));
    EXPECT_EQ(gate.try_pass(kStart, 4), kStart + 250ms);
    EXPECT_EQ(gate.try_pass(kStart + 249ms, 4), kStart + 250ms);
    EXPECT_FALSE(gate.closed_until(kStart + 250ms));
    EXPECT_FALSE(gate.try_pass(kStart + 250ms, 4)) << "looking does not pass";
    EXPECT_EQ(gate.opens_at(), kStart + 500ms);
    EXPECT_EQ(gate.closed_until(kStart + 499ms), kStart + 500ms);
    EXPECT_FALSE(gate.closed_until(kStart - 1h)) << "the clock was set back";
}

TEST(RateGate, NeverLetsMoreThanTheRateThroughInAnySecond) {
    for (const std::uint32_t rate : {1U, 3U, 7U, 1000U}) {
        RateGate gate;
        std::vector<Timestamp> passes;
        for (Timestamp now = kStart; now < kStart + 3s; now += 100us)
            if (!gate.try_pass(now, rate)) passes.push_back(now);
        EXPECT_GE(passes.size(), 3 * rate * 9 / 10) << rate;
        for (std::size_t i = rate; i < passes.size(); ++i)
            EXPECT_GE(passes[i] - passes[i - rate], 1s) << rate;
    }
}

TEST(RateGate, SavesUpNothingWhileIdle) {
    RateGate gate;
    EXPECT_FALSE(gate.try_pass(kStart, 10));
    EXPECT_FALSE(gate.try_pass(kStart + 1h, 10));
    EXPECT_EQ(gate.try_pass(kStart + 1h, 10), kStart + 1h + 100ms);
}

TEST(RateGate, OpensAgainWhenTheClockIsSetBack) {
    RateGate gate;
    EXPECT_FALSE(gate.try_pass(kStart, 1));
    EXPECT_FALSE(gate.try_pass(kStart - 1h, 1));
    EXPECT_EQ(gate.try_pass(kStart - 1h, 1), kStart - 1h + 1s);
}

TEST(RateGate, ThreadsShareOneRate) {
    RateGate gate;
    std::atomic<int> passed{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (Timestamp now = kStart; now < kStart + 1s; now += 1ms)
                    if (!gate.try_pass(now, 10)) ++passed;
            });
    }
    // Each thread lives in its own second, and a thread that is behind finds the gate closed.
    EXPECT_GE(passed, 1);
    EXPECT_LE(passed, 40);
}

}  // namespace
}  // namespace posthaste
