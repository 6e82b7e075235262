// What the conformance suite does not ask, because only this store has it: the lease, lost connections, what lies readable.

#include "store/postgres/postgres_store.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "store/postgres/postgres_tools.h"
#include "store/postgres/testing/postgres_driver.h"

namespace posthaste {
namespace {

constexpr EndpointId kEndpoint{0x0190'0000'0000'7001ULL, 0x8000'0000'0000'0000ULL};

class PostgresStoreTest : public testing::Test {
protected:
    PostgresStoreTest() { cluster_.execute("CREATE SCHEMA " + schema_); }
    ~PostgresStoreTest() override { cluster_.execute("DROP SCHEMA " + schema_ + " CASCADE"); }

    PgResult ask(const std::string& sql) {
        auto connection = PgConnection::open(cluster_.url_of(schema_));
        auto rows = connection->query(sql.c_str());
        EXPECT_TRUE(rows) << rows.error().message;
        return std::move(*rows);
    }
    // Until the store serves.
    static void await_service(PgDriver& driver) {
        while (!driver.commit({})) ::poll(nullptr, 0, 5);
    }

    TestCluster& cluster_ = TestCluster::shared();
    const std::string schema_ = testing::UnitTest::GetInstance()->current_test_info()->name();
};

PostgresOptions short_lease() {
    PostgresOptions options;
    options.lease = 1500ms;
    options.server_name = "the first";
    return options;
}

TEST_F(PostgresStoreTest, a_second_server_is_told_who_has_the_database) {
    PgDriver first(short_lease(), schema_);
    ASSERT_TRUE(first.open());
    PgDriver second(short_lease(), schema_);
    const auto refused = second.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("the first"), std::string::npos);
    EXPECT_TRUE(first.accept()) << "which goes on";
    first.close();
    EXPECT_TRUE(second.open()) << "the lease was given back";
}

TEST_F(PostgresStoreTest, a_server_whose_connection_is_gone_is_fenced_by_the_next) {
    PgDriver first(short_lease(), schema_);
    ASSERT_TRUE(first.open());
    ASSERT_TRUE(first.accept());
    ask("SELECT pg_terminate_backend(backend, 10000) FROM writer");
    PgDriver second(short_lease(), schema_);
    ASSERT_TRUE(second.open()) << "at once: nobody is behind the lease";
    const auto late = first.accept();
    ASSERT_FALSE(late);
    for (int i = 0; i < 3; ++i) {
        const auto again = first.accept();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, ErrorCode::unavailable);
    }
    EXPECT_FALSE(first.store().stats().healthy);
    EXPECT_NE(first.store().stats().problem.find("lost its database"), std::string::npos);
    EXPECT_TRUE(second.accept());
    EXPECT_EQ(ask("SELECT count(*) FROM event").integer(0, 0), 2);
}

TEST_F(PostgresStoreTest, an_epoch_that_is_over_cannot_write) {
    PgDriver driver(short_lease(), schema_);
    ASSERT_TRUE(driver.open());
    ask("UPDATE writer SET epoch = epoch + 1, owner = NULL, server = 'another'");
    const auto refused = driver.accept();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(ask("SELECT count(*) FROM event").integer(0, 0), 0);
    EXPECT_FALSE(driver.run(driver.store().put_endpoint(Endpoint{})));
    EXPECT_EQ(ask("SELECT count(*) FROM endpoint").integer(0, 0), 0);
}

TEST_F(PostgresStoreTest, the_database_may_go_and_come_back) {
    PostgresOptions options;
    options.backoff_max = 20ms;
    PgDriver driver(options, schema_);
    ASSERT_TRUE(driver.open());
    const auto before = driver.accept("before", {kEndpoint});
    ASSERT_TRUE(before);
    cluster_.stop(SIGQUIT);
    const auto refused = driver.accept("while it was gone");
    ASSERT_FALSE(refused);
    EXPECT_FALSE(driver.store().stats().healthy);
    EXPECT_FALSE(driver.run(driver.store().read_event(*before)));
    cluster_.start();
    await_service(driver);
    EXPECT_TRUE(driver.store().stats().healthy);
    EXPECT_TRUE(driver.run(driver.store().read_event(*before)));
    EXPECT_TRUE(driver.update(*before, kEndpoint, DeliveryState::delivered));
    const auto tally = driver.run(driver.store().tally());
    ASSERT_TRUE(tally);
    EXPECT_EQ(tally->delivered, 1u) << "what was in the tail was kept there";
    EXPECT_EQ(tally->pending(), 0u);
}

TEST_F(PostgresStoreTest, what_is_finished_goes_although_something_waits_beside_it) {
    PgDriver driver(PostgresOptions{}, schema_);
    ASSERT_TRUE(driver.open());
    std::vector<EventId> finished;
    for (int i = 0; i < 3; ++i) {
        finished.push_back(*driver.accept("{}", {kEndpoint}));
        ASSERT_TRUE(driver.update(finished.back(), kEndpoint, DeliveryState::cancelled));
    }
    const EventId waiting = *driver.accept("{}", {kEndpoint});
    ASSERT_TRUE(
        driver.update(waiting, kEndpoint, DeliveryState::parked, driver.clock.now() + 24h * 365));
    const auto expire = [&] {
        return driver.run(driver.store().expire(RetentionPolicy{}, driver.clock.now()));
    };
    EXPECT_EQ(expire(), 0u);
    driver.clock.advance(24h * 4);
    EXPECT_EQ(expire(), 1u);
    for (const EventId id : finished) EXPECT_FALSE(driver.run(driver.store().read_event(id)));
    EXPECT_TRUE(driver.run(driver.store().read_event(waiting)));
    EXPECT_EQ(ask("SELECT count(*) FROM delivery").integer(0, 0), 0);
    EXPECT_EQ(expire(), 0u);
    EXPECT_EQ(driver.run(driver.store().tally())->cancelled, 3u);
}

TEST_F(PostgresStoreTest, secrets_lie_readable_nowhere_and_keys_can_be_changed) {
    PostgresOptions options;
    options.encrypt_payloads = true;
    PgDriver driver(options, schema_);
    ASSERT_TRUE(driver.open());
    Endpoint endpoint;
    endpoint.url = "https://user:hunter2@receiver.test/";
    endpoint.secret = "whsec_hunter2";
    ConfigChange change;
    change.endpoints.push_back(endpoint);
    change.records.emplace_back().body = "hunter2";
    ASSERT_TRUE(driver.run(driver.store().change_config(change)));
    const auto event = driver.accept("hunter2");
    ASSERT_TRUE(event);
    for (const char* table : {"endpoint", "record", "event"}) {
        const std::string sql = std::string("SELECT count(*) FROM ") + table +
                                " t WHERE t::text LIKE '%hunter2%' OR "
                                "t::text LIKE '%68756e74657232%'";
        EXPECT_EQ(ask(sql).integer(0, 0), 0) << table;
    }
    EXPECT_FALSE(driver.run(driver.store().replace_keys(pg_test_keys({2})))) << "1 is needed";
    ASSERT_TRUE(driver.run(driver.store().replace_keys(pg_test_keys({2, 1}))));
    const auto report = driver.run(driver.store().reseal());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->endpoints, 1u);
    EXPECT_EQ(report->records, 1u);
    EXPECT_EQ(report->log_files, 1u);
    driver.close();
    const auto status = read_postgres_sealing(driver.options().url);
    ASSERT_TRUE(status);
    ASSERT_EQ(status->keys.size(), 1u) << "the old key is needed no more";
    EXPECT_FALSE(driver.open()) << "without the new one nothing opens";
    driver.options().keys = pg_test_keys({2});
    ASSERT_TRUE(driver.open());
    EXPECT_EQ(driver.run(driver.store().load_endpoints())->at(0).secret, "whsec_hunter2");
    EXPECT_EQ(driver.run(driver.store().read_event(*event))->event->payload, "hunter2");
}

}  // namespace
}  // namespace posthaste
