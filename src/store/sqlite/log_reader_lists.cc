// Pages of events and attempts: keys from the index in memory or the sorted table of each file, then the rows they name.

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/attempt_id.h"
#include "ports/store_match.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/log_reader_file.h"

namespace posthaste {

namespace {

constexpr std::size_t kKeysAtOnce = 256;
constexpr std::uint64_t kHiMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kStartMax = std::numeric_limits<std::int64_t>::max();

ReadingOrder order_of(bool is_oldest_first) {
    return is_oldest_first ? ReadingOrder::oldest_first : ReadingOrder::newest_first;
}

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(
        std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

// All attempts that start within [from, to].
KeyRange<AttemptKey> starts_within(std::int64_t from, std::int64_t to, ReadingOrder order,
                                   std::size_t limit) {
    KeyRange<AttemptKey> range;
    range.from.started_at = from;
    range.to = {to, std::numeric_limits<std::uint64_t>::max(),
                std::numeric_limits<std::uint32_t>::max(), true};
    range.order = order;
    range.limit = limit;
    return range;
}

}  // namespace

// ---- keys ------------------------------------------------------------------------------------------------------------

template <class Index, class Read>
Result<void> LogReader::warm(LogPartition& partition, Index& index, const char* sql, Read read) {
    if (index.is_warm()) return {};
    const std::uint64_t epoch = index.epoch();
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(auto all, file->database.prepare(sql));
    constexpr std::size_t kChunk = 4096;  // merged under one lock, so that the writer never waits
    std::vector<typename Index::Entry> chunk;
    int code = SQLITE_DONE;
    while ((code = all.step()) == SQLITE_ROW) {
        chunk.push_back(read(all));
        if (chunk.size() < kChunk) continue;
        index.add(chunk);
        chunk.clear();
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "build an index"));
    index.add(chunk);
    index.set_warm(epoch);
    return {};
}

Result<void> LogReader::warm(LogPartition& partition, SubjectKind kind) {
    if (kind == SubjectKind::endpoint) {
        return warm(partition, partition.attempts, log_sql::kAllAttempts, [](SqliteStatement& row) {
            const AttemptKey key{row.integer(1), row.unsigned_integer(2),
                                 static_cast<std::uint32_t>(row.integer(3)), row.integer(4) != 0};
            return EndpointAttempt{row.unsigned_integer(0), key};
        });
    }
    return warm(partition, partition.events, log_sql::kAllEvents, [](SqliteStatement& row) {
        return ApplicationEvent{read_id(row.bytes(1)).hi, row.unsigned_integer(0)};
    });
}

Result<bool> LogReader::may_hold(LogPartition& partition, SubjectKind kind, std::uint64_t subject) {
    const bool is_endpoint = kind == SubjectKind::endpoint;
    SubjectFilter& filter = is_endpoint ? partition.endpoints : partition.applications;
    if (!filter.is_ready()) {
        ASSIGN_OR_RETURN(File* const file, open(partition));
        const char* const sql = is_endpoint ? log_sql::kNextEndpoint : log_sql::kNextApplication;
        ASSIGN_OR_RETURN(SqliteStatement* const next, file->statement(sql));
        std::int64_t above = std::numeric_limits<std::int64_t>::min();
        for (;;) {
            next->bind(1, above);
            const SqliteCursor cursor(*next);
            const int code = next->step();
            if (code == SQLITE_DONE) break;
            if (code != SQLITE_ROW)
                return std::unexpected(failed(partition, code, "read an index"));
            above = next->integer(0);
            filter.add(next->unsigned_integer(0));
        }
        filter.set_ready();
    }
    return filter.may_hold(subject);
}

Result<std::vector<std::uint64_t>> LogReader::read_events(LogPartition& partition,
                                                          std::uint64_t application,
                                                          const KeyRange<std::uint64_t>& range) {
    if (partition.stage != LogStage::indexed) {
        if (auto done = warm(partition, SubjectKind::application); !done)
            return std::unexpected(std::move(done).error());
        auto found = partition.events.read(application, range);
        // The table on disk may have been completed, and the index in memory dropped, since the stage was read.
        if (partition.stage != LogStage::indexed) return found;
    }
    std::vector<std::uint64_t> events;
    ASSIGN_OR_RETURN(const bool is_here,
                     may_hold(partition, SubjectKind::application, application));
    if (!is_here) return events;
    ASSIGN_OR_RETURN(File* const file, open(partition));
    const bool is_oldest_first = range.order == ReadingOrder::oldest_first;
    ASSIGN_OR_RETURN(SqliteStatement* const rows,
                     file->statement(is_oldest_first ? log_sql::kEventsOldestFirst
                                                     : log_sql::kEventsNewestFirst));
    rows->bind(1, application);
    rows->bind(2, range.from);
    rows->bind(3, range.to);
    rows->bind(4, limit_of(range.limit));
    const SqliteCursor cursor(*rows);
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) events.push_back(rows->unsigned_integer(0));
    if (code != SQLITE_DONE)
        return std::unexpected(failed(partition, code, "read an application's events"));
    return events;
}

Result<std::vector<AttemptKey>> LogReader::read_attempts(LogPartition& partition,
                                                         std::uint64_t endpoint,
                                                         const KeyRange<AttemptKey>& range) {
    if (partition.stage != LogStage::indexed) {
        if (auto done = warm(partition, SubjectKind::endpoint); !done)
            return std::unexpected(std::move(done).error());
        auto found = partition.attempts.read(endpoint, range);
        if (partition.stage != LogStage::indexed) return found;
    }
    std::vector<AttemptKey> keys;
    ASSIGN_OR_RETURN(const bool is_here, may_hold(partition, SubjectKind::endpoint, endpoint));
    if (!is_here) return keys;
    ASSIGN_OR_RETURN(File* const file, open(partition));
    const bool is_oldest_first = range.order == ReadingOrder::oldest_first;
    ASSIGN_OR_RETURN(SqliteStatement* const rows,
                     file->statement(is_oldest_first ? log_sql::kAttemptsOldestFirst
                                                     : log_sql::kAttemptsNewestFirst));
    rows->bind(1, endpoint);
    rows->bind(2, range.from.started_at);
    rows->bind(3, range.to.started_at);
    rows->bind(4, limit_of(range.limit));
    const SqliteCursor cursor(*rows);
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        keys.push_back({rows->integer(0), rows->unsigned_integer(1),
                        static_cast<std::uint32_t>(rows->integer(2)), rows->integer(3) != 0});
    }
    if (code != SQLITE_DONE)
        return std::unexpected(failed(partition, code, "read an endpoint's attempts"));
    return keys;
}

// ---- events of an application ----------------------------------------------------------------------------------------

// How far reading a page has come.
struct LogReader::EventPlace {
    std::size_t looked_at = 0;
    std::optional<EventId> last;
};

Result<EventPage> LogReader::list_events(const EventQuery& query) {
    close_removed();
    auto partitions = partitions_.all();
    if (!query.oldest_first) std::reverse(partitions.begin(), partitions.end());
    EventPage page;
    EventPlace place;
    for (const LogPartitionPtr& partition : partitions) {
        const bool is_below = partition->newest_hi < query.above.hi;
        const bool is_above = !query.below.is_nil() && partition->first_hi > query.below.hi;
        if (is_below || is_above || partition->is_set_aside) continue;
        auto goes_on = list_events_of(*partition, query, place, page);
        if (!goes_on && goes_on.error().code == ErrorCode::corrupt) continue;
        if (!goes_on) return std::unexpected(std::move(goes_on).error());
        if (!*goes_on) break;
    }
    return page;
}

// False when the page ends here.
Result<bool> LogReader::list_events_of(LogPartition& partition, const EventQuery& query,
                                       EventPlace& place, EventPage& page) {
    KeyRange<std::uint64_t> range;
    range.from = query.above.hi;
    range.to = query.below.is_nil() ? kHiMax : std::min(query.below.hi, kHiMax);
    range.order = order_of(query.oldest_first);
    range.limit = kKeysAtOnce;
    for (;;) {
        ASSIGN_OR_RETURN(const auto keys, read_events(partition, query.application.hi, range));
        for (const std::uint64_t hi : keys) {
            const auto payload = query.with_payload ? Payload::read : Payload::skip;
            auto event = fetch_event(partition, hi, payload);
            if (!event && event.error().code == ErrorCode::not_found) continue;
            if (!event) return std::unexpected(std::move(event).error());
            const EventId id = (*event)->id;
            const bool is_within = is_between(id, query.above, query.below);
            if (!is_within || (*event)->application != query.application) continue;
            if (page.entries.size() >= query.limit || place.looked_at >= query.scan_max) {
                page.more_behind = place.last;
                return false;
            }
            ++place.looked_at;
            place.last = id;
            ASSIGN_OR_RETURN(auto entry, event_entry(partition, std::move(*event), query));
            if (entry) page.entries.push_back(std::move(*entry));
        }
        if (keys.size() < range.limit) return true;
        if (query.oldest_first) {
            range.from = keys.back() + 1;
        } else {
            range.to = keys.back() - 1;
        }
    }
}

// None when the event is not what the query asks for.
Result<std::optional<EventEntry>> LogReader::event_entry(LogPartition& partition,
                                                         std::shared_ptr<Event> event,
                                                         const EventQuery& query) {
    std::optional<EventEntry> none;
    if (!matches(query, *event)) return none;
    EventEntry entry;
    if (!query.endpoints.empty()) {
        ASSIGN_OR_RETURN(const auto endpoint, first_endpoint(partition, *event, query));
        if (!endpoint) return none;
        entry.endpoint = *endpoint;
        ASSIGN_OR_RETURN(const bool is_wanted, add_summary(partition, event->id.hi, query, entry));
        if (!is_wanted) return none;
    }
    entry.event = std::move(event);
    return entry;
}

// The endpoint of the first delivery that the query asks for.
Result<std::optional<EndpointId>> LogReader::first_endpoint(LogPartition& partition,
                                                            const Event& event,
                                                            const EventQuery& query) {
    const auto first_of = [&](const std::vector<EndpointId>& targets) {
        const auto found = std::ranges::find_if(
            targets, [&](EndpointId target) { return asks_for(query, target); });
        return found == targets.end() ? std::nullopt : std::optional(*found);
    };
    if (const auto found = first_of(event.targets)) return found;
    ASSIGN_OR_RETURN(const auto extra, extra_targets(partition, event.id.hi));
    return first_of(extra);
}

// What became of the delivery to `entry.endpoint`. False: it is not in a state that the query asks for.
Result<bool> LogReader::add_summary(LogPartition& partition, std::uint64_t event,
                                    const EventQuery& query, EventEntry& entry) {
    ASSIGN_OR_RETURN(File* const file, open(partition));
    DeliveryRows rows;
    const int code = read_delivery(file->delivery, event, entry.endpoint.hi, rows);
    if (code != SQLITE_OK) return std::unexpected(failed(partition, code, "read a delivery"));
    if (!matches(query, rows.state)) return false;
    entry.state = rows.state;
    entry.attempts = rows.attempts;
    if (rows.state == DeliveryState::parked) entry.next_due = from_micros(rows.due);
    if (rows.attempts == 0) return true;
    ASSIGN_OR_RETURN(const auto last, last_attempt(partition, event, entry.endpoint.hi));
    if (last) entry.last_attempt_at = last->started_at;
    return true;
}

Result<std::optional<LogReader::LastAttempt>> LogReader::last_attempt(LogPartition& partition,
                                                                      std::uint64_t event,
                                                                      std::uint64_t endpoint) {
    std::optional<LastAttempt> none;
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const last, file->statement(log_sql::kLastAttempt));
    last->bind(1, event);
    last->bind(2, endpoint);
    const SqliteCursor cursor(*last);
    const int code = last->step();
    if (code == SQLITE_DONE) return none;
    if (code != SQLITE_ROW) return std::unexpected(failed(partition, code, "read an attempt"));
    return LastAttempt{from_micros(last->integer(0)), static_cast<int>(last->integer(1))};
}

// ---- attempts of an endpoint -----------------------------------------------------------------------------------------

// The keys of one file that come next. Attempts that start in the same microsecond are ordered by their ids, which only
// their rows tell: so `keys` holds all of a microsecond or none.
struct LogReader::AttemptCursor {
    LogPartitionPtr partition;
    KeyRange<AttemptKey> range;
    std::vector<AttemptKey> keys;
    std::size_t at = 0;
    bool is_exhausted = false;  // the file has no more behind `keys`

    [[nodiscard]] bool is_empty() const { return at == keys.size(); }
};

struct LogReader::AttemptPlace {
    AttemptId id;
    AttemptKey key;
    LogPartitionPtr partition;
    std::shared_ptr<Event> event;
};

Result<void> LogReader::fill(AttemptCursor& cursor, const AttemptQuery& query) {
    if (!cursor.is_empty() || cursor.is_exhausted) return {};
    cursor.at = 0;
    const bool is_oldest_first = query.oldest_first;
    for (;;) {
        ASSIGN_OR_RETURN(cursor.keys,
                         read_attempts(*cursor.partition, query.endpoint.hi, cursor.range));
        cursor.is_exhausted = cursor.keys.size() < cursor.range.limit;
        if (cursor.is_exhausted) return {};
        // The last microsecond may go on behind the limit.
        const std::int64_t last = cursor.keys.back().started_at;
        if (cursor.keys.front().started_at == last) {
            cursor.range.limit *= 2;
            continue;
        }
        std::erase_if(cursor.keys, [&](const AttemptKey& key) { return key.started_at == last; });
        (is_oldest_first ? cursor.range.from : cursor.range.to).started_at = last;
        return {};
    }
}

// All attempts of the microsecond that comes next, in reading order, those out of bounds left away.
Result<std::vector<LogReader::AttemptPlace>> LogReader::next_attempts(
    std::vector<AttemptCursor>& cursors, const AttemptQuery& query) {
    std::vector<AttemptPlace> places;
    std::optional<std::int64_t> next;
    for (AttemptCursor& cursor : cursors) {
        if (auto done = fill(cursor, query); !done) {
            if (done.error().code != ErrorCode::corrupt)
                return std::unexpected(std::move(done).error());
            cursor = {};
            cursor.is_exhausted = true;
        }
        if (cursor.is_empty()) continue;
        const std::int64_t at = cursor.keys[cursor.at].started_at;
        if (!next || (query.oldest_first ? at < *next : at > *next)) next = at;
    }
    for (AttemptCursor& cursor : cursors) {
        for (; !cursor.is_empty() && cursor.keys[cursor.at].started_at == *next; ++cursor.at) {
            AttemptPlace place{{}, cursor.keys[cursor.at], cursor.partition, {}};
            auto event = fetch_event(*cursor.partition, place.key.event, Payload::skip);
            if (!event && (event.error().code == ErrorCode::not_found ||
                           event.error().code == ErrorCode::corrupt))
                continue;
            if (!event) return std::unexpected(std::move(event).error());
            place.event = std::move(*event);
            place.id =
                attempt_id(from_micros(*next), place.event->id, query.endpoint, place.key.number);
            places.push_back(std::move(place));
        }
    }
    std::sort(places.begin(), places.end(), [&](const AttemptPlace& a, const AttemptPlace& b) {
        return query.oldest_first ? a.id < b.id : a.id > b.id;
    });
    return places;
}

Result<AttemptPage> LogReader::list_attempts(const AttemptQuery& query) {
    close_removed();
    const std::int64_t from = query.above.is_nil() ? 0 : to_micros(started_at_of(query.above));
    const std::int64_t to =
        query.below.is_nil() ? kStartMax : to_micros(started_at_of(query.below));
    std::vector<AttemptCursor> cursors;
    for (LogPartitionPtr& partition : partitions_.all()) {
        if (partition->is_set_aside) continue;
        const std::size_t limit = std::clamp<std::size_t>(query.limit + 1, 2, kKeysAtOnce);
        cursors.push_back({std::move(partition),
                           starts_within(from, to, order_of(query.oldest_first), limit),
                           {},
                           0,
                           false});
    }
    AttemptPage page;
    std::size_t looked_at = 0;
    std::optional<AttemptId> last;
    const auto has_more = [](const AttemptCursor& c) { return !c.is_empty() || !c.is_exhausted; };
    while (std::any_of(cursors.begin(), cursors.end(), has_more)) {
        ASSIGN_OR_RETURN(const auto places, next_attempts(cursors, query));
        for (const AttemptPlace& place : places) {
            if (!is_between(place.id, query.above, query.below)) continue;
            if (page.entries.size() >= query.limit || looked_at >= query.scan_max) {
                page.more_behind = last;
                return page;
            }
            ++looked_at;
            last = place.id;
            ASSIGN_OR_RETURN(auto entry, attempt_entry(place, query));
            if (entry) page.entries.push_back(std::move(*entry));
        }
    }
    return page;
}

// None when the attempt is not what the query asks for.
Result<std::optional<AttemptEntry>> LogReader::attempt_entry(const AttemptPlace& place,
                                                             const AttemptQuery& query) {
    std::optional<AttemptEntry> none;
    // What the key tells spares reading the row.
    if (query.delivered && *query.delivered != place.key.is_delivered) return none;
    if (!matches(query, *place.event)) return none;
    ASSIGN_OR_RETURN(File* const file, open(*place.partition));
    ASSIGN_OR_RETURN(SqliteStatement* const row, file->statement(log_sql::kReadAttempt));
    row->bind(1, place.key.event);
    row->bind(2, query.endpoint.hi);
    row->bind(3, static_cast<std::int64_t>(place.key.number));
    const SqliteCursor cursor(*row);
    const int code = row->step();
    if (code == SQLITE_DONE) return none;
    if (code != SQLITE_ROW)
        return std::unexpected(failed(*place.partition, code, "read an attempt"));
    AttemptEntry entry{place.id, place.event, query.endpoint, read_attempt_row(*row),
                       static_cast<DeliveryState>(row->integer(4))};
    if (!matches(query, place.id, entry.attempt)) return none;
    if (!query.with_response) {
        entry.attempt.response.clear();
        entry.attempt.response_headers.reset();
        return entry;
    }
    auto done = read_response(*place.partition, *file, *row, place.key.event, query.endpoint.hi,
                              entry.attempt);
    if (!done) return std::unexpected(std::move(done).error());
    return entry;
}

Result<std::vector<AttemptOfEndpoint>> LogReader::attempts_of_endpoint(EndpointId id,
                                                                       std::size_t limit) {
    close_removed();
    std::vector<std::pair<AttemptKey, LogPartitionPtr>> keys;
    const auto range = starts_within(0, kStartMax, ReadingOrder::newest_first, limit);
    for (const LogPartitionPtr& partition : partitions_.all()) {
        if (partition->is_set_aside) continue;
        auto found = read_attempts(*partition, id.hi, range);
        if (!found && found.error().code == ErrorCode::corrupt) continue;
        if (!found) return std::unexpected(std::move(found).error());
        for (const AttemptKey& key : *found) keys.emplace_back(key, partition);
    }
    std::sort(keys.begin(), keys.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    if (keys.size() > limit) keys.resize(limit);

    AttemptQuery query;
    query.endpoint = id;
    std::vector<AttemptOfEndpoint> attempts;
    for (const auto& [key, partition] : keys) {
        auto event = fetch_event(*partition, key.event, Payload::skip);
        if (!event) continue;
        const AttemptPlace place{{}, key, partition, std::move(*event)};
        ASSIGN_OR_RETURN(auto entry, attempt_entry(place, query));
        if (!entry) continue;
        attempts.push_back({place.event->id, std::move(entry->attempt), entry->state_after});
    }
    return attempts;
}

// ---- counting --------------------------------------------------------------------------------------------------------

Result<AttemptCounts> LogReader::count_attempts(EndpointId endpoint, Timestamp since,
                                                Timestamp until) {
    close_removed();
    AttemptCounts counts;
    const auto range =
        starts_within(to_micros(since), to_micros(until) - 1, ReadingOrder::oldest_first, 0);
    for (const LogPartitionPtr& partition : partitions_.all()) {
        if (partition->is_set_aside) continue;
        auto done = count_attempts_of(*partition, endpoint, range, counts);
        if (!done && done.error().code != ErrorCode::corrupt)
            return std::unexpected(std::move(done).error());
    }
    return counts;
}

Result<void> LogReader::count_attempts_of(LogPartition& partition, EndpointId endpoint,
                                          const KeyRange<AttemptKey>& range,
                                          AttemptCounts& counts) {
    if (partition.parked != 0) {
        ASSIGN_OR_RETURN(File* const file, open(partition));
        ASSIGN_OR_RETURN(SqliteStatement* const parked, file->statement(log_sql::kCountParked));
        parked->bind(1, endpoint.hi);
        const SqliteCursor cursor(*parked);
        if (const int code = parked->step(); code != SQLITE_ROW)
            return std::unexpected(failed(partition, code, "count parked deliveries"));
        counts.waiting += parked->unsigned_integer(0);
    }
    if (partition.stage != LogStage::indexed) {
        if (auto done = warm(partition, SubjectKind::endpoint); !done) return done;
        std::uint64_t delivered = 0;
        std::uint64_t failed = 0;
        partition.attempts.for_each(endpoint.hi, range, [&](const AttemptKey& key) {
            ++(key.is_delivered ? delivered : failed);
        });
        if (partition.stage != LogStage::indexed) {
            counts.delivered += delivered;
            counts.failed += failed;
            return {};
        }
    }
    ASSIGN_OR_RETURN(const bool is_here, may_hold(partition, SubjectKind::endpoint, endpoint.hi));
    if (!is_here) return {};
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const rows, file->statement(log_sql::kCountAttempts));
    rows->bind(1, endpoint.hi);
    rows->bind(2, range.from.started_at);
    rows->bind(3, range.to.started_at);
    const SqliteCursor cursor(*rows);
    if (const int code = rows->step(); code != SQLITE_ROW)
        return std::unexpected(failed(partition, code, "count attempts"));
    counts.delivered += rows->unsigned_integer(1);
    counts.failed += rows->unsigned_integer(0) - rows->unsigned_integer(1);
    return {};
}

// ---- for maintenance -------------------------------------------------------------------------------------------------

Result<std::vector<EventKey>> LogReader::read_keys(LogPartition& partition) {
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(auto rows, file->database.prepare(log_sql::kAllKeys));
    std::vector<EventKey> keys;
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW)
        for_each_event_key(rows.bytes(0), [&](EventKey key) { keys.push_back(key); });
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "read names"));
    return keys;
}

Result<std::vector<std::uint64_t>> LogReader::expired_payloads(LogPartition& partition,
                                                               Timestamp now, std::size_t limit) {
    close_removed();
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const rows, file->statement(log_sql::kExpiredPayloads));
    rows->bind(1, to_micros(now));
    rows->bind(2, limit_of(limit));
    const SqliteCursor cursor(*rows);
    std::vector<std::uint64_t> events;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) events.push_back(rows->unsigned_integer(0));
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "read payloads' ends"));
    return events;
}

}  // namespace posthaste
