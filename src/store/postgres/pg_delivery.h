#pragma once

// One delivery as the tables tell it, and what updates make of it: the rules of ports/store.h on rows that were read before.
// Pure. A delivery's rows say, the first that applies:
//
//   delivery.state    dead, cancelled, or delivered by no attempt of its own
//   parked            it waits; whatever its attempts say happened before a resend
//   attempt           one of them delivered
//   none of these     it is in the tail; or, below the watermark, lost

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/model.h"
#include "ports/store.h"
#include "ports/store_match.h"

namespace posthaste {

struct PgDelivery {
    bool is_added = false;  // by a resend
    std::optional<DeliveryState> ending;
    std::optional<ParkedState> parked;
    std::vector<std::int64_t> numbers;  // of its attempts
    std::uint32_t manual_attempts = 0;
    bool was_received = false;  // an attempt delivered
    bool is_settled_by_attempt = false;
    std::optional<Timestamp> last_attempt_at;
    int last_status_code = 0;

    [[nodiscard]] DeliveryState state() const;
    [[nodiscard]] std::uint32_t attempts() const {
        return static_cast<std::uint32_t>(numbers.size());
    }
    // As recovery parks it.
    [[nodiscard]] ParkedState recovered(Timestamp now) const;
};

// What the group has to know of the delivery's event.
struct PgEventStanding {
    bool is_there = false;
    bool is_expunged = false;
    bool is_target = false;  // of the event's own
};

struct PgStep {
    bool has_changed = false;
    bool has_left_tail = false;
    DeliveryState state_after = DeliveryState::parked;  // of the update's attempt
};

// Moves `rows` and the counters on. Repeated or stale updates change nothing.
[[nodiscard]] PgStep apply_pg_update(const DeliveryUpdate& update, const PgEventStanding& event,
                                     PgDelivery& rows, Tally& tally);

}  // namespace posthaste
