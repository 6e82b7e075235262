#pragma once

// Counters that one thread writes and any thread reads: a relaxed load and store instead of a
// locked add, so the hot path pays one plain add. Histograms have fixed bounds in microseconds,
// roughly powers of two, and cost one add as well.

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace posthaste {

class Counter {
public:
    // REQUIRES: only the owning thread calls add and set.
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

class Histogram {
public:
    // Bucket i counts values below 64 << i microseconds; one more, above the last bound (~134 s),
    // counts all others.
    static constexpr std::size_t kBuckets = 22;
    [[nodiscard]] static constexpr std::uint64_t upper_bound_us(std::size_t bucket) {
        return std::uint64_t{64} << bucket;
    }

    void record(std::uint64_t micros) {
        const auto width = static_cast<std::size_t>(std::bit_width(micros >> 6));
        buckets_[width < kBuckets ? width : kBuckets].add();
        sum_.add(micros);
        count_.add();
    }
    // `bucket` up to and including kBuckets (everything above the last bound).
    [[nodiscard]] std::uint64_t bucket(std::size_t index) const { return buckets_[index].value(); }
    [[nodiscard]] std::uint64_t sum_us() const { return sum_.value(); }
    [[nodiscard]] std::uint64_t count() const { return count_.value(); }

private:
    std::array<Counter, kBuckets + 1> buckets_{};
    Counter sum_;
    Counter count_;
};

}  // namespace posthaste
