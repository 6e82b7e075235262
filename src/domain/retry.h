#pragma once

// When to try again. A policy is data; the delay is a pure function of the policy, the number of failures and one random
// draw, so a simulated day of retries is reproducible.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace posthaste {

// How a delay is spread so that endpoints which failed together do not return together.
enum class Jitter : std::uint8_t {
    none,       // exactly the delay
    positive,   // delay × [1, 1 + fraction]: never earlier than promised
    symmetric,  // delay × [1 - fraction, 1 + fraction]
    full,       // delay × [1/2, 1]: "full jitter with a floor of half"
};

struct RetryPolicy {
    // Gap before attempt 2, 3, …; the last one repeats. Used when not empty.
    std::vector<Duration> gaps;
    // Used when `gaps` is empty: base × factor^(failures - 1), at most `delay_max`.
    Duration base = 1s;
    double factor = 2.0;
    Duration delay_max = 24h;

    Jitter jitter = Jitter::positive;
    double jitter_fraction = 0.1;  // for positive and symmetric, in [0, 1]

    std::uint32_t attempts_max = 5;          // all attempts, the first included; at least 1
    std::optional<Duration> age_max;         // a delivery older than this is dead instead of retried

    friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// The delay after `failures` failed attempts (≥ 1). `draw` is uniform in [0, 1). Never negative, saturates at delay_max × 2.
[[nodiscard]] Duration retry_delay(const RetryPolicy& policy, std::uint32_t failures, double draw);

// The policies of the APIs (requirements decisions 8–12).
[[nodiscard]] RetryPolicy subscriptions_retry_policy();  // 10, 30, 60, 300, 900 s; 5 attempts; +0–10 %

}  // namespace posthaste
