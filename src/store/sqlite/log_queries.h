#pragma once

// Every statement on a log file. The comment names the index a statement relies on; query_plan_test.cc holds SQLite to it.

namespace posthaste::log_sql {

// event: rowid, an append. The second one is for events that have more than the first one stores.
inline constexpr char kInsertEvent[] =
    "INSERT INTO event(hi, lo, accepted_at, organization, application, type, targets, payload)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
inline constexpr char kInsertFullEvent[] =
    "INSERT INTO event(hi, lo, accepted_at, organization, application, type, targets, payload, uid,"
    " channels, body, request_key, payload_expires_at, tags, is_sealed, deliver_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
inline constexpr char kInsertPayloadExpiry[] =
    "INSERT INTO payload_expiry(at, event) VALUES (?1, ?2)";
// event_key: rowid, an append.
inline constexpr char kInsertKeys[] = "INSERT INTO event_key(keys) VALUES (?1)";
// attempt: primary key, nearly an append.
inline constexpr char kInsertAttempt[] =
    "INSERT OR IGNORE INTO attempt(event, endpoint, number, started_at, outcome, status_code, "
    "state_after, queue_lag,"
    " dns, connect, tls, first_byte, total, response, trigger, sealed_response, response_headers)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
inline constexpr char kDeleteAttempt[] =
    "DELETE FROM attempt WHERE event = ?1 AND endpoint = ?2 AND number = ?3";
inline constexpr char kInsertParked[] =
    "INSERT OR IGNORE INTO parked(endpoint, due, event, attempts_made, manual_made, trigger,"
    " resume_due) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
// parked: by way of parked_by_event, which holds the primary key; both trees lose an entry anyway.
inline constexpr char kDeleteParked[] =
    "DELETE FROM parked WHERE endpoint = ?1 AND due = ?2 AND event = ?3";
inline constexpr char kInsertEnding[] =
    "INSERT OR IGNORE INTO ending(event, endpoint, state, at) VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kDeleteEnding[] = "DELETE FROM ending WHERE event = ?1 AND endpoint = ?2";
inline constexpr char kInsertExtraTarget[] =
    "INSERT INTO extra_target(event, endpoint, lo) VALUES (?1, ?2, ?3)";
// The sorted tables: primary keys, in order while they are built.
inline constexpr char kInsertIndex[] =
    "REPLACE INTO attempt_by_endpoint(endpoint, started_at, event, number, is_delivered)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
inline constexpr char kInsertApplicationEvent[] =
    "INSERT OR IGNORE INTO event_by_application(application, event) VALUES (?1, ?2)";
inline constexpr char kInsertSortedKey[] =
    "INSERT OR IGNORE INTO event_key_sorted(key, event) VALUES (?1, ?2)";
inline constexpr char kReplaceFilter[] =
    "REPLACE INTO key_filter(id, requests, uids, bits) VALUES (1, ?1, ?2, ?3)";
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
// event: rowid, in order, either way.
inline constexpr char kOwnersOldestFirst[] =
    "SELECT hi, organization FROM event WHERE hi >= ?1 AND hi <= ?2 ORDER BY hi LIMIT ?3";
inline constexpr char kOwnersNewestFirst[] =
    "SELECT hi, organization FROM event WHERE hi >= ?1 AND hi <= ?2 ORDER BY hi DESC LIMIT ?3";
// event: rowid. The first one does not touch the payload's pages.
inline constexpr char kReadEventHead[] =
    "SELECT lo, accepted_at, organization, application, type, targets, uid, channels, request_key,"
    " payload_expires_at, is_expunged, tags, deliver_at FROM event WHERE hi = ?1";
inline constexpr char kReadEvent[] =
    "SELECT lo, accepted_at, organization, application, type, targets, uid, channels, request_key,"
    " payload_expires_at, is_expunged, tags, deliver_at, payload, body, is_sealed FROM event"
    " WHERE hi = ?1";
inline constexpr char kEventStanding[] = "SELECT lo, is_expunged, targets FROM event WHERE hi = ?1";
inline constexpr char kEventName[] =
    "SELECT lo, accepted_at, application, uid, request_key FROM event WHERE hi = ?1";
// extra_target: primary key.
inline constexpr char kExtraTargets[] =
    "SELECT endpoint, lo FROM extra_target WHERE event = ?1 ORDER BY endpoint";
inline constexpr char kExtraTarget[] =
    "SELECT lo FROM extra_target WHERE event = ?1 AND endpoint = ?2";
inline constexpr char kExtraTargetsBetween[] =
    "SELECT event, endpoint, lo FROM extra_target WHERE event > ?1 AND event <= ?2";
// attempt: primary key.
inline constexpr char kHasDelivered[] =
    "SELECT count(*) FROM attempt WHERE event = ?1 AND endpoint = ?2 AND outcome = 0";
inline constexpr char kManualAttempts[] =
    "SELECT count(*) FROM attempt WHERE event = ?1 AND endpoint = ?2 AND trigger = 1";
// parked: parked_by_event, then the row.
inline constexpr char kParkedRow[] =
    "SELECT due, attempts_made, manual_made, trigger FROM parked INDEXED BY parked_by_event"
    " WHERE event = ?1 AND endpoint = ?2";
// attempt: primary key.
inline constexpr char kReadAttempts[] =
    "SELECT number, started_at, outcome, status_code, state_after, queue_lag, dns, connect, tls, "
    "first_byte, total, response, trigger, sealed_response, response_headers"
    " FROM attempt WHERE event = ?1 AND endpoint = ?2 ORDER BY number";
inline constexpr char kReadAttempt[] =
    "SELECT number, started_at, outcome, status_code, state_after, queue_lag, dns, connect, tls, "
    "first_byte, total, response, trigger, sealed_response, response_headers"
    " FROM attempt WHERE event = ?1 AND endpoint = ?2 AND number = ?3";
inline constexpr char kLastAttempt[] =
    "SELECT started_at, status_code FROM attempt WHERE event = ?1 AND endpoint = ?2 ORDER BY "
    "number DESC"
    " LIMIT 1";
// parked: primary key, in order.
inline constexpr char kParkedOfEndpoint[] =
    "SELECT due, event, attempts_made, manual_made, trigger, resume_due FROM parked"
    " WHERE endpoint = ?1 AND due >= ?3 ORDER BY due, event LIMIT ?2";
inline constexpr char kCountParked[] = "SELECT count(*) FROM parked WHERE endpoint = ?1";
// parked: primary key, one probe: the skip scan over lanes.
inline constexpr char kNextLane[] =
    "SELECT endpoint, due, event FROM parked WHERE endpoint > ?1 ORDER BY endpoint, due, event "
    "LIMIT 1";
// attempt_by_endpoint: primary key, in order, either way.
inline constexpr char kAttemptsOldestFirst[] =
    "SELECT started_at, event, number, is_delivered FROM attempt_by_endpoint WHERE endpoint = ?1"
    " AND started_at >= ?2 AND started_at <= ?3 ORDER BY started_at, event, number LIMIT ?4";
inline constexpr char kAttemptsNewestFirst[] =
    "SELECT started_at, event, number, is_delivered FROM attempt_by_endpoint WHERE endpoint = ?1"
    " AND started_at >= ?2 AND started_at <= ?3"
    " ORDER BY started_at DESC, event DESC, number DESC LIMIT ?4";
inline constexpr char kCountAttempts[] =
    "SELECT count(*), coalesce(sum(is_delivered), 0) FROM attempt_by_endpoint WHERE endpoint = ?1"
    " AND started_at >= ?2 AND started_at <= ?3";
// The sorted tables: primary key, one probe for each subject there is.
inline constexpr char kNextEndpoint[] =
    "SELECT endpoint FROM attempt_by_endpoint WHERE endpoint > ?1 ORDER BY endpoint LIMIT 1";
inline constexpr char kNextApplication[] =
    "SELECT application FROM event_by_application WHERE application > ?1"
    " ORDER BY application LIMIT 1";
// event_by_application: primary key, in order, either way.
inline constexpr char kEventsOldestFirst[] =
    "SELECT event FROM event_by_application WHERE application = ?1 AND event >= ?2 AND event <= ?3"
    " ORDER BY event LIMIT ?4";
inline constexpr char kEventsNewestFirst[] =
    "SELECT event FROM event_by_application WHERE application = ?1 AND event >= ?2 AND event <= ?3"
    " ORDER BY event DESC LIMIT ?4";
// event_key_sorted: primary key.
inline constexpr char kFindKey[] = "SELECT event FROM event_key_sorted WHERE key = ?1";
inline constexpr char kReadFilter[] =
    "SELECT requests, uids, length(bits), bits FROM key_filter WHERE id = 1";
// payload_expiry: primary key.
inline constexpr char kExpiredPayloads[] =
    "SELECT event FROM payload_expiry WHERE at <= ?1 ORDER BY at, event LIMIT ?2";
inline constexpr char kDeletePayloadExpiry[] =
    "DELETE FROM payload_expiry"
    " WHERE at = (SELECT payload_expires_at FROM event WHERE hi = ?1) AND event = ?1";
// event: rowid; attempt: primary key.
inline constexpr char kExpungePayload[] =
    "UPDATE event SET payload = x'', body = NULL, is_expunged = 1, is_sealed = 0 WHERE hi = ?1";
inline constexpr char kExpungeResponse[] =
    "UPDATE attempt SET response = 'EXPUNGED', sealed_response = NULL, response_headers = NULL"
    " WHERE event = ?1 AND endpoint = ?2 AND number = ?3";
// The elements of an event's list of channels or tags.
inline constexpr char kElements[] = "SELECT value FROM json_each(?1)";

// data_key: rowid.
inline constexpr char kReadDataKey[] = "SELECT sealed FROM data_key WHERE id = 1";
inline constexpr char kReplaceDataKey[] = "REPLACE INTO data_key(id, sealed) VALUES (1, ?1)";

// Whole tables, once, when an index is built or read again after a restart.
inline constexpr char kAllAttempts[] =
    "SELECT endpoint, started_at, event, number, outcome = 0 FROM attempt";
inline constexpr char kAllEvents[] = "SELECT hi, application FROM event";
inline constexpr char kAllKeys[] = "SELECT keys FROM event_key";

}  // namespace posthaste::log_sql
