#pragma once

// Lets a test talk to a PostgresStore step by step, from one thread.

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/test_cluster.h"

namespace posthaste {

class PgTestClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return from_micros(micros_.load()); }
    void advance(Duration by) { micros_ += by.count(); }

private:
    std::atomic<std::int64_t> micros_{1'767'323'045'123'456};
};

class PgTestEntropy final : public Entropy {
public:
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_{std::random_device{}()};
};

// A ring of keys that are told apart by one byte each; the first one seals.
[[nodiscard]] inline std::shared_ptr<const KeyRing> pg_test_keys(
    std::initializer_list<unsigned char> numbers = {1}) {
    std::vector<SealingKey> keys;
    for (const unsigned char number : numbers) {
        SealingKey::Bytes bytes{};
        bytes.fill(number);
        keys.emplace_back(bytes);
    }
    return std::make_shared<const KeyRing>(std::move(keys));
}

class PgDriver {
public:
    PgDriver(PostgresOptions options, const std::string& schema)
        : options_(std::move(options)), work_(context_.get_executor()) {
        options_.url = TestCluster::shared().url_of(schema);
        if (!options_.keys) options_.keys = pg_test_keys();
    }
    ~PgDriver() { close(); }
    PgDriver(const PgDriver&) = delete;
    PgDriver& operator=(const PgDriver&) = delete;

    [[nodiscard]] Result<Recovery> open() {
        std::vector<ReactorPost> posts{
            [this](std::move_only_function<void()> f) { asio::post(context_, std::move(f)); }};
        auto opened = PostgresStore::open(options_, clock, entropy_, std::move(posts));
        if (!opened) return std::unexpected(std::move(opened).error());
        store_ = std::move(*opened);
        return run(store_->recover());
    }
    void close() {
        if (!store_) return;
        store_->close();
        context_.poll();
        store_.reset();
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> value;
        asio::co_spawn(context_, std::move(task),
                       [&](std::exception_ptr, T result) { value.emplace(std::move(result)); });
        while (!value) ASSERT(context_.run_one() != 0);
        return std::move(*value);
    }
    Result<void> commit(CommitBatch batch, CommitBatch* returned = nullptr) {
        std::optional<Result<void>> answer;
        store_->commit(0, std::move(batch), [&](Result<void> result, CommitBatch back) {
            answer = std::move(result);
            if (returned != nullptr) *returned = std::move(back);
        });
        while (!answer) ASSERT(context_.run_one() != 0);
        return std::move(*answer);
    }
    Result<EventId> accept(std::string payload = "{}", std::vector<EndpointId> targets = {}) {
        auto event = std::make_shared<Event>();
        event->organization = OrganizationId{11, 12};
        event->application = ApplicationId{13, 14};
        event->type = "order.created";
        event->payload = std::move(payload);
        event->targets = std::move(targets);
        CommitBatch batch;
        batch.events.push_back(event);
        if (auto done = commit(std::move(batch)); !done)
            return std::unexpected(std::move(done).error());
        return event->id;
    }
    Result<void> update(EventId event, EndpointId endpoint, DeliveryState next,
                        Timestamp due = {}) {
        CommitBatch batch;
        DeliveryUpdate& update = batch.updates.emplace_back();
        update.event = event;
        update.endpoint = endpoint;
        update.next = next;
        update.due = due;
        return commit(std::move(batch));
    }

    [[nodiscard]] PostgresStore& store() { return *store_; }
    PostgresOptions& options() { return options_; }

    PgTestClock clock;

private:
    PostgresOptions options_;
    PgTestEntropy entropy_;
    asio::io_context context_;
    asio::executor_work_guard<Executor> work_;
    std::unique_ptr<PostgresStore> store_;
};

}  // namespace posthaste
