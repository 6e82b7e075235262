#include "domain/decision.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

std::string_view to_string(DeliveryState state) {
    switch (state) {
        case DeliveryState::pending: return "pending";
        case DeliveryState::parked: return "parked";
        case DeliveryState::delivered: return "delivered";
        case DeliveryState::dead: return "dead";
        case DeliveryState::cancelled: return "cancelled";
    }
    return "unknown";
}

Decision decide(const DeliveryProgress& progress, AttemptOutcome outcome, const RetryPolicy& policy,
                std::optional<Duration> retry_after, Timestamp now, double draw) {
    ASSERT(outcome != AttemptOutcome::interrupted);
    ASSERT(progress.attempts_made >= 1);
    ASSERT(draw >= 0.0 && draw < 1.0);
    if (outcome == AttemptOutcome::delivered) return {DeliveryState::delivered, {}};
    if (progress.manual.trigger == AttemptTrigger::manual) {
        if (!progress.manual.resume_due) return {DeliveryState::dead, {}};
        return {DeliveryState::parked, std::max(*progress.manual.resume_due, now)};
    }
    const std::uint32_t scheduled =
        progress.attempts_made - std::min(progress.manual.manual_made, progress.attempts_made - 1);
    if (scheduled >= policy.attempts_max) return {DeliveryState::dead, {}};

    Duration delay = retry_delay(policy, scheduled, draw);
    if (outcome == AttemptOutcome::timed_out) delay = std::max(delay, policy.after_timeout_min);
    // The receiver may ask for patience, never for haste, and cannot stretch the schedule beyond
    // twice its length.
    if (retry_after) delay = std::clamp(*retry_after, delay, 2 * delay);
    const Timestamp due = now + delay;
    // The age is compared as a difference: accepted_at + age_max may lie beyond the end of time.
    if (policy.age_max && due - progress.accepted_at > *policy.age_max) {
        return {DeliveryState::dead, {}};
    }
    return {DeliveryState::parked, due};
}

}  // namespace posthaste
