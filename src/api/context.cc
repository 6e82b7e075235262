#include "api/context.h"

#include <algorithm>

namespace posthaste {

RetryPolicy subscriptions_retry(std::optional<std::uint32_t> attempts_max,
                                std::optional<Duration> base) {
    RetryPolicy policy = subscriptions_retry_policy();
    if (attempts_max) policy.attempts_max = std::max<std::uint32_t>(1, *attempts_max);
    if (base) {
        policy.gaps.clear();
        policy.base = *base;
        policy.factor = 2.0;
        policy.jitter = Jitter::full;
    }
    return policy;
}

}  // namespace posthaste
