// Pages of an organization's deliveries. Without an application, events are walked by their ids and those of others passed
// by; with one, its index leads to them. Either way a page ends after looking at `scan_max` events and deliveries.

#include <algorithm>
#include <limits>
#include <utility>

#include "ports/store_match.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/log_reader_file.h"

namespace posthaste {

namespace {

constexpr std::size_t kKeysAtOnce = 256;
constexpr std::uint64_t kHiMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kLoMax = std::numeric_limits<std::uint64_t>::max();

// Of an event at the bound there may be deliveries on this side of it; behind its end there are none.
std::uint64_t first_event(const DeliveryQuery& query) {
    if (!query.above) return 0;
    const bool is_at_end = query.above->endpoint == EndpointId{kLoMax, kLoMax};
    return query.above->event.hi + (is_at_end ? 1 : 0);
}

std::uint64_t last_event(const DeliveryQuery& query) {
    if (!query.below) return kHiMax;
    const std::uint64_t hi = std::min(query.below->event.hi, kHiMax);
    return query.below->endpoint.is_nil() && hi > 0 ? hi - 1 : hi;
}

}  // namespace

// How far reading a page has come.
struct LogReader::DeliveryWalk {
    const DeliveryQuery& query;
    DeliveryPage page;
    std::size_t looked_at = 0;
    std::optional<DeliveryPlace> last;

    [[nodiscard]] bool is_over() const {
        return page.entries.size() >= query.limit || looked_at >= query.scan_max;
    }
};

Result<DeliveryPage> LogReader::list_deliveries(const DeliveryQuery& query) {
    close_removed();
    auto partitions = partitions_.all();
    if (!query.oldest_first) std::reverse(partitions.begin(), partitions.end());
    DeliveryWalk walk{query, {}, 0, {}};
    for (const LogPartitionPtr& partition : partitions) {
        const bool is_below = query.above && partition->newest_hi < query.above->event.hi;
        const bool is_above = query.below && partition->first_hi > query.below->event.hi;
        if (is_below || is_above || partition->is_set_aside) continue;
        auto goes_on = list_deliveries_of(*partition, walk);
        if (!goes_on && goes_on.error().code == ErrorCode::corrupt) continue;
        if (!goes_on) return std::unexpected(std::move(goes_on).error());
        if (*goes_on) continue;
        walk.page.more_behind = walk.last;
        break;
    }
    return std::move(walk.page);
}

// False when the page ends here.
Result<bool> LogReader::list_deliveries_of(LogPartition& partition, DeliveryWalk& walk) {
    const DeliveryQuery& query = walk.query;
    KeyRange<std::uint64_t> range;
    range.from = first_event(query);
    range.to = last_event(query);
    range.order = query.oldest_first ? ReadingOrder::oldest_first : ReadingOrder::newest_first;
    range.limit = kKeysAtOnce;
    while (range.from <= range.to) {
        ASSIGN_OR_RETURN(const auto steps, next_steps(partition, query, range));
        for (const Step& step : steps) {
            ASSIGN_OR_RETURN(const bool goes_on, take_step(partition, step, walk));
            if (!goes_on) return false;
        }
        if (steps.size() < range.limit) break;
        if (query.oldest_first) {
            range.from = steps.back().event + 1;
        } else {
            range.to = steps.back().event - 1;
        }
    }
    return true;
}

Result<std::vector<LogReader::Step>> LogReader::next_steps(LogPartition& partition,
                                                           const DeliveryQuery& query,
                                                           const KeyRange<std::uint64_t>& range) {
    std::vector<Step> steps;
    if (query.application) {
        ASSIGN_OR_RETURN(const auto keys, read_events(partition, query.application->hi, range));
        for (const std::uint64_t key : keys) steps.push_back({key, true});
        return steps;
    }
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const rows,
                     file->statement(query.oldest_first ? log_sql::kOwnersOldestFirst
                                                        : log_sql::kOwnersNewestFirst));
    rows->bind(1, range.from);
    rows->bind(2, range.to);
    rows->bind(3, static_cast<std::int64_t>(range.limit));
    const SqliteCursor cursor(*rows);
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        const OrganizationId owner{read_id(rows->bytes(1))};
        steps.push_back({rows->unsigned_integer(0), owner == query.organization});
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "read events"));
    return steps;
}

// False when the page ends before it, or within it.
Result<bool> LogReader::take_step(LogPartition& partition, const Step& step, DeliveryWalk& walk) {
    if (walk.is_over()) return false;
    if (!step.is_wanted) {
        ++walk.looked_at;
        // Behind it, whatever the lower half of its id.
        walk.last = end_of({step.event, walk.query.oldest_first ? kLoMax : 0}, walk.query);
        return true;
    }
    auto event = fetch_event(partition, step.event, Payload::skip);
    if (!event && event.error().code == ErrorCode::not_found) return true;
    if (!event) return std::unexpected(std::move(event).error());
    ASSIGN_OR_RETURN(const bool goes_on, list_deliveries_of(partition, *event, walk));
    if (goes_on) walk.last = end_of((*event)->id, walk.query);
    return goes_on;
}

Result<bool> LogReader::list_deliveries_of(LogPartition& partition, const EventPtr& event,
                                           DeliveryWalk& walk) {
    const DeliveryQuery& query = walk.query;
    // Looking at an event costs when there is nothing else to count: what was counted must be passed by.
    if (!matches(query, *event)) {
        ++walk.looked_at;
        return true;
    }
    std::vector<EndpointId> targets = event->targets;
    ASSIGN_OR_RETURN(const auto extra, extra_targets(partition, event->id.hi));
    targets.insert(targets.end(), extra.begin(), extra.end());
    if (targets.empty()) ++walk.looked_at;
    std::ranges::sort(targets);
    if (!query.oldest_first) std::ranges::reverse(targets);
    for (const EndpointId endpoint : targets) {
        const DeliveryPlace place{event->id, endpoint};
        if (!is_within(query, place)) continue;
        if (walk.is_over()) return false;
        ++walk.looked_at;
        walk.last = place;
        if (!matches(query, *event, endpoint)) continue;
        ASSIGN_OR_RETURN(auto entry, delivery_entry(partition, event, endpoint, query));
        if (entry) walk.page.entries.push_back(std::move(*entry));
    }
    return true;
}

// None when the delivery is not in a state that the query asks for.
Result<std::optional<DeliveryEntry>> LogReader::delivery_entry(LogPartition& partition,
                                                               const EventPtr& event,
                                                               EndpointId endpoint,
                                                               const DeliveryQuery& query) {
    std::optional<DeliveryEntry> none;
    ASSIGN_OR_RETURN(File* const file, open(partition));
    DeliveryRows rows;
    const int code = read_delivery(file->delivery, event->id.hi, endpoint.hi, rows);
    if (code != SQLITE_OK) return std::unexpected(failed(partition, code, "read a delivery"));
    if (!matches(query, rows.state)) return none;
    DeliveryEntry entry;
    entry.event = event;
    entry.endpoint = endpoint;
    entry.state = rows.state;
    entry.attempts = rows.attempts;
    if (rows.state == DeliveryState::parked) entry.next_due = from_micros(rows.due);
    if (rows.attempts == 0) return entry;
    ASSIGN_OR_RETURN(const auto last, last_attempt(partition, event->id.hi, endpoint.hi));
    if (!last) return entry;
    entry.last_attempt_at = last->started_at;
    entry.last_status_code = last->status_code;
    return entry;
}

}  // namespace posthaste
