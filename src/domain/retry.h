#pragma once

// When to try again. A policy is data; the delay is a pure function of the policy, the number of
// failures and one random draw, so a simulated day of retries is reproducible.

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
    // Gap before attempt 2, 3, …; the last one repeats. Used when not empty. 0 s means at once.
    std::vector<Duration> gaps;
    // Used when `gaps` is empty: base × factor^(failures - 1), at most `delay_max`.
    Duration base = 1s;
    double factor = 2.0;
    Duration delay_max = 24h;

    Jitter jitter = Jitter::positive;
    double jitter_fraction = 0.1;  // for positive and symmetric, in [0, 1]

    std::uint32_t attempts_max = 5;   // all attempts, the first included; 0 counts as 1
    std::optional<Duration> age_max;  // a delivery older than this is dead instead of retried
    // After an attempt that timed out the delay is at least this: who could not answer in time needs time.
    Duration after_timeout_min{};

    friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// The delay after `failures` failed attempts (≥ 1). `draw` is uniform in [0, 1). Never negative,
// saturates at delay_max × 2, listed gaps included.
[[nodiscard]] Duration retry_delay(const RetryPolicy& policy, std::uint32_t failures, double draw);

// The defaults of the APIs. Lists get up to 10 % on top, so that no receiver is called earlier than
// the documentation promises; exponentials get full jitter.
[[nodiscard]] RetryPolicy
native_retry_policy();  // 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h; ± 20 %; ≥ 60 s after a time-out
[[nodiscard]] RetryPolicy orders_retry_policy();         // 1, 2, 4, 8 s exponential; 5 attempts
[[nodiscard]] RetryPolicy mailboxes_retry_policy();      // 2, 4 s, and so on: 2ⁿ; 3 attempts
[[nodiscard]] RetryPolicy contacts_retry_policy();       // 1, 5, 25, 125, 625 s; 6 attempts
[[nodiscard]] RetryPolicy subscriptions_retry_policy();  // 10, 30, 60, 300, 900 s; 5 attempts

// What the operator set, as WEBHOOK_MAX_RETRIES and WEBHOOK_RETRY_DELAY.
struct RetryOverrides {
    std::optional<std::uint32_t> attempts_max;  // all attempts; from the 6th on the gap stays 900 s
    std::optional<Duration> base;               // replaces the list by base × 2ⁿ with full jitter
};
[[nodiscard]] RetryPolicy subscriptions_retry_policy(const RetryOverrides& overrides);

}  // namespace posthaste
