// How the updates of deliveries are applied. An update counts only when the delivery is where the update says it was;
// otherwise it was applied before, or came too late, and changes nothing.

#include <algorithm>

#include "base/assert.h"
#include "ports/store_match.h"
#include "store/sqlite/log_file_connection.h"

namespace posthaste {

struct LogFile::Standing {
    bool is_there = false;
    bool is_expunged = false;
    std::vector<EndpointId> targets;

    [[nodiscard]] bool has_target(EndpointId endpoint) const {
        return std::find(targets.begin(), targets.end(), endpoint) != targets.end();
    }
};

Result<void> LogFile::apply(const DeliveryUpdate& update, Timestamp now) {
    int code = SQLITE_OK;
    if (update.kind != UpdateKind::step) {
        code = apply_resend(update);
    } else if (update.attempt && !update.origin.parked_due && tracker_.contains(update.event)) {
        code = apply_first_attempt(update, now);
    } else {
        code = apply_step(update, now);
    }
    return check(code, "store a delivery's progress");
}

// The happy path, an attempt of a delivery in the tail: one insert, no look-up.
int LogFile::apply_first_attempt(const DeliveryUpdate& update, Timestamp now) {
    bool inserted = false;
    int code = insert_attempt(update, update.next, inserted);
    // Where the attempt is there already, the update is being repeated and has done its work.
    if (code != SQLITE_OK || !inserted) return code;
    if (code = note_attempt(update); code != SQLITE_OK) return code;
    static_cast<void>(tracker_.release(update.event));
    return arrive(update, update.next, now);
}

int LogFile::apply_step(const DeliveryUpdate& update, Timestamp now) {
    Standing event;
    if (const int code = find_event(update.event, event); code != SQLITE_OK || !event.is_there)
        return code;
    std::uint32_t received = 0;
    if (update.next == DeliveryState::dead) {
        const int code = count(connection_->has_delivered, update, received);
        if (code != SQLITE_OK) return code;
    }
    const DeliveryState next = state_to_store(update.next, received != 0);
    return update.origin.parked_due ? step_from_parked(update, next, now)
                                    : step_from_tail(update, next, event, now);
}

int LogFile::step_from_parked(const DeliveryUpdate& update, DeliveryState next, Timestamp now) {
    if (update.attempt) {
        bool inserted = false;
        const int code = insert_attempt(update, next, inserted);
        if (code != SQLITE_OK || !inserted) return code;
    }
    bool deleted = false;
    int code = delete_parked(update.endpoint.hi, to_micros(*update.origin.parked_due),
                             update.event.hi, deleted);
    if (code != SQLITE_OK) return code;
    if (!deleted) return update.attempt ? delete_attempt(update) : SQLITE_OK;
    if (update.attempt) code = note_attempt(update);
    return code == SQLITE_OK ? arrive(update, next, now) : code;
}

int LogFile::step_from_tail(const DeliveryUpdate& update, DeliveryState next, const Standing& event,
                            Timestamp now) {
    DeliveryRows rows;
    int code = read_delivery(connection_->delivery, update.event.hi, update.endpoint.hi, rows);
    if (code != SQLITE_OK || rows.state != DeliveryState::pending) return code;
    const bool is_target = event.has_target(update.endpoint);
    if (!is_target) {
        // A target that a resend added is never in the tail: it was lost, and this repairs it.
        bool is_extra = false;
        code = has_extra_target(update.event.hi, update.endpoint, is_extra);
        if (code != SQLITE_OK || !is_extra) return code;
    }
    if (update.attempt) {
        bool inserted = false;
        code = insert_attempt(update, next, inserted);
        if (code != SQLITE_OK || !inserted) return code;
        if (code = note_attempt(update); code != SQLITE_OK) return code;
    }
    if (is_target) static_cast<void>(tracker_.release(update.event));
    return arrive(update, next, now);
}

int LogFile::arrive(const DeliveryUpdate& update, DeliveryState next, Timestamp now) {
    if (next == DeliveryState::parked) {
        const ParkedState row{update.due, update.attempts_made, update.manual};
        bool inserted = false;
        return insert_parked(update, row, inserted);
    }
    ASSERT(is_settled(next));
    // The row of an attempt that delivered says so itself.
    const bool attempt_says_so = next == DeliveryState::delivered && update.attempt.has_value();
    if (!attempt_says_so) {
        SqliteStatement& insert = connection_->insert_ending;
        insert.bind(1, update.event.hi);
        insert.bind(2, update.endpoint.hi);
        insert.bind(3, static_cast<std::int64_t>(next));
        insert.bind(4, to_micros(now));
        if (const int code = insert.run(); code != SQLITE_OK) return code;
        if (connection_->database.changes() == 0) return SQLITE_OK;
    }
    ++settled_count(next);
    return SQLITE_OK;
}

std::uint64_t& LogFile::settled_count(DeliveryState state) {
    if (state == DeliveryState::delivered) return tally_.delivered;
    return state == DeliveryState::dead ? tally_.dead : tally_.cancelled;
}

// ---- resends ---------------------------------------------------------------------------------------------------------

int LogFile::apply_resend(const DeliveryUpdate& update) {
    Standing event;
    int code = find_event(update.event, event);
    if (code != SQLITE_OK || !event.is_there || event.is_expunged) return code;
    DeliveryRows rows;
    code = read_delivery(connection_->delivery, update.event.hi, update.endpoint.hi, rows);
    if (code != SQLITE_OK) return code;
    if (update.kind == UpdateKind::restart)
        return rows.state == DeliveryState::dead ? resend_settled(update, rows) : SQLITE_OK;
    if (rows.state == DeliveryState::parked) return resend_parked(update);
    if (is_settled(rows.state)) return resend_settled(update, rows);
    // In the tail; or not a target so far.
    bool is_target = event.has_target(update.endpoint);
    if (!is_target) code = has_extra_target(update.event.hi, update.endpoint, is_target);
    return code != SQLITE_OK || is_target ? code : resend_to_new_target(update);
}

int LogFile::resend_parked(const DeliveryUpdate& update) {
    ParkedState before;
    {
        SqliteStatement& parked = connection_->parked_row;
        parked.bind(1, update.event.hi);
        parked.bind(2, update.endpoint.hi);
        const SqliteCursor cursor(parked);
        if (const int code = parked.step(); code != SQLITE_ROW)
            return code == SQLITE_DONE ? SQLITE_OK : code;
        before.due = from_micros(parked.integer(0));
        before.attempts_made = static_cast<std::uint32_t>(parked.integer(1));
        before.manual.manual_made = static_cast<std::uint32_t>(parked.integer(2));
        before.manual.trigger = static_cast<AttemptTrigger>(parked.integer(3));
    }
    const auto after = resent(before, update.due);
    if (!after) return SQLITE_OK;
    bool done = false;
    const int code =
        delete_parked(update.endpoint.hi, to_micros(before.due), update.event.hi, done);
    return code == SQLITE_OK ? insert_parked(update, *after, done) : code;
}

int LogFile::resend_to_new_target(const DeliveryUpdate& update) {
    SqliteStatement& insert = connection_->insert_extra_target;
    insert.bind(1, update.event.hi);
    insert.bind(2, update.endpoint.hi);
    insert.bind(3, update.endpoint.lo);
    if (const int code = insert.run(); code != SQLITE_OK) return code;
    ++tally_.accepted;
    bool inserted = false;
    return insert_parked(update, resent(0, 0, update.due), inserted);
}

int LogFile::resend_settled(const DeliveryUpdate& update, const DeliveryRows& rows) {
    SqliteStatement& remove = connection_->delete_ending;
    remove.bind(1, update.event.hi);
    remove.bind(2, update.endpoint.hi);
    if (const int code = remove.run(); code != SQLITE_OK) return code;
    --settled_count(rows.state);
    bool inserted = false;
    if (update.kind == UpdateKind::restart)
        return insert_parked(update, restarted(rows.attempts, update.due), inserted);
    std::uint32_t manual_made = 0;
    const int code = count(connection_->manual_attempts, update, manual_made);
    return code == SQLITE_OK
               ? insert_parked(update, resent(rows.attempts, manual_made, update.due), inserted)
               : code;
}

// ---- rows ------------------------------------------------------------------------------------------------------------

int LogFile::find_event(EventId event, Standing& standing) {
    SqliteStatement& row = connection_->event_standing;
    row.bind(1, event.hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
    standing.is_there = row.unsigned_integer(0) == event.lo;
    standing.is_expunged = row.integer(1) != 0;
    const std::string_view targets = row.bytes(2);
    for (std::size_t at = 0; at + 16 <= targets.size(); at += 16)
        standing.targets.emplace_back(read_id(targets, at));
    return SQLITE_OK;
}

int LogFile::has_extra_target(std::uint64_t event, EndpointId endpoint, bool& has) {
    SqliteStatement& row = connection_->extra_target;
    row.bind(1, event);
    row.bind(2, endpoint.hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    has = code == SQLITE_ROW && row.unsigned_integer(0) == endpoint.lo;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

// `statement` counts among the attempts of one delivery.
int LogFile::count(SqliteStatement& statement, const DeliveryUpdate& update,
                   std::uint32_t& number) {
    statement.bind(1, update.event.hi);
    statement.bind(2, update.endpoint.hi);
    const SqliteCursor cursor(statement);
    if (const int code = statement.step(); code != SQLITE_ROW) return code;
    number = static_cast<std::uint32_t>(statement.integer(0));
    return SQLITE_OK;
}

int LogFile::insert_attempt(const DeliveryUpdate& update, DeliveryState next, bool& inserted) {
    const AttemptRecord& attempt = *update.attempt;
    SqliteStatement& insert = connection_->insert_attempt;
    insert.bind(1, update.event.hi);
    insert.bind(2, update.endpoint.hi);
    insert.bind(3, static_cast<std::int64_t>(attempt.number));
    insert.bind(4, to_micros(attempt.started_at));
    insert.bind(5, static_cast<std::int64_t>(attempt.outcome));
    insert.bind(6, static_cast<std::int64_t>(attempt.status_code));
    insert.bind(7, static_cast<std::int64_t>(next));
    insert.bind(8, attempt.queue_lag.count());
    insert.bind(9, attempt.timings.dns.count());
    insert.bind(10, attempt.timings.connect.count());
    insert.bind(11, attempt.timings.tls.count());
    insert.bind(12, attempt.timings.first_byte.count());
    insert.bind(13, attempt.timings.total.count());
    insert.bind(15, static_cast<std::int64_t>(attempt.trigger));
    bind_answer(update);
    if (const int code = insert.run(); code != SQLITE_OK) return code;
    inserted = connection_->database.changes() != 0;
    return SQLITE_OK;
}

void LogFile::bind_answer(const DeliveryUpdate& update) {
    const AttemptRecord& attempt = *update.attempt;
    SqliteStatement& insert = connection_->insert_attempt;
    if (options_.encrypt_payloads) {
        insert.bind_text(14, {});
        insert.bind_blob(16, sealed_response(update));
    } else {
        insert.bind_text(14, attempt.response);
    }
    if (!attempt.response_headers)
        insert.bind_null(17);
    else if (options_.encrypt_payloads)
        insert.bind_blob(17, {});
    else
        insert.bind_blob(17, *attempt.response_headers);
}

// An attempt that was inserted, and stays.
int LogFile::note_attempt(const DeliveryUpdate& update) {
    const AttemptRecord& attempt = *update.attempt;
    bytes_ += attempt.response.size() + 60;
    if (attempt.response_headers) bytes_ += attempt.response_headers->size();
    const EndpointAttempt entry{update.endpoint.hi,
                                {to_micros(attempt.started_at), update.event.hi, attempt.number,
                                 attempt.outcome == AttemptOutcome::delivered}};
    if (stage_ != LogStage::indexed) new_attempts_.push_back(entry);
    if (stage_ == LogStage::open) return SQLITE_OK;
    partition_->endpoints.add(entry.subject);
    return insert_index(entry);
}

int LogFile::delete_attempt(const DeliveryUpdate& update) {
    SqliteStatement& remove = connection_->delete_attempt;
    remove.bind(1, update.event.hi);
    remove.bind(2, update.endpoint.hi);
    remove.bind(3, static_cast<std::int64_t>(update.attempt->number));
    return remove.run();
}

// Only the update's event and endpoint count.
int LogFile::insert_parked(const DeliveryUpdate& update, const ParkedState& row, bool& inserted) {
    SqliteStatement& insert = connection_->insert_parked;
    insert.bind(1, update.endpoint.hi);
    insert.bind(2, to_micros(row.due));
    insert.bind(3, update.event.hi);
    insert.bind(4, static_cast<std::int64_t>(row.attempts_made));
    insert.bind(5, static_cast<std::int64_t>(row.manual.manual_made));
    insert.bind(6, static_cast<std::int64_t>(row.manual.trigger));
    row.manual.resume_due ? insert.bind(7, to_micros(*row.manual.resume_due)) : insert.bind_null(7);
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
    insert.bind(1, attempt.subject);
    insert.bind(2, attempt.key.started_at);
    insert.bind(3, attempt.key.event);
    insert.bind(4, static_cast<std::int64_t>(attempt.key.number));
    insert.bind(5, std::int64_t{attempt.key.is_delivered});
    return insert.run();
}

// ---- expunging -------------------------------------------------------------------------------------------------------

// With secure_delete SQLite writes zeros over what a row no longer needs. The write-ahead log keeps the pages as they were
// until its next checkpoint, which the caller asks for.
Result<void> LogFile::expunge_payload(std::uint64_t event) {
    SqliteDatabase& database = connection_->database;
    if (auto done = database.execute("PRAGMA secure_delete=ON"); !done) return done;
    int code = SQLITE_OK;
    for (const char* const sql : {log_sql::kDeletePayloadExpiry, log_sql::kExpungePayload}) {
        ASSIGN_OR_RETURN(auto statement, database.prepare(sql));
        statement.bind(1, event);
        if (code == SQLITE_OK) code = statement.run();
    }
    auto done = check(code, "delete a payload");
    if (auto reset = database.execute("PRAGMA secure_delete=OFF"); done && !reset) return reset;
    return done;
}

Result<bool> LogFile::expunge_response(EventId event, EndpointId endpoint, std::uint32_t number) {
    SqliteDatabase& database = connection_->database;
    ASSIGN_OR_RETURN(auto statement, database.prepare(log_sql::kExpungeResponse));
    if (auto done = database.execute("PRAGMA secure_delete=ON"); !done)
        return std::unexpected(std::move(done).error());
    statement.bind(1, event.hi);
    statement.bind(2, endpoint.hi);
    statement.bind(3, static_cast<std::int64_t>(number));
    const int code = statement.run();
    const bool has_changed = code == SQLITE_OK && database.changes() != 0;
    auto done = check(code, "delete a response");
    if (auto reset = database.execute("PRAGMA secure_delete=OFF"); done && !reset)
        done = std::move(reset);
    if (!done) return std::unexpected(std::move(done).error());
    return has_changed;
}

}  // namespace posthaste
