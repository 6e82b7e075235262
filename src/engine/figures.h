#pragma once

// What the process did, minute by minute, since its start: taken from the engines' counters, so that nothing is counted twice
// and the hot path pays nothing. Somebody calls sample() every few seconds; a minute ends with the first sample behind it. Keeps
// the last 1,440 minutes. Thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/time.h"
#include "engine/engine.h"

namespace posthaste {

// One minute. Latencies are those of deliveries, from accepted to delivered: upper bounds, as coarse as the histogram's buckets.
struct MinuteFigures {
    Timestamp at;                // its begin
    std::uint64_t accepted = 0;  // deliveries
    std::uint64_t delivered = 0;
    std::uint64_t failed_attempts = 0;
    std::uint64_t dead = 0;
    std::optional<Duration> p50;  // none: nothing was delivered
    std::optional<Duration> p95;
};

class Figures {
public:
    static constexpr std::size_t kMinutesKept = 1440;

    explicit Figures(Timestamp started_at) : started_at_(started_at) {}
    // Before any thread reads. The counters must outlive this object's use.
    void watch(const EngineMetrics* engine) { engines_.push_back(engine); }

    void sample(Timestamp now);
    // The last `count` minutes, oldest first; the last one is still going on.
    [[nodiscard]] std::vector<MinuteFigures> minutes(std::size_t count, Timestamp now);
    [[nodiscard]] std::uint64_t in_flight() const;
    [[nodiscard]] Timestamp started_at() const { return started_at_; }

private:
    // Sums over all engines.
    struct Sums {
        std::uint64_t accepted = 0;
        std::uint64_t delivered = 0;
        std::uint64_t failed_attempts = 0;
        std::uint64_t dead = 0;
        std::array<std::uint64_t, Histogram::kBuckets + 1> latencies{};
    };
    [[nodiscard]] Sums sums() const;
    [[nodiscard]] static MinuteFigures difference(Timestamp at, const Sums& from, const Sums& to);
    void end_minutes(Timestamp now, const Sums& sums);

    const Timestamp started_at_;
    std::vector<const EngineMetrics*> engines_;
    mutable std::mutex mutex_;
    std::deque<MinuteFigures> ended_;
    std::optional<Timestamp> minute_;  // the begin of the one that goes on; none: not sampled yet
    Sums before_;                      // at its begin
};

}  // namespace posthaste
