#include "store/sqlite/log_reader.h"

#include <algorithm>
#include <limits>

#include "store/sqlite/log_file.h"
#include "store/sqlite/log_reader_file.h"

// Connections, parked pages, single events, the scan; log_reader_lists.cc reads pages of events and attempts.

namespace posthaste {

struct LogReader::Candidate {
    std::int64_t due;
    std::uint64_t event;
    std::uint32_t attempts_made;
    ManualState manual;
    LogPartition* partition;

    friend bool operator<(const Candidate& a, const Candidate& b) {
        return a.due != b.due ? a.due < b.due : a.event < b.event;
    }
};

namespace {

Error set_aside_error(const LogPartition& partition) {
    return Error{ErrorCode::corrupt,
                 "The log file " + partition.path + " is damaged and set aside."};
}

}  // namespace

LogReader::LogReader(LogPartitions& partitions, std::string vfs, const Sealer& sealer)
    : partitions_(partitions), vfs_(std::move(vfs)), sealer_(sealer) {}
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
    static_cast<void>(database.execute("PRAGMA cache_size=-512"));
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
        auto event = fetch_event(*row.partition, row.event, Payload::read);
        if (!event) {
            // Its file turned out to be damaged just now: the row cannot be delivered, the others can.
            if (event.error().code == ErrorCode::corrupt ||
                event.error().code == ErrorCode::not_found)
                continue;
            return std::unexpected(std::move(event).error());
        }
        bytes += (*event)->payload.size();
        page.rows.push_back({std::move(*event), query.endpoint, from_micros(row.due),
                             row.attempts_made, row.manual});
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
    rows.bind(3, query.due_from ? to_micros(*query.due_from) : INT64_MIN);
    const SqliteCursor cursor(rows);
    std::size_t found = 0;
    int code = SQLITE_DONE;
    while (found < wanted && (code = rows.step()) == SQLITE_ROW) {
        Candidate row{rows.integer(0),
                      rows.unsigned_integer(1),
                      static_cast<std::uint32_t>(rows.integer(2)),
                      {},
                      partition.get()};
        row.manual.manual_made = static_cast<std::uint32_t>(rows.integer(3));
        row.manual.trigger = static_cast<AttemptTrigger>(rows.integer(4));
        if (!rows.is_null(5)) row.manual.resume_due = from_micros(rows.integer(5));
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

Result<std::shared_ptr<Event>> LogReader::fetch_event(LogPartition& partition, std::uint64_t hi,
                                                      Payload payload) {
    ASSIGN_OR_RETURN(File* const file, open(partition));
    const char* const sql =
        payload == Payload::read ? log_sql::kReadEvent : log_sql::kReadEventHead;
    ASSIGN_OR_RETURN(SqliteStatement* const row, file->statement(sql));
    row->bind(1, hi);
    const SqliteCursor cursor(*row);
    const int code = row->step();
    if (code == SQLITE_DONE) return fail(ErrorCode::not_found, "No such event is kept.");
    if (code != SQLITE_ROW) return std::unexpected(failed(partition, code, "read an event"));
    auto event = read_event_row(*row, hi);
    if (payload == Payload::read) {
        if (auto done = read_content(partition, *file, *row, *event); !done)
            return std::unexpected(std::move(done).error());
    }
    const auto read_list = [&](int column, std::vector<std::string>& list) -> Result<void> {
        if (row->is_null(column)) return {};
        ASSIGN_OR_RETURN(SqliteStatement* const elements, file->statement(log_sql::kElements));
        elements->bind_text(1, row->bytes(column));
        const SqliteCursor element_cursor(*elements);
        while (elements->step() == SQLITE_ROW) list.emplace_back(elements->bytes(0));
        return {};
    };
    auto done = read_list(7, event->channels);
    if (done) done = read_list(11, event->tags);
    if (!done) return std::unexpected(std::move(done).error());
    return event;
}

// Those that resends have added, in their order.
Result<std::vector<EndpointId>> LogReader::extra_targets(LogPartition& partition,
                                                         std::uint64_t event) {
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const rows, file->statement(log_sql::kExtraTargets));
    rows->bind(1, event);
    const SqliteCursor cursor(*rows);
    std::vector<EndpointId> targets;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW)
        targets.emplace_back(rows->unsigned_integer(0), rows->unsigned_integer(1));
    if (code != SQLITE_DONE)
        return std::unexpected(failed(partition, code, "read an event's targets"));
    return targets;
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
    ASSIGN_OR_RETURN(history.event, fetch_event(*partition, id.hi, Payload::read));
    if (history.event->id != id) return fail(ErrorCode::not_found, "No such event is kept.");
    std::vector<EndpointId> targets = history.event->targets;
    ASSIGN_OR_RETURN(const auto extra, extra_targets(*partition, id.hi));
    targets.insert(targets.end(), extra.begin(), extra.end());
    for (const EndpointId& target : targets) {
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
        while ((code = attempts.step()) == SQLITE_ROW) {
            AttemptRecord& attempt = delivery.attempts.emplace_back(read_attempt_row(attempts));
            auto done = read_response(*partition, *file, attempts, id.hi, target.hi, attempt);
            if (!done) return std::unexpected(std::move(done).error());
        }
        if (code != SQLITE_DONE) return std::unexpected(failed(*partition, code, "read attempts"));
    }
    return history;
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
    return scan_extra_targets(partition, after_hi, slice);
}

// Targets that resends added to the events of the slice.
Result<void> LogReader::scan_extra_targets(LogPartition& partition, std::uint64_t after_hi,
                                           ScanSlice& slice) {
    if (slice.next_hi <= after_hi) return {};
    ASSIGN_OR_RETURN(File* const file, open(partition));
    ASSIGN_OR_RETURN(SqliteStatement* const rows, file->statement(log_sql::kExtraTargetsBetween));
    rows->bind(1, after_hi);
    rows->bind(2, slice.next_hi);
    const SqliteCursor cursor(*rows);
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        const std::uint64_t hi = rows->unsigned_integer(0);
        const EndpointId endpoint{rows->unsigned_integer(1), rows->unsigned_integer(2)};
        DeliveryRows delivery;
        code = read_delivery(file->delivery, hi, endpoint.hi, delivery);
        if (code != SQLITE_OK) break;
        if (delivery.state != DeliveryState::pending) continue;
        ASSIGN_OR_RETURN(const auto event, fetch_event(partition, hi, Payload::skip));
        slice.lost.push_back({event->id, endpoint, delivery.attempts});
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(partition, code, "scan"));
    return {};
}

}  // namespace posthaste
