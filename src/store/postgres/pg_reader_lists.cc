// Pages of events and attempts. Indexes yield their order, a chunk at a time; what narrows a list beyond its owner and its
// bounds is looked at here (ports/store_match.h).

#include <algorithm>
#include <utility>

#include "domain/attempt_id.h"
#include "ports/store_match.h"
#include "store/postgres/pg_reader.h"

namespace posthaste {

namespace {

constexpr std::size_t kChunkMax = 512;
constexpr std::size_t kChunkMaxWithPayload = 32;

// parked_by_due; attempt_by_endpoint.
constexpr char kCountParked[] = "SELECT count(*) FROM parked WHERE endpoint = $1";
constexpr char kCountAttempts[] =
    "SELECT count(*) FILTER (WHERE outcome = 0), count(*) FILTER (WHERE outcome <> 0) FROM attempt"
    " WHERE endpoint = $1 AND started_at >= $2 AND started_at < $3";

// event_by_application, in order, either way.
std::string select_chunk(const EventQuery& query) {
    return "SELECT " + std::string(kEventHead) +
           (query.with_payload ? ", " + std::string(kEventContent) : "") +
           " FROM event WHERE application = $1 AND hi BETWEEN $2 AND $3 ORDER BY hi" +
           (query.oldest_first ? "" : " DESC") + " LIMIT $4";
}

// attempt_by_endpoint, in order, either way. Attempts that start in the same microsecond are ordered by their ids, which only
// their rows tell: so all of a microsecond come, or none.
std::string select_attempts(bool oldest_first) {
    return "SELECT " + std::string(kAttemptColumns) +
           " FROM attempt WHERE endpoint = $1 AND started_at BETWEEN $2 AND $3"
           " ORDER BY started_at" +
           (oldest_first ? "" : " DESC") + " FETCH FIRST $4 ROWS WITH TIES";
}

std::string select_newest_attempts() {
    return "SELECT " + std::string(kAttemptColumns) +
           " FROM attempt WHERE endpoint = $1"
           " ORDER BY started_at DESC, event DESC, number DESC LIMIT $2";
}

std::uint64_t clamped_hi(std::uint64_t hi) { return std::min<std::uint64_t>(hi, INT64_MAX); }

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

// ---- events ----------------------------------------------------------------------------------------------------------

// In reading order, bounds not yet looked at to the last bit.
struct PgReader::EventChunk {
    std::vector<std::shared_ptr<Event>> events;
    bool is_last = false;
};

Result<PgReader::EventChunk> PgReader::read_chunk(const EventQuery& query, std::uint64_t from,
                                                  std::uint64_t to, std::size_t limit) {
    PgParams params;
    params.add(Id{query.application}).add(from).add(to).add(limit_of(limit));
    ASSIGN_OR_RETURN(const auto rows, connection_->query(select_chunk(query).c_str(), params));
    EventChunk chunk;
    for (int row = 0; row < rows.rows(); ++row) {
        auto event = read_event_row(rows, row);
        if (query.with_payload) {
            if (auto done = read_content(rows, row, *event); !done)
                return std::unexpected(std::move(done).error());
        }
        chunk.events.push_back(std::move(event));
    }
    chunk.is_last = chunk.events.size() < limit;
    return chunk;
}

// One for each event of the chunk; none when the query does not ask for it.
Result<PgReader::EventEntries> PgReader::entries_of(const EventQuery& query,
                                                    const EventChunk& chunk) {
    EventEntries entries(chunk.events.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (matches(query, *chunk.events[i])) entries[i].emplace().event = chunk.events[i];
    }
    if (query.endpoints.empty()) return entries;
    if (auto done = choose_deliveries(query, entries); !done)
        return std::unexpected(std::move(done).error());
    std::vector<PgDeliveryKey> keys;
    for (const auto& entry : entries) {
        if (entry) keys.push_back({entry->event->id.hi, entry->endpoint.hi});
    }
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
    auto delivery = deliveries.begin();
    for (auto& entry : entries) {
        if (!entry) continue;
        entry->state = delivery->state();
        if (entry->state == DeliveryState::parked) entry->next_due = delivery->parked->due;
        entry->attempts = delivery->attempts();
        entry->last_attempt_at = delivery->last_attempt_at;
        ++delivery;
        if (!matches(query, entry->state)) entry.reset();
    }
    return entries;
}

// The endpoint of each event's first delivery that the query asks for; an event without one is no entry. The event's own
// targets go first, then those that resends have added.
Result<void> PgReader::choose_deliveries(const EventQuery& query, EventEntries& entries) {
    std::vector<std::uint64_t> events;
    for (const auto& entry : entries) {
        if (entry) events.push_back(entry->event->id.hi);
    }
    ASSIGN_OR_RETURN(const auto added, read_added_targets(*connection_, events));
    std::map<std::uint64_t, std::vector<EndpointId>> added_to;
    for (const PgAddedTarget& one : added) added_to[one.event].push_back(one.endpoint);
    for (auto& entry : entries) {
        if (!entry) continue;
        std::vector<EndpointId> targets = entry->event->targets;
        const auto& more = added_to[entry->event->id.hi];
        targets.insert(targets.end(), more.begin(), more.end());
        const auto first = std::ranges::find_if(
            targets, [&](EndpointId endpoint) { return asks_for(query, endpoint); });
        if (first == targets.end())
            entry.reset();
        else
            entry->endpoint = *first;
    }
    return {};
}

Result<EventPage> PgReader::list_events(const EventQuery& query) {
    return with_connection<EventPage>([&] { return list_events_now(query); });
}

Result<EventPage> PgReader::list_events_now(const EventQuery& query) {
    std::uint64_t from = clamped_hi(query.above.hi);
    std::uint64_t to = clamped_hi(query.below.is_nil() ? UINT64_MAX : query.below.hi);
    const std::size_t chunk_max = query.with_payload ? kChunkMaxWithPayload : kChunkMax;
    std::size_t limit = std::min(query.limit + 1, chunk_max);
    EventPage page;
    std::size_t looked_at = 0;
    std::optional<EventId> last;
    while (from <= to) {
        ASSIGN_OR_RETURN(const EventChunk chunk, read_chunk(query, from, to, limit));
        ASSIGN_OR_RETURN(auto entries, entries_of(query, chunk));
        for (std::size_t i = 0; i < chunk.events.size(); ++i) {
            const EventId id = chunk.events[i]->id;
            if (!is_between(id, query.above, query.below)) continue;
            if (page.entries.size() >= query.limit || looked_at >= query.scan_max) {
                page.more_behind = last;
                return page;
            }
            ++looked_at;
            last = id;
            if (entries[i]) page.entries.push_back(*std::move(entries[i]));
        }
        if (chunk.is_last) break;
        const std::uint64_t end = chunk.events.back()->id.hi;
        query.oldest_first ? from = end + 1 : to = end - 1;
        limit = std::min(limit * 2, chunk_max);
    }
    return page;
}

// ---- attempts of an endpoint -----------------------------------------------------------------------------------------

Result<AttemptPage> PgReader::list_attempts(const AttemptQuery& query) {
    return with_connection<AttemptPage>([&] { return list_attempts_now(query); });
}

Result<std::vector<AttemptEntry>> PgReader::read_attempts(const PgResult& rows, EndpointId endpoint,
                                                          bool with_response) {
    std::vector<std::uint64_t> ids;
    for (int row = 0; row < rows.rows(); ++row) ids.push_back(rows.number(row, 0));
    ASSIGN_OR_RETURN(const auto events, fetch_events(ids, Content::skip));
    std::vector<AttemptEntry> entries;
    for (int row = 0; row < rows.rows(); ++row) {
        const auto event = events.find(rows.number(row, 0));
        if (event == events.end()) continue;  // retention is taking it
        AttemptEntry entry{
            {}, event->second, endpoint, read_attempt_row(rows, row), state_after(rows, row)};
        entry.id =
            attempt_id(entry.attempt.started_at, entry.event->id, endpoint, entry.attempt.number);
        if (!with_response) {
            entry.attempt.response.clear();
            entry.attempt.response_headers.reset();
        } else if (auto done = read_response(rows, row, entry.attempt); !done) {
            return std::unexpected(std::move(done).error());
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<AttemptPage> PgReader::list_attempts_now(const AttemptQuery& query) {
    std::int64_t from = query.above.is_nil() ? INT64_MIN : to_micros(started_at_of(query.above));
    std::int64_t to = query.below.is_nil() ? INT64_MAX : to_micros(started_at_of(query.below));
    std::size_t limit = std::min(query.limit + 1, kChunkMax);
    const std::string sql = select_attempts(query.oldest_first);
    AttemptPage page;
    std::size_t looked_at = 0;
    std::optional<AttemptId> last;
    while (from <= to) {
        PgParams params;
        params.add(query.endpoint.hi).add(from).add(to).add(limit_of(limit));
        ASSIGN_OR_RETURN(const auto rows, connection_->query(sql.c_str(), params));
        ASSIGN_OR_RETURN(auto entries, read_attempts(rows, query.endpoint, query.with_response));
        std::ranges::sort(entries, {}, &AttemptEntry::id);
        if (!query.oldest_first) std::ranges::reverse(entries);
        for (AttemptEntry& entry : entries) {
            if (!is_between(entry.id, query.above, query.below)) continue;
            if (page.entries.size() >= query.limit || looked_at >= query.scan_max) {
                page.more_behind = last;
                return page;
            }
            ++looked_at;
            last = entry.id;
            if (matches(query, entry.id, entry.attempt) && matches(query, *entry.event))
                page.entries.push_back(std::move(entry));
        }
        if (static_cast<std::size_t>(rows.rows()) < limit) break;
        const std::int64_t end = to_micros(rows.time(rows.rows() - 1, 3));
        query.oldest_first ? from = end + 1 : to = end - 1;
        limit = std::min(limit * 2, kChunkMax);
    }
    return page;
}

Result<std::vector<AttemptOfEndpoint>> PgReader::attempts_of_endpoint(EndpointId id,
                                                                      std::size_t limit) {
    using Attempts = std::vector<AttemptOfEndpoint>;
    return with_connection<Attempts>([&]() -> Result<Attempts> {
        PgParams params;
        params.add(id.hi).add(limit_of(limit));
        ASSIGN_OR_RETURN(const auto rows,
                         connection_->query(select_newest_attempts().c_str(), params));
        ASSIGN_OR_RETURN(auto entries, read_attempts(rows, id, true));
        Attempts attempts;
        for (AttemptEntry& entry : entries)
            attempts.push_back({entry.event->id, std::move(entry.attempt), entry.state_after});
        return attempts;
    });
}

Result<AttemptCounts> PgReader::count_attempts(EndpointId endpoint, Timestamp since,
                                               Timestamp until) {
    return with_connection<AttemptCounts>([&]() -> Result<AttemptCounts> {
        PgParams params;
        params.add(endpoint.hi);
        ASSIGN_OR_RETURN(const auto parked, connection_->query(kCountParked, params));
        params.add(to_micros(since)).add(to_micros(until));
        ASSIGN_OR_RETURN(const auto counts, connection_->query(kCountAttempts, params));
        return AttemptCounts{counts.number(0, 0), counts.number(0, 1), parked.number(0, 0)};
    });
}

}  // namespace posthaste
