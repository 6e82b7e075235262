#pragma once

// What becomes of a delivery after an attempt. Pure: (delivery, outcome, policy, now, draw) ->
// Decision.
//
//            accept            outcome = delivered
//   (event) ────────▶ pending ───────────────────▶ delivered
//                      ▲   │  retry left, age left
//                 due  │   ├──────────────────────▶ parked ──┐
//                      │   │  no retry left, too old         │
//                      │   ├──────────────────────▶ dead     │
//                      │   │  endpoint deleted               │
//                      │   └──────────────────────▶ cancelled│
//                      └─────────────────────────────────────┘

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "domain/outcome.h"
#include "domain/retry.h"

namespace posthaste {

// `pending` lives in the tail, `parked` waits in a row of its own; both are unsettled. The others
// are final.
enum class DeliveryState : std::uint8_t {
    pending = 0,
    parked = 1,
    delivered = 2,
    dead = 3,
    cancelled = 4
};

[[nodiscard]] std::string_view to_string(DeliveryState state);
[[nodiscard]] constexpr bool is_settled(DeliveryState state) {
    return state == DeliveryState::delivered || state == DeliveryState::dead ||
           state == DeliveryState::cancelled;
}

// A delivery that waits for a manual attempt. It may have been settled before: then it is pending again, and its counter moves
// back. Where the schedule had a retry planned, that retry stands if the manual attempt fails.
struct ManualState {
    // Of attempts_made, those that the schedule does not count: manual ones, and what came before it was begun again.
    std::uint32_t manual_made = 0;
    AttemptTrigger trigger = AttemptTrigger::scheduled;  // of the attempt it waits for
    std::optional<Timestamp>
        resume_due;  // trigger == manual: the schedule's own next attempt, if any

    friend bool operator==(const ManualState&, const ManualState&) = default;
};

struct DeliveryProgress {
    Timestamp accepted_at;
    std::uint32_t attempts_made = 0;  // the one being decided on included
    ManualState manual;               // as it was before that attempt
};

struct Decision {
    DeliveryState next = DeliveryState::parked;  // delivered, parked or dead
    Timestamp due;                               // when next == parked

    friend bool operator==(const Decision&, const Decision&) = default;
};

// REQUIRES: outcome != interrupted, attempts_made ≥ 1, 0 ≤ draw < 1.
// A manual attempt that failed is not retried: the schedule goes on where it was, at resume_due or, when that has passed,
// now; without one the delivery is dead. The schedule does not count manual attempts, nor those before it was begun again.
// `retry_after`, when the answer carried one, moves the delay within [delay, 2 × delay].
[[nodiscard]] Decision decide(const DeliveryProgress& progress, AttemptOutcome outcome,
                              const RetryPolicy& policy, std::optional<Duration> retry_after,
                              Timestamp now, double draw);

}  // namespace posthaste
