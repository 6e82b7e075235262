#pragma once

// Every statement on a log file. The comment names the index a statement relies on; query_plan_test.cc holds SQLite to it.

namespace posthaste::log_sql {

// event: rowid, an append.
inline constexpr char kInsertEvent[] =
    "INSERT INTO event(hi, lo, accepted_at, organization, application, type, targets, payload)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
// attempt: primary key, nearly an append.
inline constexpr char kInsertAttempt[] =
    "INSERT OR IGNORE INTO attempt(event, endpoint, number, started_at, outcome, status_code, "
    "state_after, queue_lag,"
    " dns, connect, tls, first_byte, total, response)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
inline constexpr char kInsertParked[] =
    "INSERT OR IGNORE INTO parked(endpoint, due, event, attempts_made) VALUES (?1, ?2, ?3, ?4)";
// parked: by way of parked_by_event, which holds the primary key; both trees lose an entry anyway.
inline constexpr char kDeleteParked[] =
    "DELETE FROM parked WHERE endpoint = ?1 AND due = ?2 AND event = ?3";
inline constexpr char kInsertEnding[] =
    "INSERT OR IGNORE INTO ending(event, endpoint, state, at) VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kInsertIndex[] =
    "INSERT OR IGNORE INTO attempt_by_endpoint(endpoint, started_at, event, number) VALUES (?1, "
    "?2, ?3, ?4)";
inline constexpr char kUpdateMeta[] =
    "UPDATE meta SET watermark = ?1, events = ?2, accepted = ?3, delivered = ?4, dead = ?5, "
    "cancelled = ?6, parked = ?7,"
    " stage = ?8, commits = commits + 1 WHERE id = 1";
inline constexpr char kReadMeta[] =
    "SELECT watermark, events, accepted, delivered, dead, cancelled, parked, stage, commits FROM "
    "meta WHERE id = 1";

// One delivery: how it ended, when it is due if parked, its attempts, whether one of them delivered.
// ending and attempt: primary keys; parked: parked_by_event.
inline constexpr char kDelivery[] =
    "SELECT (SELECT state FROM ending WHERE event = ?1 AND endpoint = ?2),"
    " (SELECT due FROM parked INDEXED BY parked_by_event WHERE event = ?1 AND endpoint = ?2),"
    " (SELECT count(*) FROM attempt WHERE event = ?1 AND endpoint = ?2),"
    " (SELECT max(state_after = 2) FROM attempt WHERE event = ?1 AND endpoint = ?2)";
// event: rowid.
inline constexpr char kEventsAfter[] =
    "SELECT hi, lo, targets FROM event WHERE hi > ?1 AND hi <= ?2 ORDER BY hi LIMIT ?3";
inline constexpr char kNewestEvent[] = "SELECT max(hi) FROM event";
// event: rowid.
inline constexpr char kReadEvent[] =
    "SELECT lo, accepted_at, organization, application, type, targets, payload FROM event WHERE hi "
    "= ?1";
inline constexpr char kEventLo[] = "SELECT lo FROM event WHERE hi = ?1";
// attempt: primary key.
inline constexpr char kReadAttempts[] =
    "SELECT number, started_at, outcome, status_code, state_after, queue_lag, dns, connect, tls, "
    "first_byte, total, response"
    " FROM attempt WHERE event = ?1 AND endpoint = ?2 ORDER BY number";
inline constexpr char kReadAttempt[] =
    "SELECT number, started_at, outcome, status_code, state_after, queue_lag, dns, connect, tls, "
    "first_byte, total, response"
    " FROM attempt WHERE event = ?1 AND endpoint = ?2 AND number = ?3";
// parked: primary key, in order.
inline constexpr char kParkedOfEndpoint[] =
    "SELECT due, event, attempts_made FROM parked WHERE endpoint = ?1 ORDER BY due, event LIMIT ?2";
// parked: primary key, one probe: the skip scan over lanes.
inline constexpr char kNextLane[] =
    "SELECT endpoint, due, event FROM parked WHERE endpoint > ?1 ORDER BY endpoint, due, event "
    "LIMIT 1";
// attempt_by_endpoint: primary key, backwards.
inline constexpr char kNewestOfEndpoint[] =
    "SELECT started_at, event, number FROM attempt_by_endpoint WHERE endpoint = ?1"
    " ORDER BY started_at DESC, event DESC, number DESC LIMIT ?2";
// The whole table, once, when an index is built.
inline constexpr char kAllAttempts[] = "SELECT endpoint, started_at, event, number FROM attempt";

}  // namespace posthaste::log_sql
