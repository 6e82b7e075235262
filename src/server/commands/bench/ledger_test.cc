#include "server/commands/bench/ledger.h"

#include <gtest/gtest.h>

#include "server/commands/bench/percentiles.h"

namespace posthaste {
namespace {

TEST(Ledger, FollowsAnEventThroughItsLife) {
    const auto ledger = Ledger::create(10).value();
    EXPECT_EQ(ledger->issue(3, 100), 0U);
    EXPECT_EQ(ledger->issue(4, 200), 1U);
    ledger->acknowledge(1, 250);
    EXPECT_EQ(ledger->receive(1, 300, 77), Ledger::Receipt::first);
    EXPECT_EQ(ledger->receive(1, 400, 77), Ledger::Receipt::duplicate);
    EXPECT_EQ(ledger->receive(1, 500, 78), Ledger::Receipt::other_id);
    const LedgerLine line = ledger->line(1);
    EXPECT_EQ(line.target, 4U);
    EXPECT_EQ(line.due_ns, 200);
    EXPECT_EQ(line.acknowledged_ns, 250);
    EXPECT_EQ(line.received_ns, 300);
    EXPECT_EQ(line.copies, 3U);
    EXPECT_EQ(ledger->line(0).received_ns, 0);
    EXPECT_EQ(ledger->acknowledged(), 1U);
    EXPECT_EQ(ledger->received(), 1U);
    EXPECT_EQ(ledger->duplicates(), 2U);
}

TEST(Ledger, KnowsItsLimitsAndItsOwnNumbers) {
    const auto ledger = Ledger::create(2).value();
    EXPECT_EQ(ledger->receive(0, 1, 1), Ledger::Receipt::unknown);
    EXPECT_TRUE(ledger->issue(0, 1));
    EXPECT_TRUE(ledger->issue(0, 1));
    EXPECT_FALSE(ledger->issue(0, 1));
    EXPECT_EQ(ledger->receive(2, 1, 1), Ledger::Receipt::unknown);
    EXPECT_EQ(ledger->received(), 0U);
}

TEST(LatencySamples, PercentilesAreNearestRanks) {
    LatencySamples samples;
    EXPECT_EQ(samples.percentile_ms(0.5), 0);
    for (int i = 100; i >= 1; --i) samples.add_nanos(i * 1'000'000);
    EXPECT_EQ(samples.percentile_ms(0.50), 50);
    EXPECT_EQ(samples.percentile_ms(0.99), 99);
    EXPECT_EQ(samples.percentile_ms(0.999), 100);
    EXPECT_EQ(samples.percentile_ms(0), 1);
    EXPECT_EQ(samples.max_ms(), 100);
}

TEST(LatencySamples, OneSampleIsEveryPercentile) {
    LatencySamples samples;
    samples.add_nanos(7'000'000);
    EXPECT_EQ(samples.percentile_ms(0.01), 7);
    EXPECT_EQ(samples.percentile_ms(0.99), 7);
}

}  // namespace
}  // namespace posthaste
