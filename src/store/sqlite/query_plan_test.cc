// Holds SQLite to the indexes that log_queries.h promises.

#include <gtest/gtest.h>

#include <string>

#include "store/sqlite/database.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/log_queries.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

std::string plan_of(SqliteDatabase& database, const std::string& sql) {
    auto explain = database.prepare("EXPLAIN QUERY PLAN " + sql);
    EXPECT_TRUE(explain) << explain.error().message;
    std::string plan;
    while (explain->step() == SQLITE_ROW) plan.append(explain->bytes(3)).append("; ");
    return plan;
}

struct Expectation {
    const char* sql;
    const char* plan;
};

constexpr Expectation kExpectations[] = {
    {log_sql::kDeleteParked,
     "SEARCH parked USING COVERING INDEX parked_by_event (event=? AND endpoint=?); "},
    {log_sql::kUpdateMeta, "SEARCH meta USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadMeta, "SEARCH meta USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kDelivery,
     "SCAN CONSTANT ROW; "
     "SCALAR SUBQUERY 1; SEARCH ending USING PRIMARY KEY (event=? AND endpoint=?); "
     "SCALAR SUBQUERY 2; SEARCH parked USING COVERING INDEX parked_by_event (event=? AND "
     "endpoint=?); "
     "SCALAR SUBQUERY 3; SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "
     "SCALAR SUBQUERY 4; SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kEventsAfter, "SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); "},
    {log_sql::kNewestEvent, "SEARCH event; "},
    {log_sql::kReadEventHead, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadEvent, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kEventStanding, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kEventName, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kExpungePayload, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadAttempts, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kHasDelivered, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kManualAttempts, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kReadAttempt,
     "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=? AND number=?); "},
    {log_sql::kDeleteAttempt,
     "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=? AND number=?); "},
    {log_sql::kExpungeResponse,
     "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=? AND number=?); "},
    {log_sql::kDeleteEnding, "SEARCH ending USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kExtraTargets, "SEARCH extra_target USING PRIMARY KEY (event=?); "},
    {log_sql::kExtraTarget, "SEARCH extra_target USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kExtraTargetsBetween,
     "SEARCH extra_target USING PRIMARY KEY (event>? AND event<?); "},
    {log_sql::kParkedRow, "SEARCH parked USING INDEX parked_by_event (event=? AND endpoint=?); "},
    {log_sql::kParkedOfEndpoint, "SEARCH parked USING PRIMARY KEY (endpoint=?); "},
    {log_sql::kCountParked, "SEARCH parked USING PRIMARY KEY (endpoint=?); "},
    {log_sql::kNextLane, "SEARCH parked USING PRIMARY KEY (endpoint>?); "},
    {log_sql::kAttemptsOldestFirst,
     "SEARCH attempt_by_endpoint USING PRIMARY KEY (endpoint=? AND started_at>? AND "
     "started_at<?); "},
    {log_sql::kAttemptsNewestFirst,
     "SEARCH attempt_by_endpoint USING PRIMARY KEY (endpoint=? AND started_at>? AND "
     "started_at<?); "},
    {log_sql::kCountAttempts,
     "SEARCH attempt_by_endpoint USING PRIMARY KEY (endpoint=? AND started_at>? AND "
     "started_at<?); "},
    {log_sql::kEventsOldestFirst,
     "SEARCH event_by_application USING PRIMARY KEY (application=? AND event>? AND event<?); "},
    {log_sql::kEventsNewestFirst,
     "SEARCH event_by_application USING PRIMARY KEY (application=? AND event>? AND event<?); "},
    {log_sql::kNextEndpoint, "SEARCH attempt_by_endpoint USING PRIMARY KEY (endpoint>?); "},
    {log_sql::kNextApplication, "SEARCH event_by_application USING PRIMARY KEY (application>?); "},
    {log_sql::kFindKey, "SEARCH event_key_sorted USING PRIMARY KEY (key=?); "},
    {log_sql::kReadFilter, "SEARCH key_filter USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kExpiredPayloads, "SEARCH payload_expiry USING PRIMARY KEY (at<?); "},
    {log_sql::kDeletePayloadExpiry,
     "SEARCH payload_expiry USING PRIMARY KEY (at=? AND event=?); SCALAR SUBQUERY 1; SEARCH event "
     "USING INTEGER PRIMARY KEY (rowid=?); "},
};

TEST(QueryPlan, every_hot_statement_uses_the_index_it_names) {
    const TemporaryDirectory directory;
    auto database = SqliteDatabase::open(directory.path() + "/log.db", SqliteAccess::create, {});
    ASSERT_TRUE(database);
    ASSERT_TRUE(migrate_log(*database));
    for (const Expectation& expected : kExpectations)
        EXPECT_EQ(plan_of(*database, expected.sql), expected.plan);
}

}  // namespace
}  // namespace posthaste
