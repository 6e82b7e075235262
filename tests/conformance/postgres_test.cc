#include <atomic>
#include <optional>
#include <string>

#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/postgres_gate.h"
#include "store/postgres/testing/test_cluster.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

class PostgresFactory final : public StoreFactory {
public:
    explicit PostgresFactory(PostgresOptions options) : options_(std::move(options)) {
        SealingKey::Bytes key{};
        key.fill(1);
        options_.keys = std::make_shared<const KeyRing>(std::vector<SealingKey>{SealingKey(key)});
        options_.server_name = "the conformance suite";
        options_.reader_threads = 1;
        cluster_.execute("CREATE SCHEMA " + schema_);
    }
    ~PostgresFactory() override { cluster_.execute("DROP SCHEMA " + schema_ + " CASCADE"); }

    std::unique_ptr<Store> open(Executor, Clock& clock, Entropy& entropy,
                                std::vector<ReactorPost> posts) override {
        options_.url = cluster_.url_of(schema_, gate_.folder());
        auto store = PostgresStore::open(options_, clock, entropy, std::move(posts));
        EXPECT_TRUE(store) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }
    // Closing keeps nothing that a crash would lose: the database is as the last commit left it.
    void crash(std::unique_ptr<Store> store) override { store.reset(); }

    bool lose_parked(EventId event, EndpointId endpoint) override {
        auto connection = PgConnection::open(cluster_.url_of(schema_));
        PgParams params;
        params.add(event.hi).add(endpoint.hi);
        auto lost =
            connection->query("DELETE FROM parked WHERE event = $1 AND endpoint = $2", params);
        return lost && lost->affected() == 1;
    }

    void doubt_next_commit(Doubt doubt) override {
        gate_.cut_next(doubt == Doubt::durable ? PostgresGate::Cut::after_commit
                                               : PostgresGate::Cut::before_commit);
    }
    void doubt_next_change(Doubt doubt) override { doubt_next_commit(doubt); }

private:
    [[nodiscard]] static std::string next_schema() {
        static int number = 0;
        return "test_" + std::to_string(++number);
    }

    PostgresOptions options_;
    TestCluster& cluster_ = TestCluster::shared();
    const std::string schema_ = next_schema();
    PostgresGate gate_{cluster_.folder() + "/" + schema_, cluster_.socket_path()};
};

PostgresOptions small_partitions() {
    PostgresOptions options;
    options.partition_span = 1h;
    return options;
}

// Partitions of seconds, and everything sealed.
PostgresOptions sealed_payloads() {
    PostgresOptions options;
    options.partition_span = 20s;
    options.encrypt_payloads = true;
    return options;
}

constexpr std::uint64_t kRandomHistories = 60;

INSTANTIATE_TEST_SUITE_P(
    Postgres, StoreSuite,
    testing::Values(StoreParam{"hours",
                               [] { return std::make_unique<PostgresFactory>(small_partitions()); },
                               kRandomHistories},
                    StoreParam{"sealed_payloads",
                               [] { return std::make_unique<PostgresFactory>(sealed_payloads()); },
                               kRandomHistories}),
    store_param_name);

}  // namespace
}  // namespace posthaste::conformance
