#include "store/sqlite/log_file.h"

#include <filesystem>

#include "base/assert.h"
#include "store/sqlite/log_queries.h"

namespace posthaste {

namespace {

constexpr char kSchema[] =
#include "log_schema.sql.inc"
    ;
constexpr const char* kMigrations[] = {kSchema};

constexpr std::int64_t kNoLimit = -1;

}  // namespace

Result<void> migrate_log(SqliteDatabase& database) { return database.migrate(kMigrations); }

struct LogFile::Connection {
    explicit Connection(SqliteDatabase opened) : database(std::move(opened)) {}

    SqliteDatabase database;
    SqliteStatement begin, commit, rollback;
    SqliteStatement insert_event, insert_attempt, insert_parked, delete_parked, insert_ending,
        insert_index;
    SqliteStatement update_meta, read_meta, delivery, events_after, newest_event, next_lane,
        read_event, event_lo;

    [[nodiscard]] Result<void> prepare() {
        const std::pair<SqliteStatement*, const char*> all[] = {
            {&begin, "BEGIN IMMEDIATE"},
            {&commit, "COMMIT"},
            {&rollback, "ROLLBACK"},
            {&insert_event, log_sql::kInsertEvent},
            {&insert_attempt, log_sql::kInsertAttempt},
            {&insert_parked, log_sql::kInsertParked},
            {&delete_parked, log_sql::kDeleteParked},
            {&insert_ending, log_sql::kInsertEnding},
            {&insert_index, log_sql::kInsertIndex},
            {&update_meta, log_sql::kUpdateMeta},
            {&read_meta, log_sql::kReadMeta},
            {&delivery, log_sql::kDelivery},
            {&events_after, log_sql::kEventsAfter},
            {&newest_event, log_sql::kNewestEvent},
            {&next_lane, log_sql::kNextLane},
            {&read_event, log_sql::kReadEvent},
            {&event_lo, log_sql::kEventLo},
        };
        for (const auto& [statement, sql] : all) {
            ASSIGN_OR_RETURN(*statement, database.prepare(sql));
        }
        return {};
    }
};

int read_delivery(SqliteStatement& statement, std::uint64_t event, std::uint64_t endpoint,
                  DeliveryRows& rows) {
    statement.bind(1, event);
    statement.bind(2, endpoint);
    const SqliteCursor cursor(statement);
    const int code = statement.step();
    if (code != SQLITE_ROW) return code;
    rows = {};
    rows.attempts = static_cast<std::uint32_t>(statement.integer(2));
    if (!statement.is_null(0)) {
        rows.state = static_cast<DeliveryState>(statement.integer(0));
    } else if (statement.integer(3) != 0) {
        rows.state = DeliveryState::delivered;
    } else if (!statement.is_null(1)) {
        rows.state = DeliveryState::parked;
        rows.due = statement.integer(1);
    }
    return SQLITE_OK;
}

LogFile::LogFile(LogPartitionPtr partition, const SqliteOptions& options)
    : partition_(std::move(partition)), options_(options) {}
LogFile::~LogFile() = default;

Result<void> LogFile::check(int code, std::string_view doing) const {
    if (code == SQLITE_OK) return {};
    return std::unexpected(connection_->database.error(code, doing));
}

// ---- opening ---------------------------------------------------------------------------------------------------------

Result<void> LogFile::open(SqliteAccess access) {
    if (auto done = connect(access); !done) return done;
    if (auto done = read_meta(); !done) {
        close();
        return done;
    }
    acknowledged_hi_ = newest_hi_;
    is_stale_ = false;
    publish();
    return {};
}

Result<void> LogFile::connect(SqliteAccess access) {
    if (connection_) return {};
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(partition_->path, access, options_.vfs));
    if (auto done = database.execute(
            "PRAGMA page_size=" + std::to_string(options_.page_bytes) +
            "; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
            " PRAGMA secure_delete=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192");
        !done) {
        return done;
    }
    if (auto done = migrate_log(database); !done) return done;
    auto connection = std::make_unique<Connection>(std::move(database));
    if (auto done = connection->prepare(); !done) return done;
    sqlite3_wal_hook(
        connection->database.handle(),
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<LogFile*>(self)->log_pages_ = static_cast<std::uint64_t>(pages);
            return SQLITE_OK;
        },
        this);
    connection_ = std::move(connection);
    return {};
}

Result<void> LogFile::read_meta() {
    SqliteStatement& meta = connection_->read_meta;
    const SqliteCursor cursor(meta);
    if (const int code = meta.step(); code != SQLITE_ROW) {
        if (code != SQLITE_DONE) return check(code, "read the counters");
        return fail(ErrorCode::corrupt,
                    partition_->path + " has no counters: it is not a log file of posthaste.");
    }
    tracker_ = TailTracker(meta.unsigned_integer(0));
    tally_.events = meta.unsigned_integer(1);
    tally_.accepted = meta.unsigned_integer(2);
    tally_.delivered = meta.unsigned_integer(3);
    tally_.dead = meta.unsigned_integer(4);
    tally_.cancelled = meta.unsigned_integer(5);
    tally_.parked = meta.unsigned_integer(6);
    stage_ = static_cast<LogStage>(meta.integer(7));
    commits_ = meta.integer(8);

    SqliteStatement& newest = connection_->newest_event;
    const SqliteCursor newest_cursor(newest);
    if (const int code = newest.step(); code != SQLITE_ROW)
        return check(code, "read the newest event");
    newest_hi_ = newest.unsigned_integer(0);

    std::error_code ignored;
    const auto file_bytes = std::filesystem::file_size(partition_->path, ignored);
    bytes_ = ignored ? 0 : file_bytes;
    return {};
}

void LogFile::close() {
    if (has_begun_) rollback();
    connection_.reset();
    log_pages_ = 0;
}

// ---- the tail --------------------------------------------------------------------------------------------------------

Result<std::uint64_t> LogFile::rebuild_tail(std::uint64_t acknowledged_hi, Timestamp now) {
    if (auto done = connect(SqliteAccess::write); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = read_meta(); !done) return std::unexpected(std::move(done).error());
    std::uint64_t parked = 0;
    const std::uint64_t before = tracker_.watermark();
    int code = connection_->begin.run();
    if (code == SQLITE_OK) {
        has_begun_ = true;
        code = rebuild_events(acknowledged_hi, now, parked);
    }
    if (code != SQLITE_OK) {
        auto error = connection_->database.error(code, "recover the tail");
        rollback();
        return std::unexpected(std::move(error));
    }
    is_stale_ = false;
    if (parked == 0 && tracker_.watermark() == before) {
        static_cast<void>(connection_->rollback.run());
        has_begun_ = false;
    } else if (auto done = commit(); !done) {
        return std::unexpected(std::move(done).error());
    }
    acknowledged_hi_ = newest_hi_;
    publish();
    return parked;
}

int LogFile::rebuild_events(std::uint64_t acknowledged_hi, Timestamp now, std::uint64_t& parked) {
    TailTracker tracker(tracker_.watermark());
    SqliteStatement& events = connection_->events_after;
    events.bind(1, tracker.watermark());
    events.bind(2, newest_hi_);
    events.bind(3, kNoLimit);
    const SqliteCursor cursor(events);
    int code = SQLITE_DONE;
    while ((code = events.step()) == SQLITE_ROW) {
        const EventId event{events.unsigned_integer(0), events.unsigned_integer(1)};
        const std::string_view targets = events.bytes(2);
        std::uint32_t outstanding = 0;
        for (std::size_t at = 0; at + 16 <= targets.size(); at += 16) {
            const Id endpoint = read_id(targets, at);
            DeliveryRows rows;
            if (const int read = read_delivery(connection_->delivery, event.hi, endpoint.hi, rows);
                read != SQLITE_OK) {
                return read;
            }
            if (rows.state != DeliveryState::pending) continue;
            if (event.hi <= acknowledged_hi) {
                ++outstanding;
                continue;
            }
            bool inserted = false;
            const int insert =
                insert_parked(endpoint.hi, to_micros(now), event.hi, rows.attempts, inserted);
            if (insert != SQLITE_OK) return insert;
            if (inserted) ++parked;
        }
        tracker.add(event, outstanding);
    }
    if (code != SQLITE_DONE) return code;
    tracker_ = std::move(tracker);
    return SQLITE_OK;
}

Result<void> LogFile::collect_lanes(std::vector<ParkedLane>& lanes) {
    if (tally_.parked == 0) return {};
    if (auto done = connect(SqliteAccess::write); !done) return done;
    std::int64_t above = -1;
    for (;;) {
        SqliteStatement& next = connection_->next_lane;
        next.bind(1, above);
        const SqliteCursor cursor(next);
        const int code = next.step();
        if (code == SQLITE_DONE) return {};
        if (code != SQLITE_ROW) return check(code, "look for parked deliveries");
        above = next.integer(0);

        // The lower half of the endpoint's id is in the event's list of targets.
        SqliteStatement& event = connection_->read_event;
        event.bind(1, next.integer(2));
        const SqliteCursor event_cursor(event);
        if (event.step() != SQLITE_ROW) continue;
        const std::string_view targets = event.bytes(5);
        for (std::size_t at = 0; at + 16 <= targets.size(); at += 16) {
            const EndpointId endpoint{read_id(targets, at)};
            if (endpoint.hi != static_cast<std::uint64_t>(above)) continue;
            lanes.push_back({endpoint, from_micros(next.integer(1))});
            break;
        }
    }
}

// ---- transactions ----------------------------------------------------------------------------------------------------

Result<void> LogFile::begin(Timestamp now) {
    if (has_begun_) return {};
    ASSERT(!is_ambiguous_);
    if (is_stale_) {
        if (auto done = rebuild_tail(acknowledged_hi_, now); !done)
            return std::unexpected(std::move(done).error());
    }
    if (auto done = connect(SqliteAccess::write); !done) return done;
    if (const int code = connection_->begin.run(); code != SQLITE_OK) {
        auto failed = check(code, "start a transaction");
        rollback();
        return failed;
    }
    has_begun_ = true;
    return {};
}

Result<void> LogFile::append(const Event& event) {
    scratch_.clear();
    append_id(scratch_, event.organization);
    append_id(scratch_, event.application);
    for (const EndpointId& target : event.targets) append_id(scratch_, target);
    const std::string_view ids = scratch_;

    SqliteStatement& insert = connection_->insert_event;
    insert.bind(1, event.id.hi);
    insert.bind(2, event.id.lo);
    insert.bind(3, to_micros(event.accepted_at));
    insert.bind_blob(4, ids.substr(0, 16));
    insert.bind_blob(5, ids.substr(16, 16));
    insert.bind_text(6, event.type);
    insert.bind_blob(7, ids.substr(32));
    insert.bind_blob(8, event.payload);
    if (const int code = insert.run(); code != SQLITE_OK) return check(code, "store an event");

    const auto deliveries = static_cast<std::uint32_t>(event.targets.size());
    tracker_.add(event.id, deliveries);
    newest_hi_ = event.id.hi;
    ++tally_.events;
    tally_.accepted += deliveries;
    bytes_ += event.payload.size() + event.type.size() + scratch_.size() + 40;
    return {};
}

Result<void> LogFile::apply(const DeliveryUpdate& update, Timestamp now) {
    // The happy path is a first attempt of a delivery in the tail: one insert, no look-up.
    const bool is_happy =
        update.attempt && !update.origin.parked_due && tracker_.contains(update.event);
    bool goes_on = true;
    int code = is_happy ? SQLITE_OK : find_event(update.event, goes_on);
    // Where the attempt is there already, the update is being repeated and has done its work.
    if (code == SQLITE_OK && goes_on && update.attempt) code = insert_attempt(update, goes_on);
    if (code == SQLITE_OK && goes_on) code = apply_move(update, now);
    return check(code, "store a delivery's progress");
}

int LogFile::find_event(EventId event, bool& found) {
    SqliteStatement& row = connection_->event_lo;
    row.bind(1, event.hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    found = code == SQLITE_ROW && row.unsigned_integer(0) == event.lo;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int LogFile::apply_move(const DeliveryUpdate& update, Timestamp now) {
    bool moves = true;
    if (const int code = leave_origin(update, moves); code != SQLITE_OK || !moves) return code;
    if (update.next == DeliveryState::parked) {
        bool inserted = false;
        return insert_parked(update.endpoint.hi, to_micros(update.due), update.event.hi,
                             update.attempts_made, inserted);
    }
    ASSERT(is_settled(update.next));
    const bool attempt_says_so =
        update.next == DeliveryState::delivered && update.attempt.has_value();
    if (!attempt_says_so) {
        SqliteStatement& insert = connection_->insert_ending;
        insert.bind(1, update.event.hi);
        insert.bind(2, update.endpoint.hi);
        insert.bind(3, static_cast<std::int64_t>(update.next));
        insert.bind(4, to_micros(now));
        if (const int code = insert.run(); code != SQLITE_OK) return code;
        if (connection_->database.changes() == 0) return SQLITE_OK;
    }
    switch (update.next) {
        case DeliveryState::delivered: ++tally_.delivered; break;
        case DeliveryState::dead: ++tally_.dead; break;
        case DeliveryState::cancelled: ++tally_.cancelled; break;
        case DeliveryState::pending:
        case DeliveryState::parked: break;
    }
    return SQLITE_OK;
}

// Takes the delivery from where the update says it was. `moves` becomes false when it has gone from there already: then
// the update is a repetition, or came too late, and changes nothing.
int LogFile::leave_origin(const DeliveryUpdate& update, bool& moves) {
    const std::uint64_t event = update.event.hi;
    const std::uint64_t endpoint = update.endpoint.hi;
    if (update.origin.parked_due) {
        bool deleted = false;
        const int code =
            delete_parked(endpoint, to_micros(*update.origin.parked_due), event, deleted);
        if (code != SQLITE_OK || deleted) return code;
    } else if (update.attempt && tracker_.release(update.event)) {
        return SQLITE_OK;
    }
    DeliveryRows rows;
    if (const int code = read_delivery(connection_->delivery, event, endpoint, rows);
        code != SQLITE_OK)
        return code;
    // An attempt inserted just now that delivered makes the delivery look settled; without an ending it was not.
    const bool is_own_attempt = update.attempt && update.next == DeliveryState::delivered &&
                                rows.state == DeliveryState::delivered;
    if (is_settled(rows.state) && !is_own_attempt) {
        moves = false;
        return SQLITE_OK;
    }
    if (rows.state == DeliveryState::parked) {
        if (update.next == DeliveryState::parked && !update.attempt) {
            moves = false;
            return SQLITE_OK;
        }
        bool deleted = false;
        return delete_parked(endpoint, rows.due, event, deleted);
    }
    if (!update.origin.parked_due && !update.attempt)
        static_cast<void>(tracker_.release(update.event));
    return SQLITE_OK;
}

int LogFile::insert_attempt(const DeliveryUpdate& update, bool& inserted) {
    const AttemptRecord& attempt = *update.attempt;
    SqliteStatement& insert = connection_->insert_attempt;
    insert.bind(1, update.event.hi);
    insert.bind(2, update.endpoint.hi);
    insert.bind(3, static_cast<std::int64_t>(attempt.number));
    insert.bind(4, to_micros(attempt.started_at));
    insert.bind(5, static_cast<std::int64_t>(attempt.outcome));
    insert.bind(6, static_cast<std::int64_t>(attempt.status_code));
    insert.bind(7, static_cast<std::int64_t>(update.next));
    insert.bind(8, attempt.queue_lag.count());
    insert.bind(9, attempt.timings.dns.count());
    insert.bind(10, attempt.timings.connect.count());
    insert.bind(11, attempt.timings.tls.count());
    insert.bind(12, attempt.timings.first_byte.count());
    insert.bind(13, attempt.timings.total.count());
    insert.bind_text(14, attempt.response);
    if (const int code = insert.run(); code != SQLITE_OK) return code;
    inserted = connection_->database.changes() != 0;
    if (!inserted) return SQLITE_OK;
    bytes_ += attempt.response.size() + 60;
    const EndpointAttempt entry{update.endpoint.hi,
                                {to_micros(attempt.started_at), update.event.hi, attempt.number}};
    if (stage_ != LogStage::indexed) new_attempts_.push_back(entry);
    return stage_ == LogStage::open ? SQLITE_OK : insert_index(entry);
}

int LogFile::insert_parked(std::uint64_t endpoint, std::int64_t due, std::uint64_t event,
                           std::uint32_t attempts, bool& inserted) {
    SqliteStatement& insert = connection_->insert_parked;
    insert.bind(1, endpoint);
    insert.bind(2, due);
    insert.bind(3, event);
    insert.bind(4, static_cast<std::int64_t>(attempts));
    if (const int code = insert.run(); code != SQLITE_OK) return code;
    inserted = connection_->database.changes() != 0;
    if (inserted) ++tally_.parked;
    return SQLITE_OK;
}

int LogFile::delete_parked(std::uint64_t endpoint, std::int64_t due, std::uint64_t event,
                           bool& deleted) {
    SqliteStatement& remove = connection_->delete_parked;
    remove.bind(1, endpoint);
    remove.bind(2, due);
    remove.bind(3, event);
    if (const int code = remove.run(); code != SQLITE_OK) return code;
    deleted = connection_->database.changes() != 0;
    if (deleted) --tally_.parked;
    return SQLITE_OK;
}

int LogFile::insert_index(const EndpointAttempt& attempt) {
    SqliteStatement& insert = connection_->insert_index;
    insert.bind(1, attempt.endpoint);
    insert.bind(2, attempt.key.started_at);
    insert.bind(3, attempt.key.event);
    insert.bind(4, static_cast<std::int64_t>(attempt.key.number));
    return insert.run();
}

Result<void> LogFile::append_index(std::span<const EndpointAttempt> attempts) {
    for (const EndpointAttempt& attempt : attempts) {
        if (const int code = insert_index(attempt); code != SQLITE_OK)
            return check(code, "build an index");
    }
    return {};
}

Result<void> LogFile::commit() {
    SqliteStatement& meta = connection_->update_meta;
    meta.bind(1, tracker_.watermark());
    meta.bind(2, tally_.events);
    meta.bind(3, tally_.accepted);
    meta.bind(4, tally_.delivered);
    meta.bind(5, tally_.dead);
    meta.bind(6, tally_.cancelled);
    meta.bind(7, tally_.parked);
    meta.bind(8, static_cast<std::int64_t>(stage_));
    if (const int code = meta.run(); code != SQLITE_OK) {
        auto failed = check(code, "store the counters");
        rollback();
        return failed;
    }
    if (const int code = connection_->commit.run(); code != SQLITE_OK) {
        Error error = connection_->database.error(code, "commit");
        // A full disk is noticed before the record that makes the commit valid; any other trouble leaves it open.
        const int primary = code & 0xff;
        const bool is_definite =
            primary == SQLITE_FULL || primary == SQLITE_BUSY || primary == SQLITE_READONLY;
        rollback();
        if (!is_definite) {
            is_ambiguous_ = true;
            error.code = ErrorCode::commit_unknown;
        }
        return std::unexpected(std::move(error));
    }
    has_begun_ = false;
    ++commits_;
    acknowledged_hi_ = newest_hi_;
    publish();
    if (!new_attempts_.empty()) {
        partition_->attempts.add(new_attempts_);
        new_attempts_.clear();
    }
    return {};
}

void LogFile::rollback() {
    if (connection_) static_cast<void>(connection_->rollback.run());
    connection_.reset();
    has_begun_ = false;
    is_stale_ = true;
    new_attempts_.clear();
}

void LogFile::publish() {
    partition_->newest_hi.store(newest_hi_, std::memory_order_release);
    partition_->watermark.store(tracker_.watermark(), std::memory_order_release);
    partition_->parked.store(tally_.parked, std::memory_order_release);
    partition_->stage.store(stage_, std::memory_order_release);
}

// ---- the write-ahead log ---------------------------------------------------------------------------------------------

Result<void> LogFile::heal() {
    connection_.reset();
    if (auto done = connect(SqliteAccess::write); !done) return done;
    if (auto done = truncate_log(); !done) {
        connection_.reset();
        return done;
    }
    is_ambiguous_ = false;
    return {};
}

void LogFile::checkpoint() {
    if (!connection_) return;
    int pages = 0;
    int copied = 0;
    const int code = sqlite3_wal_checkpoint_v2(connection_->database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    // A checkpoint that fails now is tried again after the next commit: nothing is lost while the log is kept.
    if (code == SQLITE_OK) log_pages_ = static_cast<std::uint64_t>(pages - copied);
}

Result<void> LogFile::truncate_log() {
    if (auto done = connect(SqliteAccess::write); !done) return done;
    const int code = sqlite3_wal_checkpoint_v2(connection_->database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code == SQLITE_OK) log_pages_ = 0;
    return check(code, "checkpoint");
}

}  // namespace posthaste
