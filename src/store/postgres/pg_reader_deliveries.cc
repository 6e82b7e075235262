// Pages of an organization's deliveries. Without an application, events are walked by their ids and those of others passed
// by; with one, its index leads to them. Either way a page ends after looking at `scan_max` events and deliveries.

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "ports/store_match.h"
#include "store/postgres/pg_reader.h"

namespace posthaste {

namespace {

constexpr std::size_t kChunkMax = 256;
constexpr std::uint64_t kHiMax = INT64_MAX;

// event: primary key, or event_by_application; in order, either way.
std::string select_chunk(const DeliveryQuery& query) {
    return "SELECT " + std::string(kEventHead) + " FROM event WHERE hi BETWEEN $1 AND $2" +
           (query.application ? " AND application = $4" : "") + " ORDER BY hi" +
           (query.oldest_first ? "" : " DESC") + " LIMIT $3";
}

// Of an event at the bound there may be deliveries on this side of it; behind its end there are none.
std::uint64_t first_event(const DeliveryQuery& query) {
    if (!query.above) return 0;
    const bool is_at_end = query.above->endpoint == EndpointId{UINT64_MAX, UINT64_MAX};
    return std::min(query.above->event.hi, kHiMax - 1) + (is_at_end ? 1 : 0);
}

std::uint64_t last_event(const DeliveryQuery& query) {
    if (!query.below) return kHiMax;
    const std::uint64_t hi = std::min(query.below->event.hi, kHiMax);
    return query.below->endpoint.is_nil() && hi > 0 ? hi - 1 : hi;
}

}  // namespace

// How far reading a page has come.
struct PgReader::DeliveryWalk {
    const DeliveryQuery& query;
    DeliveryPage page;
    std::size_t looked_at = 0;
    std::optional<DeliveryPlace> last;

    [[nodiscard]] bool is_over() const {
        return page.entries.size() >= query.limit || looked_at >= query.scan_max;
    }
    // The deliveries of an event, in reading order. False when the page ends within them.
    template <class Deliveries>
    [[nodiscard]] bool take(const EventPtr& event, const Deliveries& deliveries) {
        for (const auto& [endpoint, delivery] : deliveries) {
            const DeliveryPlace place{event->id, endpoint};
            if (!is_within(query, place)) continue;
            if (is_over()) return false;
            ++looked_at;
            last = place;
            if (matches(query, *event, endpoint) && matches(query, delivery.state()))
                page.entries.push_back(entry_of(event, endpoint, delivery));
        }
        return true;
    }

    [[nodiscard]] static DeliveryEntry entry_of(const EventPtr& event, EndpointId endpoint,
                                                const PgDelivery& delivery) {
        DeliveryEntry entry;
        entry.event = event;
        entry.endpoint = endpoint;
        entry.state = delivery.state();
        if (entry.state == DeliveryState::parked) entry.next_due = delivery.parked->due;
        entry.attempts = delivery.attempts();
        entry.last_attempt_at = delivery.last_attempt_at;
        entry.last_status_code = delivery.last_status_code;
        return entry;
    }
};

Result<DeliveryPage> PgReader::list_deliveries(const DeliveryQuery& query) {
    return with_connection<DeliveryPage>([&] { return list_deliveries_now(query); });
}

Result<DeliveryPage> PgReader::list_deliveries_now(const DeliveryQuery& query) {
    std::uint64_t from = first_event(query);
    std::uint64_t to = last_event(query);
    std::size_t limit = std::min(query.limit + 1, kChunkMax);
    const std::string sql = select_chunk(query);
    DeliveryWalk walk{query, {}, 0, {}};
    while (from <= to) {
        PgParams params;
        params.add(from).add(to).add(static_cast<std::int64_t>(limit));
        if (query.application) params.add(Id{*query.application});
        ASSIGN_OR_RETURN(const auto rows, connection_->query(sql.c_str(), params));
        std::vector<std::shared_ptr<Event>> events;
        for (int row = 0; row < rows.rows(); ++row) events.push_back(read_event_row(rows, row));
        ASSIGN_OR_RETURN(const bool goes_on, take_deliveries(events, walk));
        if (!goes_on) {
            walk.page.more_behind = walk.last;
            break;
        }
        if (events.size() < limit) break;
        const std::uint64_t end = events.back()->id.hi;
        query.oldest_first ? from = end + 1 : to = end - 1;
        limit = std::min(limit * 2, kChunkMax);
    }
    return std::move(walk.page);
}

// Deliveries of each event, by event, then endpoint.
Result<PgReader::DeliveryMap> PgReader::read_deliveries_of(
    const std::vector<std::shared_ptr<Event>>& events) {
    std::vector<std::uint64_t> ids;
    std::vector<DeliveryPlace> places;
    std::map<std::uint64_t, EventId> id_of;
    for (const auto& event : events) {
        ids.push_back(event->id.hi);
        id_of.emplace(event->id.hi, event->id);
        for (const EndpointId target : event->targets) places.push_back({event->id, target});
    }
    ASSIGN_OR_RETURN(const auto added, read_added_targets(*connection_, ids));
    for (const PgAddedTarget& one : added) places.push_back({id_of.at(one.event), one.endpoint});
    std::vector<PgDeliveryKey> keys;
    for (const DeliveryPlace& place : places) keys.push_back({place.event.hi, place.endpoint.hi});
    ASSIGN_OR_RETURN(auto read, read_deliveries(*connection_, keys));
    DeliveryMap deliveries;
    for (std::size_t i = 0; i < places.size(); ++i)
        deliveries[places[i].event].emplace(places[i].endpoint, std::move(read[i]));
    return deliveries;
}

Result<bool> PgReader::take_deliveries(const std::vector<std::shared_ptr<Event>>& events,
                                       DeliveryWalk& walk) {
    std::vector<std::shared_ptr<Event>> wanted;
    std::ranges::copy_if(events, std::back_inserter(wanted),
                         [&](const auto& event) { return matches(walk.query, *event); });
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries_of(wanted));
    for (const auto& event : events) {
        if (walk.is_over()) return false;
        const auto own = deliveries.find(event->id);
        // Looking at an event costs when there is nothing else to count: what was counted must be passed by.
        if (own == deliveries.end()) {
            ++walk.looked_at;
        } else if (!walk.query.oldest_first) {
            if (!walk.take(event, std::views::reverse(own->second))) return false;
        } else if (!walk.take(event, own->second)) {
            return false;
        }
        walk.last = end_of(event->id, walk.query);
    }
    return true;
}

}  // namespace posthaste
