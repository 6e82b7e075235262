// MemoryDisk: the pages of events and attempts.

#include <algorithm>
#include <ranges>

#include "domain/attempt_id.h"
#include "store/memory/memory_disk.h"

namespace posthaste {

namespace {

// Reads `entries`, which are in ascending order, in the order asked for. `take` puts one on the page and says whether it
// took it; a page that was stopped by its limits before the last entry names the last one looked at.
template <class Page, class Entries, class Query, class IdOf, class Take>
void read_page(Page& page, const Entries& entries, const Query& query, IdOf id_of, Take take) {
    std::size_t taken = 0;
    std::size_t seen = 0;
    const auto read = [&](const auto& ordered) {
        for (auto it = ordered.begin(); it != ordered.end(); ++it) {
            if (taken >= query.limit || seen >= query.scan_max) return;
            seen += 1;
            if (take(*it)) ++taken;
            page.more_behind = id_of(*it);
        }
        page.more_behind.reset();
    };
    query.oldest_first ? read(entries) : read(std::views::reverse(entries));
}

}  // namespace

Result<EventId> MemoryDisk::find_event(ApplicationId application, const std::string& uid) const {
    auto found = event_uids_.find({application, uid});
    if (found == event_uids_.end()) return fail(ErrorCode::not_found, "There is no such event.");
    return found->second;
}

std::optional<EventEntry> MemoryDisk::entry_of(const EventQuery& query,
                                               const StoredEvent& stored) const {
    EventEntry entry;
    if (!query.endpoints.empty()) {
        auto delivery = std::ranges::find_if(stored.deliveries, [&](const StoredDelivery& d) {
            return asks_for(query, d.endpoint);
        });
        if (delivery == stored.deliveries.end()) return {};
        entry.endpoint = delivery->endpoint;
        entry.attempts = static_cast<std::uint32_t>(delivery->attempts.size());
        if (entry.attempts > 0) entry.last_attempt_at = delivery->attempts.back().record.started_at;
        if (delivery->settled) entry.state = *delivery->settled;
        auto row = parked_.find({stored.event->id, entry.endpoint});
        if (row != parked_.end()) {
            entry.state = DeliveryState::parked;
            entry.next_due = row->second.due;
        }
        if (!matches(query, entry.state)) return {};
    }
    entry.event = query.with_payload ? stored.event : without_payload(*stored.event);
    return entry;
}

EventPage MemoryDisk::list_events(const EventQuery& query) const {
    std::vector<const StoredEvent*> inside;
    auto it = query.above.is_nil() ? events_.begin() : events_.upper_bound(query.above);
    for (; it != events_.end() && (query.below.is_nil() || it->first < query.below); ++it)
        if (it->second.event->application == query.application) inside.push_back(&it->second);
    EventPage page;
    const auto take = [&](const StoredEvent* stored) {
        if (!matches(query, *stored->event)) return false;
        std::optional<EventEntry> entry = entry_of(query, *stored);
        if (!entry) return false;
        page.entries.push_back(std::move(*entry));
        return true;
    };
    read_page(
        page, inside, query, [](const StoredEvent* stored) { return stored->event->id; }, take);
    return page;
}

std::optional<DeliveryEntry> MemoryDisk::entry_of(const DeliveryQuery& query,
                                                  const StoredEvent& stored,
                                                  const StoredDelivery& delivery) const {
    if (!matches(query, *stored.event)) return {};
    const EventPtr event = without_payload(*stored.event);
    if (!matches(query, *event, delivery.endpoint)) return {};
    DeliveryEntry entry;
    entry.event = event;
    entry.endpoint = delivery.endpoint;
    if (delivery.settled) entry.state = *delivery.settled;
    const auto row = parked_.find({event->id, delivery.endpoint});
    if (row != parked_.end()) {
        entry.state = DeliveryState::parked;
        entry.next_due = row->second.due;
    }
    if (!matches(query, entry.state)) return {};
    entry.attempts = static_cast<std::uint32_t>(delivery.attempts.size());
    if (entry.attempts == 0) return entry;
    entry.last_attempt_at = delivery.attempts.back().record.started_at;
    entry.last_status_code = delivery.attempts.back().record.status_code;
    return entry;
}

DeliveryPage MemoryDisk::list_deliveries(const DeliveryQuery& query) const {
    struct Found {
        DeliveryPlace place;
        const StoredEvent* event;
        const StoredDelivery* delivery;
    };
    std::vector<Found> inside;
    for (const auto& [id, stored] : events_) {
        for (const StoredDelivery& delivery : stored.deliveries) {
            const DeliveryPlace place{id, delivery.endpoint};
            if (is_within(query, place)) inside.push_back({place, &stored, &delivery});
        }
    }
    std::ranges::sort(inside, {}, &Found::place);
    DeliveryPage page;
    const auto take = [&](const Found& found) {
        std::optional<DeliveryEntry> entry = entry_of(query, *found.event, *found.delivery);
        if (!entry) return false;
        page.entries.push_back(std::move(*entry));
        return true;
    };
    read_page(page, inside, query, [](const Found& found) { return found.place; }, take);
    return page;
}

AttemptPage MemoryDisk::list_attempts(const AttemptQuery& query) const {
    struct Found {
        AttemptId id;
        const StoredEvent* event;
        const StoredAttempt* attempt;
    };
    std::vector<Found> inside;
    for (const auto& [event, stored] : events_) {
        for (const StoredDelivery& delivery : stored.deliveries) {
            if (delivery.endpoint != query.endpoint) continue;
            for (const StoredAttempt& attempt : delivery.attempts) {
                const AttemptId id = attempt_id(attempt.record.started_at, event, query.endpoint,
                                                attempt.record.number);
                if (is_between(id, query.above, query.below))
                    inside.push_back({id, &stored, &attempt});
            }
        }
    }
    std::ranges::sort(inside, {}, &Found::id);
    AttemptPage page;
    const auto take = [&](const Found& found) {
        if (!matches(query, found.id, found.attempt->record)) return false;
        if (!matches(query, *found.event->event)) return false;
        AttemptEntry entry{found.id, without_payload(*found.event->event), query.endpoint,
                           found.attempt->record, found.attempt->state_after};
        if (!query.with_response) {
            entry.attempt.response.clear();
            entry.attempt.response_headers.reset();
        }
        page.entries.push_back(std::move(entry));
        return true;
    };
    read_page(page, inside, query, [](const Found& found) { return found.id; }, take);
    return page;
}

AttemptCounts MemoryDisk::count_attempts(EndpointId endpoint, Timestamp since,
                                         Timestamp until) const {
    AttemptCounts counts;
    for (const auto& [event, stored] : events_) {
        for (const StoredDelivery& delivery : stored.deliveries) {
            if (delivery.endpoint != endpoint) continue;
            for (const StoredAttempt& attempt : delivery.attempts) {
                if (attempt.record.started_at < since || attempt.record.started_at >= until)
                    continue;
                attempt.record.outcome == AttemptOutcome::delivered ? ++counts.delivered
                                                                    : ++counts.failed;
            }
        }
    }
    auto lane = lanes_.find(endpoint);
    if (lane != lanes_.end()) counts.waiting = lane->second.size();
    return counts;
}

}  // namespace posthaste
