#include "store/sqlite/log_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/assert.h"
#include "ports/store_match.h"
#include "store/sqlite/json_list.h"
#include "store/sqlite/log_file_connection.h"

// Opening, the tail, transactions; log_file_updates.cc applies updates, log_file_names.cc knows events by name,
// log_file_sealing.cc seals.

namespace posthaste {

namespace {

constexpr char kSchema[] =
#include "log_schema.sql.inc"
    ;
constexpr char kNative[] =
#include "log_2.sql.inc"
    ;
constexpr char kTags[] =
#include "log_3.sql.inc"
    ;
constexpr char kSealing[] =
#include "log_4.sql.inc"
    ;
constexpr char kDeliverAt[] =
#include "log_5.sql.inc"
    ;
constexpr char kResponseHeaders[] =
#include "log_6.sql.inc"
    ;
constexpr const char* kMigrations[] = {kSchema,  kNative,    kTags,
                                       kSealing, kDeliverAt, kResponseHeaders};
static_assert(std::size(kMigrations) == kLogVersion);

constexpr std::int64_t kNoLimit = -1;

}  // namespace

Result<void> migrate_log(SqliteDatabase& database, std::size_t version) {
    return database.migrate(std::span(kMigrations).first(version));
}

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
    } else if (!statement.is_null(1)) {
        // A delivery that was delivered and is sent again is pending again.
        rows.state = DeliveryState::parked;
        rows.due = statement.integer(1);
    } else if (statement.integer(3) != 0) {
        rows.state = DeliveryState::delivered;
    }
    return SQLITE_OK;
}

LogFile::LogFile(LogPartitionPtr partition, const SqliteOptions& options, Sealer& sealer)
    : partition_(std::move(partition)), options_(options), sealer_(sealer) {}
LogFile::~LogFile() = default;

Result<void> LogFile::check(int code, std::string_view doing) const {
    if (code == SQLITE_OK) return {};
    return std::unexpected(connection_->database.error(code, doing));
}

// ---- opening ---------------------------------------------------------------------------------------------------------

Result<void> LogFile::open(SqliteAccess access) {
    if (auto done = connect(access); !done) return done;
    auto read = read_meta();
    if (read) read = check_data_key();
    if (!read) {
        close();
        return read;
    }
    acknowledged_hi_ = newest_hi_;
    is_stale_ = false;
    publish();
    // Of an indexed file that is one short row. An open one is read when the first name is asked for.
    if (stage_ != LogStage::indexed) return {};
    auto named = load_names();
    if (!named) close();
    return named;
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
    cipher_.reset();
    log_pages_ = 0;
}

// ---- the tail --------------------------------------------------------------------------------------------------------

Result<std::uint64_t> LogFile::rebuild_tail(std::uint64_t acknowledged_hi, Timestamp now) {
    if (auto done = connect(SqliteAccess::write); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = read_meta(); !done) return std::unexpected(std::move(done).error());
    if (auto done = check_data_key(); !done) return std::unexpected(std::move(done).error());
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
            const int insert =
                park_pending(event, EndpointId{endpoint}, rows.attempts, now, parked);
            if (insert != SQLITE_OK) return insert;
        }
        tracker.add(event, outstanding);
    }
    if (code != SQLITE_DONE) return code;
    tracker_ = std::move(tracker);
    return SQLITE_OK;
}

int LogFile::park_pending(EventId event, EndpointId endpoint, std::uint32_t attempts, Timestamp now,
                          std::uint64_t& parked) {
    DeliveryUpdate delivery;
    delivery.event = event;
    delivery.endpoint = endpoint;
    ParkedState row{now, attempts, {}};
    if (attempts != 0) {
        const int code = count(connection_->manual_attempts, delivery, row.manual.manual_made);
        if (code != SQLITE_OK) return code;
    }
    bool inserted = false;
    const int code = insert_parked(delivery, row, inserted);
    if (inserted) ++parked;
    return code;
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

        const auto hi = static_cast<std::uint64_t>(above);
        const std::uint64_t event = next.unsigned_integer(2);
        ASSIGN_OR_RETURN(const auto endpoint, target_of(event, hi));
        if (endpoint) lanes.push_back({*endpoint, from_micros(next.integer(1))});
    }
}

// The whole id of an endpoint, whose lower half is in the event's list of targets or among those added later.
Result<std::optional<EndpointId>> LogFile::target_of(std::uint64_t event, std::uint64_t endpoint) {
    SqliteStatement& row = connection_->event_standing;
    row.bind(1, event);
    const SqliteCursor cursor(row);
    int code = row.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return std::unexpected(connection_->database.error(code, "read an event"));
    const std::string_view targets = code == SQLITE_ROW ? row.bytes(2) : std::string_view{};
    for (std::size_t at = 0; at + 16 <= targets.size(); at += 16) {
        const EndpointId target{read_id(targets, at)};
        if (target.hi == endpoint) return target;
    }
    SqliteStatement& extra = connection_->extra_target;
    extra.bind(1, event);
    extra.bind(2, endpoint);
    const SqliteCursor extra_cursor(extra);
    code = extra.step();
    if (code == SQLITE_ROW) return EndpointId{endpoint, extra.unsigned_integer(0)};
    if (code == SQLITE_DONE) return std::optional<EndpointId>{};
    return std::unexpected(connection_->database.error(code, "read an event's targets"));
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
    if (!options_.encrypt_payloads || cipher_) return {};
    auto readied = ready_cipher();
    if (!readied) rollback();
    return readied;
}

Result<void> LogFile::append(const Event& event) {
    const bool has_name = event.uid || event.request_key;
    if (has_name) {
        if (auto done = load_names(); !done) return done;
    }
    const bool is_plain = !options_.encrypt_payloads && !has_name && event.channels.empty() &&
                          event.tags.empty() && !event.body && !event.payload_expires_at &&
                          !event.deliver_at && !event.is_expunged;
    const int code = is_plain ? insert_plain(event) : insert_full(event);
    if (code != SQLITE_OK) return check(code, "store an event");

    const auto deliveries = static_cast<std::uint32_t>(event.targets.size());
    tracker_.add(event.id, deliveries);
    newest_hi_ = event.id.hi;
    ++tally_.events;
    tally_.accepted += deliveries;
    bytes_ += event.payload.size() + event.type.size() + scratch_.size() + 40;
    new_events_.push_back({event.application.hi, event.id.hi});
    const auto add_key = [&](std::uint64_t key) {
        append_event_key(new_keys_, {key, event.id.hi});
        keys_.add({key, event.id.hi});
        key_counts_.add(key);
    };
    if (event.request_key) add_key(request_key(*event.request_key));
    if (event.uid) add_key(uid_key(event.application, *event.uid));
    return {};
}

void LogFile::bind_event(SqliteStatement& insert, const Event& event) {
    scratch_.clear();
    append_id(scratch_, event.organization);
    append_id(scratch_, event.application);
    for (const EndpointId& target : event.targets) append_id(scratch_, target);
    if (event.request_key) append_id(scratch_, *event.request_key);
    const std::string_view ids = scratch_;
    insert.bind(1, event.id.hi);
    insert.bind(2, event.id.lo);
    insert.bind(3, to_micros(event.accepted_at));
    insert.bind_blob(4, ids.substr(0, 16));
    insert.bind_blob(5, ids.substr(16, 16));
    insert.bind_text(6, event.type);
    insert.bind_blob(7, ids.substr(32, event.targets.size() * 16));
    insert.bind_blob(8, event.payload);
}

int LogFile::insert_plain(const Event& event) {
    SqliteStatement& insert = connection_->insert_event;
    bind_event(insert, event);
    return insert.run();
}

int LogFile::insert_full(const Event& event) {
    SqliteStatement& insert = connection_->insert_full_event;
    bind_event(insert, event);
    channels_ = event.channels.empty() ? "" : to_json(event.channels);
    tags_ = event.tags.empty() ? "" : to_json(event.tags);
    const std::string_view ids = scratch_;
    event.uid ? insert.bind_text(9, *event.uid) : insert.bind_null(9);
    event.channels.empty() ? insert.bind_null(10) : insert.bind_text(10, channels_);
    const bool is_sealed = options_.encrypt_payloads;
    if (is_sealed) insert.bind_blob(8, sealed_payload(event));
    const auto body = [&] { return is_sealed ? sealed_body(event) : *event.body; };
    event.body ? insert.bind_blob(11, body()) : insert.bind_null(11);
    event.request_key ? insert.bind_blob(12, ids.substr(ids.size() - 16)) : insert.bind_null(12);
    event.payload_expires_at ? insert.bind(13, to_micros(*event.payload_expires_at))
                             : insert.bind_null(13);
    event.tags.empty() ? insert.bind_null(14) : insert.bind_text(14, tags_);
    insert.bind(15, std::int64_t{is_sealed});
    event.deliver_at ? insert.bind(16, to_micros(*event.deliver_at)) : insert.bind_null(16);
    const int code = insert.run();
    bytes_ += channels_.size() + tags_.size() + (event.body ? event.body->size() : 0) + 32;
    if (code != SQLITE_OK || !event.payload_expires_at) return code;
    SqliteStatement& expiry = connection_->insert_payload_expiry;
    expiry.bind(1, to_micros(*event.payload_expires_at));
    expiry.bind(2, event.id.hi);
    return expiry.run();
}

Result<void> LogFile::append_index(const IndexSlice& slice) {
    int code = SQLITE_OK;
    for (const EndpointAttempt& attempt : slice.attempts) {
        if (code = insert_index(attempt); code != SQLITE_OK) return check(code, "build an index");
    }
    const auto insert_pair = [](SqliteStatement& insert, std::uint64_t a, std::uint64_t b) {
        insert.bind(1, a);
        insert.bind(2, b);
        return insert.run();
    };
    for (const ApplicationEvent& event : slice.events) {
        code = insert_pair(connection_->insert_application_event, event.subject, event.key);
        if (code != SQLITE_OK) return check(code, "build an index");
    }
    for (const EventKey& key : slice.keys) {
        code = insert_pair(connection_->insert_sorted_key, key.key, key.event);
        if (code != SQLITE_OK) return check(code, "build an index");
    }
    if (slice.filter != nullptr) {
        SqliteStatement& replace = connection_->replace_filter;
        replace.bind(1, slice.counts.requests);
        replace.bind(2, slice.counts.uids);
        replace.bind_blob(3, slice.filter->bytes());
        code = replace.run();
    }
    return check(code, "build an index");
}

Result<void> LogFile::commit() {
    if (const int code = write_end(); code != SQLITE_OK) {
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
    const bool has_become_indexed = stage_ == LogStage::indexed && !keys_.is_empty();
    if (has_become_indexed) forget_names();
    publish();
    if (!new_attempts_.empty()) partition_->attempts.add(new_attempts_);
    if (!new_events_.empty()) partition_->events.add(new_events_);
    new_attempts_.clear();
    new_events_.clear();
    return {};
}

// What a transaction ends with.
int LogFile::write_end() {
    if (const int code = insert_new_keys(); code != SQLITE_OK) return code;
    SqliteStatement& meta = connection_->update_meta;
    meta.bind(1, tracker_.watermark());
    meta.bind(2, tally_.events);
    meta.bind(3, tally_.accepted);
    meta.bind(4, tally_.delivered);
    meta.bind(5, tally_.dead);
    meta.bind(6, tally_.cancelled);
    meta.bind(7, tally_.parked);
    meta.bind(8, static_cast<std::int64_t>(stage_));
    return meta.run();
}

int LogFile::insert_new_keys() {
    if (new_keys_.empty()) return SQLITE_OK;
    SqliteStatement& insert = connection_->insert_keys;
    insert.bind_blob(1, new_keys_);
    const int code = insert.run();
    bytes_ += new_keys_.size();
    new_keys_.clear();
    return code;
}

void LogFile::rollback() {
    if (connection_) static_cast<void>(connection_->rollback.run());
    connection_.reset();
    cipher_.reset();
    has_begun_ = false;
    is_stale_ = true;
    new_attempts_.clear();
    new_events_.clear();
    new_keys_.clear();
    forget_names();
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
    // What became durable without an answer is in no index in memory.
    partition_->attempts.set_cold();
    partition_->events.set_cold();
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
