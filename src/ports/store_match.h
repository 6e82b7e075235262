#pragma once

// The rules of ports/store.h that are the same for every store: what fits a query, what a page shows of an event, what a
// resend makes of a delivery, which state is stored. Pure; callable from any thread.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "base/id.h"
#include "base/time.h"
#include "domain/decision.h"
#include "domain/model.h"
#include "ports/record.h"
#include "ports/store.h"

namespace posthaste {

// What an expunged answer of an attempt reads.
inline constexpr const char* kExpungedResponse = "EXPUNGED";

// Exclusive bounds; nil: none.
template <class AnyId>
[[nodiscard]] constexpr bool is_between(const AnyId& id, const AnyId& above, const AnyId& below) {
    return (above.is_nil() || id > above) && (below.is_nil() || id < below);
}

[[nodiscard]] bool matches(const RecordQuery& query, const Record& record);
// What count_records counts: the query without its bounds.
[[nodiscard]] RecordQuery without_bounds(RecordQuery query);
[[nodiscard]] bool matches(const AuditQuery& query, const AuditEntry& entry);

// Application, bounds, type, channel and tag. The delivery to one of `query.endpoints` is the caller's to find.
[[nodiscard]] bool matches(const EventQuery& query, const Event& event);
// The state of that delivery.
[[nodiscard]] bool matches(const EventQuery& query, DeliveryState state);
// Is the endpoint one of `query.endpoints`?
[[nodiscard]] bool asks_for(const EventQuery& query, EndpointId endpoint);

// Organization, application and type of the event.
[[nodiscard]] bool matches(const DeliveryQuery& query, const Event& event);
[[nodiscard]] bool is_within(const DeliveryQuery& query, const DeliveryPlace& place);
// Endpoint and `fits`, of an event that matches.
[[nodiscard]] bool matches(const DeliveryQuery& query, const Event& event, EndpointId endpoint);
[[nodiscard]] bool matches(const DeliveryQuery& query, DeliveryState state);
// The end of an event's deliveries in reading order: going on behind it starts with the next event.
[[nodiscard]] DeliveryPlace end_of(EventId event, const DeliveryQuery& query);

// Bounds, outcome and status.
[[nodiscard]] bool matches(const AttemptQuery& query, AttemptId id, const AttemptRecord& attempt);
// Type, channel and tag of the attempt's event.
[[nodiscard]] bool matches(const AttemptQuery& query, const Event& event);

// The event as lists show it: neither payload nor body.
[[nodiscard]] EventPtr without_payload(const Event& event);
// The event after its payload was deleted.
[[nodiscard]] EventPtr expunged(const Event& event);

// Is an event a repetition of one with the same request_key that was accepted at `first`?
[[nodiscard]] constexpr bool is_repeat(Timestamp first, Timestamp now) {
    return now - first < kRepeatWindow;
}

// A parked row, as far as steps and resends change it.
struct ParkedState {
    Timestamp due;
    std::uint32_t attempts_made = 0;
    ManualState manual;

    friend bool operator==(const ParkedState&, const ParkedState&) = default;
};

// The row after a resend of a parked delivery; none: it waits for a manual attempt already, nothing changes.
[[nodiscard]] std::optional<ParkedState> resent(const ParkedState& row, Timestamp due);
// The row after a resend of a settled delivery, or of one to a new target, from what is known of its attempts.
[[nodiscard]] ParkedState resent(std::uint32_t attempts_made, std::uint32_t manual_made,
                                 Timestamp due);
// The row after a restart of a dead delivery: the schedule counts none of the attempts so far.
[[nodiscard]] ParkedState restarted(std::uint32_t attempts_made, Timestamp due);

// What is stored of a step that asks for `next`. `was_received`: an earlier attempt delivered.
[[nodiscard]] constexpr DeliveryState state_to_store(DeliveryState next, bool was_received) {
    return next == DeliveryState::dead && was_received ? DeliveryState::delivered : next;
}

// Gives the entries that speak of a new object its id, now that it has been issued: see ConfigChange::audit.
void complete_audit(ConfigChange& change);

}  // namespace posthaste
