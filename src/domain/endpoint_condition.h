#pragma once

// How an endpoint fares, for whoever wants to show it. Written by the reactor that owns its lane, read from any thread.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace posthaste {

enum class Health : std::uint8_t {
    healthy,
    suspect,    // its last attempt failed
    unhealthy,  // it keeps failing: deliveries wait until a probe succeeds (domain/breaker.h)
};

[[nodiscard]] constexpr std::string_view to_string(Health health) {
    switch (health) {
        case Health::healthy: return "healthy";
        case Health::suspect: return "suspect";
        case Health::unhealthy: return "unhealthy";
    }
    return "unknown";
}

struct EndpointCondition {
    Health health = Health::healthy;
    std::optional<Timestamp> since;       // of the first failure after the last success
    std::optional<Timestamp> next_probe;  // of an unhealthy one; none: it is under way

    friend bool operator==(const EndpointCondition&, const EndpointCondition&) = default;
};

// The latest condition. A reader beside a change may see a time of the one before.
class ConditionBoard {
public:
    void put(const EndpointCondition& condition) {
        since_.store(micros_of(condition.since), std::memory_order_relaxed);
        next_probe_.store(micros_of(condition.next_probe), std::memory_order_relaxed);
        health_.store(condition.health, std::memory_order_relaxed);
    }
    [[nodiscard]] EndpointCondition get() const {
        EndpointCondition condition{health_.load(std::memory_order_relaxed), {}, {}};
        if (condition.health == Health::healthy) return condition;
        condition.since = time_of(since_);
        if (condition.health == Health::unhealthy) condition.next_probe = time_of(next_probe_);
        return condition;
    }

private:
    static constexpr std::int64_t kNone = INT64_MIN;
    static std::int64_t micros_of(std::optional<Timestamp> time) {
        return time ? to_micros(*time) : kNone;
    }
    static std::optional<Timestamp> time_of(const std::atomic<std::int64_t>& stored) {
        const std::int64_t micros = stored.load(std::memory_order_relaxed);
        return micros == kNone ? std::nullopt : std::optional(from_micros(micros));
    }

    std::atomic<std::int64_t> since_{kNone};
    std::atomic<std::int64_t> next_probe_{kNone};
    std::atomic<Health> health_{Health::healthy};
};

}  // namespace posthaste
