#include "store/memory/memory_disk.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"

namespace posthaste {

std::optional<Refusal> MemoryDisk::refuses(const Event& event) const {
    if (event.request_key) {
        auto known = requests_.find(*event.request_key);
        if (known != requests_.end() && is_repeat(known->second.accepted_at, event.accepted_at))
            return Refusal{0, Refusal::Reason::repeated, known->second.event};
    }
    if (event.uid) {
        auto known = event_uids_.find({event.application, *event.uid});
        if (known != event_uids_.end())
            return Refusal{0, Refusal::Reason::uid_taken, known->second};
    }
    return {};
}

void MemoryDisk::add_event(const Event& event) {
    ASSERT(event.id.hi > last_event_hi_);
    StoredEvent stored;
    // A copy: what is on the disk cannot change with the caller's object.
    stored.event = std::make_shared<const Event>(event);
    stored.deliveries.reserve(event.targets.size());
    for (EndpointId target : event.targets) {
        StoredDelivery delivery;
        delivery.endpoint = target;
        stored.deliveries.push_back(std::move(delivery));
    }
    last_event_hi_ = event.id.hi;
    raise_last_hi(event.id.hi);
    tally_.events += 1;
    tally_.accepted += event.targets.size();
    events_.emplace(event.id, std::move(stored));
    if (event.uid) event_uids_[{event.application, *event.uid}] = event.id;
    if (event.request_key) requests_[*event.request_key] = {event.id, event.accepted_at};
    if (observer_) observer_->event_stored(event);
}

void MemoryDisk::park(DeliveryKey key, ParkedState row) {
    ASSERT(parked_.emplace(key, row).second);
    lanes_[key.second].emplace(row.due, key.first);
    tally_.parked += 1;
}

void MemoryDisk::unpark(DeliveryKey key) {
    auto row = parked_.find(key);
    ASSERT(row != parked_.end());
    auto lane = lanes_.find(key.second);
    ASSERT(lane != lanes_.end() && lane->second.erase({row->second.due, key.first}) == 1);
    if (lane->second.empty()) lanes_.erase(lane);
    parked_.erase(row);
    tally_.parked -= 1;
}

MemoryDisk::Effect MemoryDisk::apply(const DeliveryUpdate& update, Timestamp now) {
    const Effect effect = carry_out(update, now);
    if (observer_)
        effect == Effect::none ? observer_->update_ignored(update)
                               : observer_->update_applied(update);
    return effect;
}

MemoryDisk::Effect MemoryDisk::carry_out(const DeliveryUpdate& update, Timestamp now) {
    auto event = events_.find(update.event);
    if (event == events_.end()) return Effect::none;
    if (update.kind != UpdateKind::step) return resend(event->second, update);
    auto delivery =
        std::ranges::find(event->second.deliveries, update.endpoint, &StoredDelivery::endpoint);
    if (delivery == event->second.deliveries.end() || delivery->settled) return Effect::none;
    // The number of an attempt is its key: an attempt that is there already marks the whole update as a repetition.
    const auto is_same = [&](const StoredAttempt& a) {
        return a.record.number == update.attempt->number;
    };
    if (update.attempt && std::ranges::any_of(delivery->attempts, is_same)) return Effect::none;

    const DeliveryKey key{update.event, update.endpoint};
    auto row = parked_.find(key);
    const bool is_parked = row != parked_.end();
    if (is_parked != update.origin.parked_due.has_value()) return Effect::none;
    if (is_parked && row->second.due != *update.origin.parked_due) return Effect::none;

    const bool was_received =
        std::ranges::any_of(delivery->attempts, [](const StoredAttempt& attempt) {
            return attempt.record.outcome == AttemptOutcome::delivered;
        });
    const DeliveryState next = state_to_store(update.next, was_received);
    ASSERT(next != DeliveryState::pending);
    if (is_parked) unpark(key);
    if (is_settled(next)) {
        count(next, 1);
        delivery->settled = next;
        delivery->settled_at = now;
    } else {
        park(key, {update.due, update.attempts_made, update.manual});
    }
    if (update.attempt) {
        delivery->attempts.push_back({*update.attempt, next});
        std::ranges::sort(delivery->attempts, {},
                          [](const StoredAttempt& a) { return a.record.number; });
    }
    return is_parked ? Effect::left_parked : Effect::left_tail;
}

MemoryDisk::Effect MemoryDisk::resend(StoredEvent& event, const DeliveryUpdate& update) {
    if (event.event->is_expunged) return Effect::none;
    if (update.kind == UpdateKind::restart) return restart(event, update);
    const DeliveryKey key{update.event, update.endpoint};
    auto delivery = std::ranges::find(event.deliveries, update.endpoint, &StoredDelivery::endpoint);
    if (auto row = parked_.find(key); row != parked_.end()) {
        const std::optional<ParkedState> changed = resent(row->second, update.due);
        if (!changed) return Effect::none;
        unpark(key);
        park(key, *changed);
        return Effect::resent;
    }
    if (delivery == event.deliveries.end()) {
        const auto added =
            event.deliveries.begin() + static_cast<std::ptrdiff_t>(event.event->targets.size());
        delivery = event.deliveries.insert(
            std::ranges::lower_bound(added, event.deliveries.end(), update.endpoint, {},
                                     &StoredDelivery::endpoint),
            {update.endpoint, {}, {}, {}});
        tally_.accepted += 1;
    } else if (delivery->settled) {
        count(*std::exchange(delivery->settled, std::nullopt), -1);
    } else {
        return Effect::none;
    }
    park(key, resent(static_cast<std::uint32_t>(delivery->attempts.size()),
                     manual_of(*delivery).manual_made, update.due));
    return Effect::resent;
}

MemoryDisk::Effect MemoryDisk::restart(StoredEvent& event, const DeliveryUpdate& update) {
    auto delivery = std::ranges::find(event.deliveries, update.endpoint, &StoredDelivery::endpoint);
    if (delivery == event.deliveries.end() || delivery->settled != DeliveryState::dead)
        return Effect::none;
    delivery->settled.reset();
    count(DeliveryState::dead, -1);
    park({update.event, update.endpoint},
         restarted(static_cast<std::uint32_t>(delivery->attempts.size()), update.due));
    return Effect::resent;
}

void MemoryDisk::count(DeliveryState settled, std::int64_t by) {
    const auto step = static_cast<std::uint64_t>(by);  // unsigned numbers wrap around: -1 works
    switch (settled) {
        case DeliveryState::delivered: tally_.delivered += step; break;
        case DeliveryState::dead: tally_.dead += step; break;
        case DeliveryState::cancelled: tally_.cancelled += step; break;
        case DeliveryState::parked:
        case DeliveryState::pending: ASSERT(is_settled(settled));
    }
}

ManualState MemoryDisk::manual_of(const StoredDelivery& delivery) {
    ManualState manual;
    manual.manual_made = static_cast<std::uint32_t>(
        std::ranges::count_if(delivery.attempts, [](const StoredAttempt& attempt) {
            return attempt.record.trigger == AttemptTrigger::manual;
        }));
    return manual;
}

std::uint64_t MemoryDisk::park_tail(Timestamp now) {
    std::uint64_t count = 0;
    const EventId first_above{watermark_, std::numeric_limits<std::uint64_t>::max()};
    for (auto it = events_.upper_bound(first_above); it != events_.end(); ++it) {
        count += park_event(it->first, now);
    }
    if (!events_.empty()) watermark_ = std::max(watermark_, events_.rbegin()->first.hi);
    return count;
}

std::uint64_t MemoryDisk::park_event(EventId event, Timestamp now) {
    std::uint64_t count = 0;
    const auto found = events_.find(event);
    if (found == events_.end()) return 0;  // nobody wanted it, and it was dropped since
    for (const StoredDelivery& delivery : found->second.deliveries) {
        const DeliveryKey key{event, delivery.endpoint};
        if (delivery.settled || parked_.contains(key)) continue;
        park(key, {now, static_cast<std::uint32_t>(delivery.attempts.size()), manual_of(delivery)});
        count += 1;
        if (observer_) observer_->tail_parked(key.first, key.second, now);
    }
    return count;
}

Result<Endpoint> MemoryDisk::put_endpoint(Endpoint endpoint) {
    ConfigChange change;
    change.endpoints.push_back(std::move(endpoint));
    ASSIGN_OR_RETURN(change, config_.change(std::move(change)));
    return std::move(change.endpoints.front());
}

std::vector<ParkedLane> MemoryDisk::lanes() const {
    std::vector<ParkedLane> lanes;
    lanes.reserve(lanes_.size());
    for (const auto& [endpoint, order] : lanes_) lanes.push_back({endpoint, order.begin()->first});
    return lanes;
}

ParkedPage MemoryDisk::load_parked(const ParkedQuery& query) const {
    ParkedPage page;
    auto lane = lanes_.find(query.endpoint);
    if (lane == lanes_.end()) return page;
    std::size_t bytes = 0;
    bool full = false;
    for (const auto& [due, id] : lane->second) {
        if (query.due_from && due < *query.due_from) continue;
        if (std::ranges::find(query.exclude, id) != query.exclude.end()) continue;
        full = full || page.rows.size() >= query.limit;
        if (full || due > query.due_until) {
            page.next_due = due;
            break;
        }
        const StoredEvent& stored = events_.at(id);
        const ParkedState& row = parked_.at({id, query.endpoint});
        page.rows.push_back({stored.event, query.endpoint, due, row.attempts_made, row.manual});
        bytes += stored.event->payload.size();
        full = bytes >= query.bytes_max;
    }
    return page;
}

Result<EventHistory> MemoryDisk::read_event(EventId id) const {
    auto found = events_.find(id);
    if (found == events_.end()) return fail(ErrorCode::not_found, "There is no such event.");
    EventHistory history;
    history.event = found->second.event;
    for (const StoredDelivery& stored : found->second.deliveries) {
        DeliveryHistory delivery;
        delivery.endpoint = stored.endpoint;
        if (stored.settled) {
            delivery.state = *stored.settled;
        } else if (auto row = parked_.find({id, stored.endpoint}); row != parked_.end()) {
            delivery.state = DeliveryState::parked;
            delivery.next_due = row->second.due;
        }
        for (const StoredAttempt& attempt : stored.attempts)
            delivery.attempts.push_back(attempt.record);
        history.deliveries.push_back(std::move(delivery));
    }
    return history;
}

std::vector<AttemptOfEndpoint> MemoryDisk::attempts_of_endpoint(EndpointId id,
                                                                std::size_t limit) const {
    std::vector<AttemptOfEndpoint> all;
    for (const auto& [event, stored] : events_) {
        for (const StoredDelivery& delivery : stored.deliveries) {
            if (delivery.endpoint != id) continue;
            for (const StoredAttempt& attempt : delivery.attempts) {
                all.push_back({event, attempt.record, attempt.state_after});
            }
        }
    }
    const auto newest_first = [](const AttemptOfEndpoint& a, const AttemptOfEndpoint& b) {
        if (a.attempt.started_at != b.attempt.started_at)
            return a.attempt.started_at > b.attempt.started_at;
        if (a.event != b.event) return a.event > b.event;
        return a.attempt.number > b.attempt.number;
    };
    std::ranges::sort(all, newest_first);
    if (all.size() > limit) all.resize(limit);
    return all;
}

ScanSlice MemoryDisk::scan(std::uint64_t after_hi, std::size_t limit) const {
    ScanSlice slice;
    auto it = events_.upper_bound(EventId{after_hi, std::numeric_limits<std::uint64_t>::max()});
    for (; it != events_.end() && it->first.hi <= watermark_; ++it) {
        if (slice.events_checked == limit) return slice;
        slice.events_checked += 1;
        slice.next_hi = it->first.hi;
        for (const StoredDelivery& delivery : it->second.deliveries) {
            if (delivery.settled || parked_.contains({it->first, delivery.endpoint})) continue;
            const auto attempts = static_cast<std::uint32_t>(delivery.attempts.size());
            slice.lost.push_back({it->first, delivery.endpoint, attempts});
        }
    }
    slice.next_hi = 0;
    return slice;
}

bool MemoryDisk::is_expired(const StoredEvent& stored, const RetentionPolicy& policy,
                            Timestamp now) const {
    if (stored.event->id.hi > watermark_) return false;
    Timestamp finished_at = stored.event->accepted_at;
    Duration keep = policy.finished;
    for (const StoredDelivery& delivery : stored.deliveries) {
        if (!delivery.settled) return false;
        finished_at = std::max(finished_at, delivery.settled_at);
        if (*delivery.settled == DeliveryState::dead) keep = std::max(keep, policy.dead);
    }
    return now - finished_at > keep;
}

std::uint64_t MemoryDisk::expire(const RetentionPolicy& policy, Timestamp now) {
    std::set<std::int64_t> hours;
    for (auto it = events_.begin(); it != events_.end();) {
        if (is_expired(it->second, policy, now)) {
            hours.insert(it->first.millis() / 3'600'000);
            if (observer_) observer_->event_dropped(it->first);
            const Event& event = *it->second.event;
            if (event.uid) event_uids_.erase({event.application, *event.uid});
            it = events_.erase(it);
        } else {
            const auto& ends = it->second.event->payload_expires_at;
            if (ends && *ends <= now) expunge(it->second);
            ++it;
        }
    }
    std::erase_if(requests_,
                  [&](const auto& known) { return !is_repeat(known.second.accepted_at, now); });
    config_.expire(now);
    return hours.size();
}

void MemoryDisk::expunge(StoredEvent& stored) {
    if (!stored.event->is_expunged) stored.event = expunged(*stored.event);
}

Result<void> MemoryDisk::expunge_payload(EventId id) {
    auto found = events_.find(id);
    if (found == events_.end()) return fail(ErrorCode::not_found, "There is no such event.");
    expunge(found->second);
    return {};
}

Result<void> MemoryDisk::expunge_response(EventId event, EndpointId endpoint,
                                          std::uint32_t number) {
    if (auto found = events_.find(event); found != events_.end()) {
        for (StoredDelivery& delivery : found->second.deliveries) {
            if (delivery.endpoint != endpoint) continue;
            for (StoredAttempt& attempt : delivery.attempts) {
                if (attempt.record.number != number) continue;
                attempt.record.response = kExpungedResponse;
                attempt.record.response_headers.reset();
                return {};
            }
        }
    }
    return fail(ErrorCode::not_found, "There is no such attempt.");
}

std::vector<EventId> MemoryDisk::event_ids() const {
    std::vector<EventId> ids;
    ids.reserve(events_.size());
    for (const auto& [id, stored] : events_) ids.push_back(id);
    return ids;
}

bool MemoryDisk::lose_parked(EventId event, EndpointId endpoint) {
    if (!parked_.contains({event, endpoint})) return false;
    unpark({event, endpoint});
    return true;
}

}  // namespace posthaste
