#include "store/sqlite/log_reader.h"

#include <algorithm>
#include <limits>

#include "store/sqlite/log_file.h"
#include "store/sqlite/log_queries.h"

namespace posthaste {

struct LogReader::File {
    explicit File(SqliteDatabase opened) : database(std::move(opened)) {}

    SqliteDatabase database;
    SqliteStatement begin, end, read_event, read_attempts, read_attempt, parked_of_endpoint,
        newest_of_endpoint;
    SqliteStatement delivery, events_after;

    [[nodiscard]] Result<void> prepare() {
        const std::pair<SqliteStatement*, const char*> all[] = {
            {&begin, "BEGIN"},
            {&end, "COMMIT"},
            {&read_event, log_sql::kReadEvent},
            {&read_attempts, log_sql::kReadAttempts},
            {&read_attempt, log_sql::kReadAttempt},
            {&parked_of_endpoint, log_sql::kParkedOfEndpoint},
            {&newest_of_endpoint, log_sql::kNewestOfEndpoint},
            {&delivery, log_sql::kDelivery},
            {&events_after, log_sql::kEventsAfter},
        };
        for (const auto& [statement, sql] : all) {
            ASSIGN_OR_RETURN(*statement, database.prepare(sql));
        }
        return {};
    }
};

// One read transaction, over when the scope is left.
class LogReader::Snapshot {
public:
    explicit Snapshot(File& file) : file_(file), code_(file.begin.run()) {}
    ~Snapshot() {
        if (code_ == SQLITE_OK) static_cast<void>(file_.end.run());
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    [[nodiscard]] int code() const { return code_; }

private:
    File& file_;
    const int code_;
};

struct LogReader::Candidate {
    std::int64_t due;
    std::uint64_t event;
    std::uint32_t attempts_made;
    LogPartition* partition;

    friend bool operator<(const Candidate& a, const Candidate& b) {
        return a.due != b.due ? a.due < b.due : a.event < b.event;
    }
};

namespace {

AttemptRecord read_attempt_row(SqliteStatement& row) {
    AttemptRecord attempt;
    attempt.number = static_cast<std::uint32_t>(row.integer(0));
    attempt.started_at = from_micros(row.integer(1));
    attempt.outcome = static_cast<AttemptOutcome>(row.integer(2));
    attempt.status_code = static_cast<int>(row.integer(3));
    attempt.queue_lag = Duration{row.integer(5)};
    attempt.timings.dns = Duration{row.integer(6)};
    attempt.timings.connect = Duration{row.integer(7)};
    attempt.timings.tls = Duration{row.integer(8)};
    attempt.timings.first_byte = Duration{row.integer(9)};
    attempt.timings.total = Duration{row.integer(10)};
    attempt.response = row.bytes(11);
    return attempt;
}

std::shared_ptr<Event> read_event_row(SqliteStatement& row, std::uint64_t hi) {
    auto event = std::make_shared<Event>();
    event->id = EventId{hi, row.unsigned_integer(0)};
    event->accepted_at = from_micros(row.integer(1));
    event->organization = OrganizationId{read_id(row.bytes(2))};
    event->application = ApplicationId{read_id(row.bytes(3))};
    event->type = row.bytes(4);
    const std::string_view targets = row.bytes(5);
    event->targets.reserve(targets.size() / 16);
    for (std::size_t at = 0; at + 16 <= targets.size(); at += 16)
        event->targets.emplace_back(read_id(targets, at));
    event->payload = row.bytes(6);
    return event;
}

Error set_aside_error(const LogPartition& partition) {
    return Error{ErrorCode::corrupt,
                 "The log file " + partition.path + " is damaged and set aside."};
}

}  // namespace

LogReader::LogReader(LogPartitions& partitions, std::string vfs)
    : partitions_(partitions), vfs_(std::move(vfs)) {}
LogReader::~LogReader() = default;

// An unlinked file takes up space for as long as someone holds it open.
void LogReader::close_removed() {
    const std::uint64_t removals = partitions_.removals();
    if (removals == removals_) return;
    removals_ = removals;
    const auto partitions = partitions_.all();
    files_.remove_if([&](const File& file) {
        return std::none_of(partitions.begin(), partitions.end(), [&](const LogPartitionPtr& kept) {
            return kept->path == file.database.path();
        });
    });
}

Result<LogReader::File*> LogReader::open(LogPartition& partition) {
    if (partition.is_set_aside) return std::unexpected(set_aside_error(partition));
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const File& file) {
        return file.database.path() == partition.path;
    });
    if (found != files_.end()) {
        files_.splice(files_.begin(), files_, found);
        return &files_.front();
    }
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(partition.path, SqliteAccess::read, vfs_));
    static_cast<void>(database.execute("PRAGMA cache_size=-1024"));
    File& file = files_.emplace_front(std::move(database));
    if (auto done = file.prepare(); !done) {
        files_.pop_front();
        if (done.error().code == ErrorCode::corrupt) partitions_.set_aside(partition, done.error());
        return std::unexpected(std::move(done).error());
    }
    if (files_.size() > kFilesMax) files_.pop_back();
    return &files_.front();
}

// The error of the connection used last. A damaged file is set aside; a connection that failed is not used again.
Error LogReader::failed(LogPartition& partition, int code, std::string_view doing) {
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const File& file) {
        return file.database.path() == partition.path;
    });
    Error error = found != files_.end()
                      ? found->database.error(code, doing)
                      : Error{ErrorCode::io, "Cannot read " + partition.path + "."};
    if (error.code == ErrorCode::corrupt) partitions_.set_aside(partition, error);
    return error;
}

// ---- parked ----------------------------------------------------------------------------------------------------------

Result<ParkedPage> LogReader::load_parked(const ParkedQuery& query) {
    close_removed();
    const auto partitions = partitions_.all();
    std::vector<Candidate> candidates;
    for (const LogPartitionPtr& partition : partitions) {
        if (partition->parked == 0 || partition->is_set_aside) continue;
        if (auto done = collect_parked(partition, query, candidates); !done) {
            if (done.error().code == ErrorCode::corrupt) continue;
            return std::unexpected(std::move(done).error());
        }
    }
    std::sort(candidates.begin(), candidates.end());

    ParkedPage page;
    std::size_t bytes = 0;
    for (const Candidate& row : candidates) {
        const bool is_due = from_micros(row.due) <= query.due_until;
        const bool has_room =
            page.rows.size() < query.limit && (page.rows.empty() || bytes < query.bytes_max);
        if (!is_due || !has_room) {
            page.next_due = from_micros(row.due);
            break;
        }
        auto event = fetch_event(*row.partition, row.event);
        if (!event) {
            // Its file turned out to be damaged just now: the row cannot be delivered, the others can.
            if (event.error().code == ErrorCode::corrupt ||
                event.error().code == ErrorCode::not_found)
                continue;
            return std::unexpected(std::move(event).error());
        }
        bytes += (*event)->payload.size();
        page.rows.push_back(
            {std::move(*event), query.endpoint, from_micros(row.due), row.attempts_made, {}});
    }
    return page;
}

// Of one file, the first rows that may make it into the page, and one behind.
Result<void> LogReader::collect_parked(const LogPartitionPtr& partition, const ParkedQuery& query,
                                       std::vector<Candidate>& candidates) {
    ASSIGN_OR_RETURN(File* const file, open(*partition));
    SqliteStatement& rows = file->parked_of_endpoint;
    const std::size_t wanted = query.limit + 1;
    rows.bind(1, query.endpoint.hi);
    rows.bind(2, static_cast<std::int64_t>(wanted + query.exclude.size()));
    const SqliteCursor cursor(rows);
    std::size_t found = 0;
    int code = SQLITE_DONE;
    while (found < wanted && (code = rows.step()) == SQLITE_ROW) {
        const Candidate row{rows.integer(0), rows.unsigned_integer(1),
                            static_cast<std::uint32_t>(rows.integer(2)), partition.get()};
        const bool is_excluded = std::any_of(query.exclude.begin(), query.exclude.end(),
                                             [&](const EventId& id) { return id.hi == row.event; });
        if (is_excluded) continue;
        candidates.push_back(row);
        ++found;
        if (from_micros(row.due) > query.due_until) break;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return std::unexpected(failed(*partition, code, "read parked rows"));
    return {};
}

Result<EventPtr> LogReader::fetch_event(LogPartition& partition, std::uint64_t hi) {
    ASSIGN_OR_RETURN(File* const file, open(partition));
    SqliteStatement& row = file->read_event;
    row.bind(1, hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    if (code == SQLITE_ROW) return EventPtr(read_event_row(row, hi));
    if (code == SQLITE_DONE) return fail(ErrorCode::not_found, "No such event is kept.");
    return std::unexpected(failed(partition, code, "read an event"));
}

// ---- one event -------------------------------------------------------------------------------------------------------

Result<EventHistory> LogReader::read_event(EventId id) {
    close_removed();
    const LogPartitionPtr partition = partitions_.find(id.hi);
    if (!partition) return fail(ErrorCode::not_found, "No such event is kept.");
    ASSIGN_OR_RETURN(File* const file, open(*partition));
    const Snapshot snapshot(*file);
    if (snapshot.code() != SQLITE_OK)
        return std::unexpected(failed(*partition, snapshot.code(), "read an event"));
    EventHistory history;
    ASSIGN_OR_RETURN(history.event, fetch_event(*partition, id.hi));
    if (history.event->id != id) return fail(ErrorCode::not_found, "No such event is kept.");
    for (const EndpointId& target : history.event->targets) {
        DeliveryRows rows;
        int code = read_delivery(file->delivery, id.hi, target.hi, rows);
        if (code != SQLITE_OK) return std::unexpected(failed(*partition, code, "read a delivery"));
        DeliveryHistory& delivery = history.deliveries.emplace_back();
        delivery.endpoint = target;
        delivery.state = rows.state;
        if (rows.state == DeliveryState::parked) delivery.next_due = from_micros(rows.due);

        SqliteStatement& attempts = file->read_attempts;
        attempts.bind(1, id.hi);
        attempts.bind(2, target.hi);
        const SqliteCursor cursor(attempts);
        while ((code = attempts.step()) == SQLITE_ROW)
            delivery.attempts.push_back(read_attempt_row(attempts));
        if (code != SQLITE_DONE) return std::unexpected(failed(*partition, code, "read attempts"));
    }
    return history;
}

// ---- one endpoint ----------------------------------------------------------------------------------------------------

Result<std::vector<AttemptOfEndpoint>> LogReader::attempts_of_endpoint(EndpointId id,
                                                                       std::size_t limit) {
    close_removed();
    std::vector<std::pair<AttemptKey, LogPartitionPtr>> keys;
    for (const LogPartitionPtr& partition : partitions_.all()) {
        if (partition->is_set_aside) continue;
        if (auto done = collect_attempts(partition, id, limit, keys); !done) {
            if (done.error().code == ErrorCode::corrupt) continue;
            return std::unexpected(std::move(done).error());
        }
    }
    std::sort(keys.begin(), keys.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    if (keys.size() > limit) keys.resize(limit);

    std::vector<AttemptOfEndpoint> attempts;
    for (const auto& [key, partition] : keys) {
        auto event = fetch_event(*partition, key.event);
        if (!event) continue;
        ASSIGN_OR_RETURN(File* const file, open(*partition));
        SqliteStatement& row = file->read_attempt;
        row.bind(1, key.event);
        row.bind(2, id.hi);
        row.bind(3, static_cast<std::int64_t>(key.number));
        const SqliteCursor cursor(row);
        if (row.step() != SQLITE_ROW) continue;
        attempts.push_back(
            {(*event)->id, read_attempt_row(row), static_cast<DeliveryState>(row.integer(4))});
    }
    return attempts;
}

Result<void> LogReader::collect_attempts(
    const LogPartitionPtr& partition, EndpointId id, std::size_t limit,
    std::vector<std::pair<AttemptKey, LogPartitionPtr>>& keys) {
    if (partition->stage != LogStage::indexed) {
        auto warmed = warm(*partition);
        if (!warmed) return warmed;
        // The index on disk may have been completed, and the one in memory dropped, since the stage was read.
        const auto found = partition->attempts.newest(id.hi, limit);
        if (partition->stage != LogStage::indexed) {
            for (const AttemptKey& key : found) keys.emplace_back(key, partition);
            return {};
        }
    }
    ASSIGN_OR_RETURN(File* const file, open(*partition));
    SqliteStatement& rows = file->newest_of_endpoint;
    rows.bind(1, id.hi);
    rows.bind(2, static_cast<std::int64_t>(
                     std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max())));
    const SqliteCursor cursor(rows);
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW) {
        const AttemptKey key{rows.integer(0), rows.unsigned_integer(1),
                             static_cast<std::uint32_t>(rows.integer(2))};
        keys.emplace_back(key, partition);
    }
    if (code != SQLITE_DONE)
        return std::unexpected(failed(*partition, code, "read an endpoint's attempts"));
    return {};
}

Result<void> LogReader::warm(LogPartition& partition) {
    if (partition.attempts.is_warm()) return {};
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(auto all, file->database.prepare(log_sql::kAllAttempts));
    constexpr std::size_t kChunk =
        4096;  // merged under one lock, so that the writer never waits long
    std::vector<EndpointAttempt> chunk;
    int code = SQLITE_DONE;
    while ((code = all.step()) == SQLITE_ROW) {
        chunk.push_back({all.unsigned_integer(0),
                         {all.integer(1), all.unsigned_integer(2),
                          static_cast<std::uint32_t>(all.integer(3))}});
        if (chunk.size() < kChunk) continue;
        partition.attempts.add(chunk);
        chunk.clear();
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "read attempts"));
    partition.attempts.add(chunk);
    partition.attempts.set_warm();
    return {};
}

// ---- repair ----------------------------------------------------------------------------------------------------------

Result<ScanSlice> LogReader::scan(std::uint64_t after_hi, std::size_t limit) {
    close_removed();
    ScanSlice slice;
    slice.next_hi = after_hi;
    for (const LogPartitionPtr& partition : partitions_.all()) {
        if (partition->is_set_aside || partition->newest_hi <= slice.next_hi) continue;
        if (slice.events_checked >= limit) return slice;
        if (auto done = scan_file(*partition, slice.next_hi, limit - slice.events_checked, slice);
            !done) {
            if (done.error().code == ErrorCode::corrupt) continue;
            return std::unexpected(std::move(done).error());
        }
    }
    // A full slice may have ended with the last event: the next one finds nothing and starts over.
    if (slice.events_checked < limit) slice.next_hi = 0;
    return slice;
}

Result<void> LogReader::scan_file(LogPartition& partition, std::uint64_t after_hi,
                                  std::size_t limit, ScanSlice& slice) {
    // Read before the snapshot: what the watermark covers then is settled or parked in the snapshot.
    const std::uint64_t watermark = partition.watermark;
    if (watermark <= after_hi) return {};
    ASSIGN_OR_RETURN(File* const file, open(partition));
    const Snapshot snapshot(*file);
    if (snapshot.code() != SQLITE_OK)
        return std::unexpected(failed(partition, snapshot.code(), "scan"));
    SqliteStatement& events = file->events_after;
    events.bind(1, after_hi);
    events.bind(2, watermark);
    events.bind(3, static_cast<std::int64_t>(limit));
    const SqliteCursor cursor(events);
    int code = SQLITE_DONE;
    while ((code = events.step()) == SQLITE_ROW) {
        const EventId event{events.unsigned_integer(0), events.unsigned_integer(1)};
        const std::string_view targets = events.bytes(2);
        for (std::size_t at = 0; at + 16 <= targets.size(); at += 16) {
            const EndpointId endpoint{read_id(targets, at)};
            DeliveryRows rows;
            code = read_delivery(file->delivery, event.hi, endpoint.hi, rows);
            if (code != SQLITE_OK) return std::unexpected(failed(partition, code, "scan"));
            if (rows.state == DeliveryState::pending)
                slice.lost.push_back({event, endpoint, rows.attempts});
        }
        ++slice.events_checked;
        slice.next_hi = event.hi;
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "scan"));
    return {};
}

}  // namespace posthaste
