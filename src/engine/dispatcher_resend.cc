// The part of Dispatcher that asks the store for manual attempts.

#include <algorithm>
#include <utility>

#include "engine/dispatcher.h"

namespace posthaste {

namespace {

std::unexpected<Error> cannot_write() {
    return fail(ErrorCode::unavailable, "the store cannot write at present");
}

}  // namespace

void Dispatcher::resend(EventId event, EndpointId endpoint, UpdateKind kind, Asker asker,
                        Resent done) {
    place(endpoint, Resend{event, kind, asker, std::move(done), false});
}

// The parked row of a delivery may only be changed while nothing here believes to know what is in it.
void Dispatcher::place(EndpointId endpoint, Resend wanted) {
    if (stopping_) return wanted.done(fail(ErrorCode::stopping, "the server is shutting down"));
    if (commits_.is_failing()) return wanted.done(cannot_write());
    const LaneIndex index = lane_of(endpoint);
    Entry& entry = *entries_[index];
    if (entry.lane.mode() == Lane::Mode::cancelling) {
        after_change(index);
        return wanted.done(fail(ErrorCode::not_found, "no such endpoint"));
    }
    if (std::ranges::find(entry.sending, wanted.event) != entry.sending.end())
        return wanted.done({});
    switch (entry.lane.place_of(wanted.event)) {
        case Lane::Place::queued: return wanted.done({});
        case Lane::Place::reading: return entry.resends.push_back(std::move(wanted));
        case Lane::Place::absent:
            if (wanted.is_in_order || commits_.is_idle())
                return commit_resend(index, std::move(wanted));
            break;
        case Lane::Place::settling: break;
    }
    wanted.is_in_order = true;
    commits_.when_durable(
        [this, endpoint, wanted = std::move(wanted)](Result<void> result) mutable {
            if (!result) return wanted.done(std::move(result));
            place(endpoint, std::move(wanted));
            pump();
        });
}

void Dispatcher::place_waiting(LaneIndex index) {
    const EndpointId endpoint = entries_[index]->lane.endpoint();
    for (Resend& wanted : std::exchange(entries_[index]->resends, {}))
        place(endpoint, std::move(wanted));
}

void Dispatcher::commit_resend(LaneIndex index, Resend wanted) {
    Lane& lane = entries_[index]->lane;
    if (sabotage_.forget_resends) return wanted.done({});
    lane.begin_resend(wanted.event);
    DeliveryUpdate update;
    update.kind = wanted.kind;
    update.event = wanted.event;
    update.endpoint = lane.endpoint();
    update.due = ports_.clock.now();
    auto finish = [this, index, due = update.due,
                   wanted = std::move(wanted)](Result<void> result) mutable {
        Lane& here = entries_[index]->lane;  // a lane with a row being changed is never forgotten
        here.end_resend(wanted.event, due);
        if (result) metrics_.resends.add();
        if (result && wanted.asker == Asker::person) here.let_pass(wanted.event, due);
        after_change(index);
        wanted.done(std::move(result));
        pump();
    };
    commits_.add(std::move(update), std::move(finish));
}

}  // namespace posthaste
