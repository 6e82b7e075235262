#pragma once

// A rate limit without a queue: says when the next one may pass. The generic cell rate algorithm (ITU-T I.371) with a burst of
// one: passes are spaced evenly, so that no second ever sees more than the rate. One number of state; any thread may ask.

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace posthaste {

class RateGate {
public:
    // Passes, or says when to ask again (later than `now`). REQUIRES: per_second ≥ 1. The rate may change between calls.
    [[nodiscard]] std::optional<Timestamp> try_pass(Timestamp now, std::uint32_t per_second);
    // When to ask again, without passing; none: now.
    [[nodiscard]] std::optional<Timestamp> closed_until(Timestamp now) const;
    // When try_pass would succeed; ≤ now: now.
    [[nodiscard]] Timestamp opens_at() const {
        return from_micros(next_.load(std::memory_order_relaxed));
    }
    // The gate is never closed for longer. What is further away was said before the clock was set back.
    static constexpr Duration kClosedMax = 1s;

private:
    std::atomic<std::int64_t> next_{INT64_MIN};  // the next may pass from then on, in µs
};

}  // namespace posthaste
