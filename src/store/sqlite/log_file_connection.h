#pragma once

// The writer's connection to one log file with its prepared statements. Only for the log_file*.cc files.

#include <utility>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/log_queries.h"

namespace posthaste {

struct LogFile::Connection {
    explicit Connection(SqliteDatabase opened) : database(std::move(opened)) {}

    SqliteDatabase database;
    SqliteStatement begin, commit, rollback, update_meta, read_meta;
    SqliteStatement insert_event, insert_full_event, insert_payload_expiry, insert_keys;
    SqliteStatement insert_attempt, delete_attempt, insert_parked, delete_parked, parked_row;
    SqliteStatement insert_ending, delete_ending, insert_extra_target, extra_target;
    SqliteStatement insert_index, insert_application_event, insert_sorted_key, replace_filter;
    SqliteStatement delivery, has_delivered, manual_attempts, event_standing, event_name;
    SqliteStatement events_after, newest_event, next_lane, find_key;

    [[nodiscard]] Result<void> prepare() {
        const std::pair<SqliteStatement*, const char*> all[] = {
            {&begin, "BEGIN IMMEDIATE"},
            {&commit, "COMMIT"},
            {&rollback, "ROLLBACK"},
            {&update_meta, log_sql::kUpdateMeta},
            {&read_meta, log_sql::kReadMeta},
            {&insert_event, log_sql::kInsertEvent},
            {&insert_full_event, log_sql::kInsertFullEvent},
            {&insert_payload_expiry, log_sql::kInsertPayloadExpiry},
            {&insert_keys, log_sql::kInsertKeys},
            {&insert_attempt, log_sql::kInsertAttempt},
            {&delete_attempt, log_sql::kDeleteAttempt},
            {&insert_parked, log_sql::kInsertParked},
            {&delete_parked, log_sql::kDeleteParked},
            {&parked_row, log_sql::kParkedRow},
            {&insert_ending, log_sql::kInsertEnding},
            {&delete_ending, log_sql::kDeleteEnding},
            {&insert_extra_target, log_sql::kInsertExtraTarget},
            {&extra_target, log_sql::kExtraTarget},
            {&insert_index, log_sql::kInsertIndex},
            {&insert_application_event, log_sql::kInsertApplicationEvent},
            {&insert_sorted_key, log_sql::kInsertSortedKey},
            {&replace_filter, log_sql::kReplaceFilter},
            {&delivery, log_sql::kDelivery},
            {&has_delivered, log_sql::kHasDelivered},
            {&manual_attempts, log_sql::kManualAttempts},
            {&event_standing, log_sql::kEventStanding},
            {&event_name, log_sql::kEventName},
            {&events_after, log_sql::kEventsAfter},
            {&newest_event, log_sql::kNewestEvent},
            {&next_lane, log_sql::kNextLane},
            {&find_key, log_sql::kFindKey},
        };
        for (const auto& [statement, sql] : all) {
            ASSIGN_OR_RETURN(*statement, database.prepare(sql));
        }
        return {};
    }
};

}  // namespace posthaste
