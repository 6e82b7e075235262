// Holds PostgreSQL to the indexes that the statements name: its server tells the plan of every statement that a store's day
// runs, and none of them may walk a table that grows.

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/postgres/testing/postgres_driver.h"

namespace posthaste {
namespace {

constexpr EndpointId kEndpoint{0x0190'0000'0000'7001ULL, 0x8000'0000'0000'0000ULL};
constexpr EndpointId kOther{0x0190'0000'0000'7002ULL, 0x8000'0000'0000'0000ULL};
constexpr ApplicationId kApplication{13, 14};  // of what PgDriver accepts
constexpr OrganizationId kOrganization{11, 12};
constexpr std::string_view kSequential = "Seq Scan on ";

// Plans go to the server's log, which is a file.
constexpr const char* kTellPlans =
    "%20-csession_preload_libraries%3Dauto_explain%20-cauto_explain.log_min_duration%3D0";

class QueryPlans : public testing::Test {
protected:
    QueryPlans() { cluster_.execute("CREATE SCHEMA " + schema_); }
    ~QueryPlans() override { cluster_.execute("DROP SCHEMA " + schema_ + " CASCADE"); }

    [[nodiscard]] std::vector<std::string> log() const {
        std::ifstream file(cluster_.folder() + "/log");
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
        return lines;
    }
    // Tables that some plan walks from end to end; `plans` counts what was looked at.
    [[nodiscard]] std::vector<std::string> walked(std::size_t& plans) const {
        std::vector<std::string> tables;
        for (const std::string& line : log()) {
            if (line.find("Query Text:") != std::string::npos) ++plans;
            const std::size_t at = line.find(kSequential);
            if (at == std::string::npos) continue;
            const std::size_t begin = at + kSequential.size();
            tables.push_back(line.substr(begin, line.find(' ', begin) - begin));
        }
        return tables;
    }

    TestCluster& cluster_ = TestCluster::shared();
    const std::string schema_ = "query_plans";
};

// A table of the log or of configuration, or a partition of one: "event_115823267020800000".
bool grows(std::string_view table) {
    table = table.substr(0, table.find('_'));
    for (const std::string_view one :
         {"event", "attempt", "delivery", "parked", "endpoint", "record", "audit"}) {
        if (table == one) return true;
    }
    return false;
}

void fill(PgDriver& driver) {
    ConfigChange change;
    change.endpoints.emplace_back().url = "https://receiver.test/";
    Record& record = change.records.emplace_back();
    record.organization = kOrganization;
    record.name = "name";
    record.label = "label";
    record.expires_at = driver.clock.now() + 1h;
    change.audit.emplace_back().object = "endpoint";
    ASSERT_TRUE(driver.run(driver.store().change_config(std::move(change))));
    auto event = std::make_shared<Event>();
    event->organization = kOrganization;
    event->application = kApplication;
    event->uid = "uid";
    event->request_key = Id{1, 2};
    event->payload_expires_at = driver.clock.now() + 1h;
    event->targets = {kEndpoint};
    CommitBatch batch;
    batch.events.push_back(event);
    ASSERT_TRUE(driver.commit(std::move(batch)));
    const auto parked = driver.accept("{}", {kEndpoint, kOther});
    ASSERT_TRUE(parked);
    CommitBatch attempts;
    for (const EndpointId endpoint : {kEndpoint, kOther}) {
        DeliveryUpdate& update = attempts.updates.emplace_back();
        update.event = *parked;
        update.endpoint = endpoint;
        update.next = DeliveryState::parked;
        update.due = driver.clock.now();
        update.attempt.emplace().number = 1;
        update.attempt->started_at = driver.clock.now();
    }
    ASSERT_TRUE(driver.commit(std::move(attempts)));
    CommitBatch ends;
    DeliveryUpdate& end = ends.updates.emplace_back();
    end.event = *parked;
    end.endpoint = kOther;
    end.next = DeliveryState::dead;
    end.origin.parked_due = driver.clock.now();
    ASSERT_TRUE(driver.commit(std::move(ends)));
}

void ask_about_configuration(PgDriver& driver) {
    PostgresStore& store = driver.store();
    EXPECT_TRUE(driver.run(store.load_endpoints()));
    RecordQuery of_kind;
    of_kind.organization = kOrganization;
    RecordQuery by_name = of_kind, by_label = of_kind, by_parent = of_kind, by_id = of_kind;
    by_name.name = "name";
    by_label.label = "label";
    by_label.parent = Id{};
    by_parent.parent = Id{};
    by_id.id = Id{1, 2};
    for (const RecordQuery& query : {of_kind, by_name, by_label, by_parent, by_id}) {
        EXPECT_TRUE(driver.run(store.read_records(query)));
        EXPECT_TRUE(driver.run(store.count_records(query)));
    }
    AuditQuery all, by_organization;
    by_organization.organization = kOrganization;
    AuditQuery by_object = by_organization, by_actor = by_organization;
    by_object.object = "endpoint";
    by_actor.actor = "somebody";
    for (const AuditQuery& query : {all, by_organization, by_object, by_actor})
        EXPECT_TRUE(driver.run(store.read_audit(query)));
}

void ask_about_the_log(PgDriver& driver) {
    PostgresStore& store = driver.store();
    const auto event = driver.run(store.find_event(kApplication, "uid"));
    ASSERT_TRUE(event);
    EXPECT_TRUE(driver.run(store.read_event(*event)));
    ParkedQuery parked;
    parked.endpoint = kEndpoint;
    parked.due_until = driver.clock.now() + 1h;
    parked.limit = 10;
    parked.bytes_max = 1 << 20;
    EXPECT_TRUE(driver.run(store.load_parked(parked)));
    for (const bool oldest_first : {false, true}) {
        EventQuery events;
        events.application = kApplication;
        events.endpoints = {kEndpoint};
        events.oldest_first = oldest_first;
        EXPECT_TRUE(driver.run(store.list_events(events)));
        DeliveryQuery deliveries(kOrganization);
        deliveries.oldest_first = oldest_first;
        EXPECT_TRUE(driver.run(store.list_deliveries(deliveries)));
        deliveries.application = kApplication;
        EXPECT_TRUE(driver.run(store.list_deliveries(deliveries)));
        AttemptQuery attempts;
        attempts.endpoint = kEndpoint;
        attempts.oldest_first = oldest_first;
        EXPECT_TRUE(driver.run(store.list_attempts(attempts)));
    }
    EXPECT_TRUE(driver.run(store.attempts_of_endpoint(kEndpoint, 10)));
    const Timestamp now = driver.clock.now();
    EXPECT_TRUE(driver.run(store.count_attempts(kEndpoint, now - 1h, now)));
    EXPECT_TRUE(driver.run(store.scan(0, 10)));
    EXPECT_TRUE(driver.run(store.expunge_response(*event, kEndpoint, 1)).error().code ==
                ErrorCode::not_found);
    EXPECT_TRUE(driver.run(store.expunge_payload(*event)));
}

TEST_F(QueryPlans, go_by_indexes) {
    PgDriver driver(PostgresOptions{}, schema_);
    driver.options().url += kTellPlans;
    ASSERT_TRUE(driver.open());
    ASSERT_NO_FATAL_FAILURE(fill(driver));
    ask_about_configuration(driver);
    ASSERT_NO_FATAL_FAILURE(ask_about_the_log(driver));
    // As a start after a crash reads it, and as retention does.
    driver.close();
    ASSERT_TRUE(driver.open());
    driver.clock.advance(24h * 4);
    EXPECT_TRUE(driver.run(driver.store().expire(RetentionPolicy{}, driver.clock.now())));
    driver.close();

    std::size_t plans = 0;
    for (const std::string& table : walked(plans)) EXPECT_FALSE(grows(table)) << table;
    EXPECT_GT(plans, 60u);
    auto connection = PgConnection::open(driver.options().url);
    ASSERT_TRUE(connection);
    ASSERT_TRUE(connection->query("SELECT count(*) FROM attempt WHERE status_code = 7"));
    EXPECT_TRUE(grows(walked(plans).back())) << "what walks a table is found";
}

}  // namespace
}  // namespace posthaste
