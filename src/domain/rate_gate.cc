#include "domain/rate_gate.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

std::optional<Timestamp> RateGate::closed_until(Timestamp now) const {
    const std::int64_t next = next_.load(std::memory_order_relaxed);
    if (next <= to_micros(now) || next - to_micros(now) > kClosedMax.count()) return std::nullopt;
    return from_micros(next);
}

std::optional<Timestamp> RateGate::try_pass(Timestamp now, std::uint32_t per_second) {
    ASSERT(per_second >= 1);
    const std::int64_t gap = (1'000'000 + per_second - 1) / per_second;
    std::int64_t next = next_.load(std::memory_order_relaxed);
    for (;;) {
        if (next > to_micros(now) && next - to_micros(now) <= kClosedMax.count())
            return from_micros(next);
        if (next_.compare_exchange_weak(next, to_micros(now) + gap, std::memory_order_relaxed))
            return std::nullopt;
    }
}

}  // namespace posthaste
