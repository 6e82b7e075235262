#include "base/counter.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Counter, adds_and_sets) {
    Counter counter;
    counter.add();
    counter.add(4);
    EXPECT_EQ(counter.value(), 5U);
    counter.set(2);
    EXPECT_EQ(counter.value(), 2U);
}

TEST(Histogram, puts_a_value_below_its_upper_bound) {
    for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
        const std::uint64_t bound = Histogram::upper_bound_us(bucket);
        Histogram histogram;
        histogram.record(bound - 1);
        histogram.record(bound);
        EXPECT_EQ(histogram.bucket(bucket), 1U) << bucket;
        EXPECT_EQ(histogram.bucket(bucket + 1), 1U) << bucket;
        EXPECT_EQ(histogram.count(), 2U);
        EXPECT_EQ(histogram.sum_us(), 2 * bound - 1);
    }
}

TEST(Histogram, keeps_what_lies_outside_the_bounds) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(std::uint64_t{1} << 60);
    EXPECT_EQ(histogram.bucket(0), 1U);
    EXPECT_EQ(histogram.bucket(Histogram::kBuckets), 1U);
}

}  // namespace
}  // namespace posthaste
