#include "store/postgres/pg_connection.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/postgres/schema.h"
#include "store/postgres/testing/test_cluster.h"

namespace posthaste {
namespace {

TestCluster& cluster() { return TestCluster::shared(); }

TEST(PgConnection, a_transaction_of_one_round_trip_is_whole) {
    cluster().execute("CREATE TABLE whole(n bigint PRIMARY KEY)");
    auto connection = PgConnection::open(cluster().url_of({}));
    ASSERT_TRUE(connection) << connection.error().message;
    const auto insert = [](std::int64_t n) {
        PgStatement statement{"INSERT INTO whole VALUES ($1)", {}};
        statement.params.add(n);
        return statement;
    };
    const std::vector<PgStatement> good{insert(1), insert(2)};
    const auto done = connection->commit(good);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->at(1).affected(), 1u);
    const std::vector<PgStatement> bad{insert(3), insert(1), insert(4)};
    const auto refused = connection->commit(bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(connection->state(), pg_state::kUniqueViolation);
    EXPECT_EQ(refused.error().code, ErrorCode::io);
    EXPECT_FALSE(connection->is_lost());
    const auto rows = connection->query("SELECT count(*) FROM whole");
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->integer(0, 0), 2);
    EXPECT_TRUE(connection->commit({})) << "and the connection serves on";
}

TEST(PgConnection, a_password_is_in_no_message) {
    for (const std::string url :
         {"postgres://somebody:hunter2@localhost:1/nowhere", "postgres://a:hunter%2@localhost/x",
          "postgres://a:hunter2@[::1/x", "postgresql:///x?password=hunter2&nonsense=1"}) {
        const auto connection = PgConnection::open(url);
        ASSERT_FALSE(connection);
        EXPECT_EQ(connection.error().message.find("hunter"), std::string::npos)
            << connection.error().message;
    }
    EXPECT_EQ(describe_pg_url("postgres://me:hunter2@db:5433/x?sslmode=require"),
              "postgres://me@db:5433/x");
}

TEST(PgSchema, servers_that_start_together_make_it_once) {
    for (int round = 0; round < 5; ++round) {
        const std::string schema = "together_" + std::to_string(round);
        cluster().execute("CREATE SCHEMA " + schema);
        std::vector<std::thread> starters;
        for (int i = 0; i < 4; ++i) {
            starters.emplace_back([&] {
                auto connection = PgConnection::open(cluster().url_of(schema));
                ASSERT_TRUE(connection) << connection.error().message;
                const auto done = migrate_postgres(*connection);
                EXPECT_TRUE(done) << done.error().message;
                EXPECT_EQ(postgres_version(*connection), kPostgresVersion);
            });
        }
        for (std::thread& starter : starters) starter.join();
    }
}

TEST(PgSchema, that_of_a_newer_posthaste_is_refused) {
    cluster().execute("CREATE SCHEMA newer");
    auto connection = PgConnection::open(cluster().url_of("newer"));
    ASSERT_TRUE(migrate_postgres(*connection));
    ASSERT_TRUE(connection->run_script("UPDATE schema_version SET version = 99"));
    const auto done = migrate_postgres(*connection);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("schema version 99"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
