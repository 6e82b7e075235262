#include "domain/retry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace posthaste {
namespace {

// Delays are computed as doubles, exact to the microsecond up to 285 years. This is the longest
// one: even when doubled and added to a timestamp it stays far from the edge of 64 bits.
constexpr Duration kDelayCeiling = std::chrono::years{100};

double as_micros(Duration delay, double micros_max) {
    return std::clamp(static_cast<double>(delay.count()), 0.0, micros_max);
}

double nominal_micros(const RetryPolicy& policy, std::uint32_t failures, double micros_max) {
    if (!policy.gaps.empty()) {
        const auto index =
            std::min<std::size_t>(std::max(failures, 1U) - 1, policy.gaps.size() - 1);
        return as_micros(policy.gaps[index], 2 * micros_max);
    }
    const double exponent = std::max(failures, 1U) - 1;
    const double micros = as_micros(policy.base, micros_max) * std::pow(policy.factor, exponent);
    // Also true for NaN, which 0 × infinity and a meaningless factor give.
    if (!(micros <= micros_max)) return micros_max;
    return std::max(micros, 0.0);
}

double jitter_factor(const RetryPolicy& policy, double draw) {
    const double fraction = std::clamp(policy.jitter_fraction, 0.0, 1.0);
    switch (policy.jitter) {
        case Jitter::none: return 1.0;
        case Jitter::positive: return 1.0 + fraction * draw;
        case Jitter::symmetric: return 1.0 + fraction * (2.0 * draw - 1.0);
        case Jitter::full: return 0.5 + 0.5 * draw;
    }
    return 1.0;
}

RetryPolicy listed(std::vector<Duration> gaps, std::uint32_t attempts_max) {
    RetryPolicy policy;
    policy.gaps = std::move(gaps);
    policy.jitter = Jitter::positive;
    policy.jitter_fraction = 0.1;
    policy.attempts_max = attempts_max;
    return policy;
}

RetryPolicy doubling(Duration base, std::uint32_t attempts_max) {
    RetryPolicy policy;
    policy.base = base;
    policy.factor = 2.0;
    policy.jitter = Jitter::full;
    policy.attempts_max = attempts_max;
    return policy;
}

}  // namespace

Duration retry_delay(const RetryPolicy& policy, std::uint32_t failures, double draw) {
    const double micros_max = as_micros(policy.delay_max, static_cast<double>(kDelayCeiling / 1us));
    const double micros =
        nominal_micros(policy, failures, micros_max) * jitter_factor(policy, draw);
    return Duration{std::llround(std::clamp(micros, 0.0, 2 * micros_max))};
}

RetryPolicy native_retry_policy() {
    RetryPolicy policy = listed({5s, 5min, 30min, 2h, 5h, 10h, 10h}, 8);
    policy.jitter = Jitter::symmetric;
    policy.jitter_fraction = 0.2;
    policy.after_timeout_min = 60s;
    return policy;
}

RetryPolicy orders_retry_policy() { return doubling(1s, 5); }

RetryPolicy mailboxes_retry_policy() {
    RetryPolicy policy = doubling(2s, 3);
    policy.jitter = Jitter::positive;  // the gaps are promised as if they were listed
    policy.jitter_fraction = 0.1;
    return policy;
}

RetryPolicy contacts_retry_policy() { return listed({1s, 5s, 25s, 125s, 625s}, 6); }

RetryPolicy subscriptions_retry_policy() { return listed({10s, 30s, 60s, 300s, 900s}, 5); }

RetryPolicy subscriptions_retry_policy(const RetryOverrides& overrides) {
    RetryPolicy policy = subscriptions_retry_policy();
    if (overrides.base)
        policy = doubling(std::max(*overrides.base, Duration{0}), policy.attempts_max);
    if (overrides.attempts_max) policy.attempts_max = std::max(*overrides.attempts_max, 1U);
    return policy;
}

}  // namespace posthaste
