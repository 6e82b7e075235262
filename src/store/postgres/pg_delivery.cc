#include "store/postgres/pg_delivery.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

namespace {

std::uint64_t& settled_count(Tally& tally, DeliveryState state) {
    ASSERT(is_settled(state));
    if (state == DeliveryState::delivered) return tally.delivered;
    return state == DeliveryState::dead ? tally.dead : tally.cancelled;
}

PgStep apply_step(const DeliveryUpdate& update, const PgEventStanding& event, PgDelivery& rows,
                  Tally& tally) {
    const bool is_known = event.is_there && (event.is_target || rows.is_added);
    const DeliveryState before = rows.state();
    if (!is_known || is_settled(before)) return {};
    if (update.attempt && std::ranges::count(rows.numbers, update.attempt->number) > 0) return {};
    const bool is_parked = before == DeliveryState::parked;
    if (is_parked != update.origin.parked_due.has_value()) return {};
    if (is_parked && rows.parked->due != *update.origin.parked_due) return {};

    const DeliveryState next = state_to_store(update.next, rows.was_received);
    ASSERT(next != DeliveryState::pending);
    if (is_parked) --tally.parked;
    rows.parked.reset();
    if (next == DeliveryState::parked) {
        rows.parked = ParkedState{update.due, update.attempts_made, update.manual};
        ++tally.parked;
    } else {
        // The row of an attempt that delivered says so itself.
        if (next == DeliveryState::delivered && update.attempt)
            rows.is_settled_by_attempt = true;
        else
            rows.ending = next;
        ++settled_count(tally, next);
    }
    if (update.attempt) {
        rows.numbers.push_back(update.attempt->number);
        if (update.attempt->trigger == AttemptTrigger::manual) ++rows.manual_attempts;
        rows.was_received =
            rows.was_received || update.attempt->outcome == AttemptOutcome::delivered;
    }
    return {true, !is_parked, next};
}

PgStep apply_resend(const DeliveryUpdate& update, const PgEventStanding& event, PgDelivery& rows,
                    Tally& tally) {
    if (!event.is_there || event.is_expunged) return {};
    const DeliveryState before = rows.state();
    if (before == DeliveryState::parked) {
        const auto changed = resent(*rows.parked, update.due);
        if (changed) rows.parked = changed;
        return {changed.has_value(), false, {}};
    }
    if (is_settled(before)) {
        --settled_count(tally, before);
        rows.ending.reset();
    } else if (event.is_target || rows.is_added) {
        return {};  // in the tail
    } else {
        rows.is_added = true;
        ++tally.accepted;
    }
    rows.parked = resent(rows.attempts(), rows.manual_attempts, update.due);
    ++tally.parked;
    return {true, false, {}};
}

PgStep apply_restart(const DeliveryUpdate& update, const PgEventStanding& event, PgDelivery& rows,
                     Tally& tally) {
    if (!event.is_there || event.is_expunged || rows.state() != DeliveryState::dead) return {};
    --tally.dead;
    rows.ending.reset();
    rows.parked = restarted(rows.attempts(), update.due);
    ++tally.parked;
    return {true, false, {}};
}

}  // namespace

DeliveryState PgDelivery::state() const {
    if (ending) return *ending;
    if (parked) return DeliveryState::parked;
    return is_settled_by_attempt ? DeliveryState::delivered : DeliveryState::pending;
}

ParkedState PgDelivery::recovered(Timestamp now) const {
    ParkedState row{now, attempts(), {}};
    row.manual.manual_made = manual_attempts;
    return row;
}

PgStep apply_pg_update(const DeliveryUpdate& update, const PgEventStanding& event, PgDelivery& rows,
                       Tally& tally) {
    switch (update.kind) {
        case UpdateKind::step: return apply_step(update, event, rows, tally);
        case UpdateKind::resend: return apply_resend(update, event, rows, tally);
        case UpdateKind::restart: return apply_restart(update, event, rows, tally);
    }
    return {};
}

}  // namespace posthaste
