// Holds SQLite to the indexes that log_queries.h promises, and to those of configuration.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/sqlite/audit_rows.h"
#include "store/sqlite/config_file.h"
#include "store/sqlite/config_reader.h"
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
    {log_sql::kOwnersOldestFirst, "SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); "},
    {log_sql::kOwnersNewestFirst, "SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); "},
    {log_sql::kNewestEvent, "SEARCH event; "},
    {log_sql::kReadEventHead, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadEvent, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kEventStanding, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kEventName, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kExpungePayload, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?); "},
    {log_sql::kReadAttempts, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
    {log_sql::kLastAttempt, "SEARCH attempt USING PRIMARY KEY (event=? AND endpoint=?); "},
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
    {log_sql::kParkedOfEndpoint, "SEARCH parked USING PRIMARY KEY (endpoint=? AND due>?); "},
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

struct RecordExpectation {
    const char* name;
    RecordQuery query;
    const char* page;
    const char* count;
};

// With every combination of what lists give; the organization is always known.
std::vector<RecordExpectation> record_expectations() {
    RecordQuery all;
    RecordQuery own = all;
    own.organization = OrganizationId{1, 2};
    RecordQuery child = own;
    child.parent = Id{3, 4};
    RecordQuery child_page = child;
    child_page.below = Id{5, 6};
    child_page.newest_first = true;
    RecordQuery labelled = child;
    labelled.label = "active";
    RecordQuery searched = labelled;
    searched.name_contains = "ada";
    searched.skip = 20;
    RecordQuery searched_all = searched;
    searched_all.label.reset();
    RecordQuery list;  // of contacts
    list.parent = child.parent;
    list.name_contains = "ada";
    RecordQuery labelled_list = list;
    labelled_list.label = "active";
    RecordQuery unlabelled = child;
    unlabelled.label = "";
    RecordQuery top = own;
    top.parent = Id{};
    RecordQuery named = child;
    named.name = "name";
    RecordQuery top_named = top;
    top_named.name = "name";
    RecordQuery one = own;
    one.id = Id{5, 6};
    static constexpr char kByKind[] =
        "SEARCH record USING INDEX record_by_kind (kind=? AND organization=?); ";
    static constexpr char kByParent[] =
        "SEARCH record USING INDEX record_by_parent (kind=? AND parent=?); ";
    static constexpr char kByLabel[] =
        "SEARCH record USING INDEX record_by_label (kind=? AND parent=? AND label=?); ";
    static constexpr char kByName[] =
        "SEARCH record USING INDEX record_by_name (kind=? AND organization=? AND parent=? AND "
        "name=?); ";
    return {
        {"own", own, kByKind,
         "SEARCH record USING COVERING INDEX record_by_kind (kind=? AND organization=?); "},
        {"child", child, kByParent, kByParent},
        {"child_page", child_page,
         "SEARCH record USING INDEX record_by_parent (kind=? AND parent=? AND id<?); ", kByParent},
        {"labelled", labelled, kByLabel, kByLabel},
        {"searched", searched, kByLabel, kByLabel},
        {"searched_all", searched_all, kByParent, kByParent},
        {"list", list, kByParent,
         "SEARCH record USING COVERING INDEX record_by_parent (kind=? AND parent=?); "},
        {"labelled_list", labelled_list, kByLabel,
         "SEARCH record USING COVERING INDEX record_by_label (kind=? AND parent=? AND label=?); "},
        {"unlabelled", unlabelled, kByParent, kByParent},
        {"top", top, kByKind, kByKind},
        {"named", named, kByName,
         "SEARCH record USING COVERING INDEX record_by_name (kind=? AND organization=? AND "
         "parent=? AND name=?); "},
        {"top_named", top_named, kByName,
         "SEARCH record USING COVERING INDEX record_by_name (kind=? AND organization=? AND "
         "parent=? AND name=?); "},
        {"one", one, "SEARCH record USING INDEX sqlite_autoindex_record_1 (kind=? AND id=?); ",
         "SEARCH record USING INDEX sqlite_autoindex_record_1 (kind=? AND id=?); "},
    };
}

struct AuditExpectation {
    const char* name;
    AuditQuery query;
    const char* plan;
};

std::vector<AuditExpectation> audit_expectations() {
    AuditQuery all;
    AuditQuery page = all;
    page.above = 5;
    page.below = 9;
    AuditQuery own;
    own.organization = OrganizationId{1, 2};
    own.newest_first = true;
    AuditQuery own_page = own;
    own_page.below = 9;
    own_page.action = "endpoint";
    own_page.since = own_page.until = from_micros(5);
    AuditQuery object = own_page;
    object.object = "ep_1";
    AuditQuery actor = own_page;
    actor.actor = "user_1";
    return {
        {"all", all, "SCAN audit; "},
        {"page", page, "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); "},
        {"own", own, "SEARCH audit USING INDEX audit_by_organization (organization=?); "},
        {"own_page", own_page,
         "SEARCH audit USING INDEX audit_by_organization (organization=? AND sequence<?); "},
        {"object", object,
         "SEARCH audit USING INDEX audit_by_object (organization=? AND object=? AND sequence<?); "},
        {"actor", actor,
         "SEARCH audit USING INDEX audit_by_actor (organization=? AND actor=? AND sequence<?); "},
    };
}

// No plan sorts: pages come in the order of their index.
TEST(QueryPlan, lists_of_configuration_use_their_indexes) {
    const TemporaryDirectory directory;
    auto database = SqliteDatabase::open(directory.path() + "/c.db", SqliteAccess::create, {});
    ASSERT_TRUE(database);
    TestEntropy entropy;
    Sealer sealer(test_keys(), entropy);
    ASSERT_TRUE(register_sealing(*database, sealer));
    ASSERT_TRUE(migrate_config(*database));
    for (const RecordExpectation& expected : record_expectations()) {
        EXPECT_EQ(plan_of(*database, select_records(expected.query)), expected.page)
            << expected.name;
        RecordQuery counted = expected.query;
        counted.below = Id{};
        EXPECT_EQ(plan_of(*database, select_record_count(counted)), expected.count)
            << expected.name;
    }
    for (const AuditExpectation& expected : audit_expectations())
        EXPECT_EQ(plan_of(*database, select_audit(expected.query)), expected.plan) << expected.name;
}

}  // namespace
}  // namespace posthaste
