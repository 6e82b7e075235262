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
    {log_sql::kReadEvent, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kEventLo, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadAttempts, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kReadAttempt,
     "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=? AND number=?); "},
    {log_sql::kParkedOfEndpoint, "SEARCH parked USING PRIMARY KEY (endpoint=?); "},
    {log_sql::kNextLane, "SEARCH parked USING PRIMARY KEY (endpoint>?); "},
    {log_sql::kNewestOfEndpoint, "SEARCH attempt_by_endpoint USING PRIMARY KEY (endpoint=?); "},
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
