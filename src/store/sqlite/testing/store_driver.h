#pragma once

// Lets a test talk to a SqliteStore step by step, from one thread.

#include <stdlib.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "store/sqlite/sqlite_store.h"

namespace posthaste {

// In memory where there is such a place: what these tests ask does not depend on the disk.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        namespace fs = std::filesystem;
        const fs::path base =
            fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        std::string pattern = (base / "posthaste-sqlite-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

class TestClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return from_micros(micros_.load()); }
    void advance(Duration by) { micros_ += by.count(); }

private:
    std::atomic<std::int64_t> micros_{1'767'323'045'123'456};
};

class TestEntropy final : public Entropy {
public:
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_{42};
};

// A ring of keys that are told apart by one byte each; the first one seals.
[[nodiscard]] inline std::shared_ptr<const KeyRing> test_keys(
    std::initializer_list<unsigned char> numbers = {1}) {
    std::vector<SealingKey> keys;
    for (const unsigned char number : numbers) {
        SealingKey::Bytes bytes{};
        bytes.fill(number);
        keys.emplace_back(bytes);
    }
    return std::make_shared<const KeyRing>(std::move(keys));
}

class StoreDriver {
public:
    explicit StoreDriver(SqliteOptions options)
        : options_(std::move(options)), work_(context_.get_executor()) {
        if (!options_.keys) options_.keys = test_keys();
    }
    ~StoreDriver() { close(); }
    StoreDriver(const StoreDriver&) = delete;
    StoreDriver& operator=(const StoreDriver&) = delete;

    [[nodiscard]] Result<Recovery> open() {
        std::vector<ReactorPost> posts{
            [this](std::move_only_function<void()> f) { asio::post(context_, std::move(f)); }};
        auto opened = SqliteStore::open(options_, clock, entropy_, std::move(posts));
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
    // Side by side; the sum of what they return.
    int run_both(Task<int> one, Task<int> other) {
        int left = 2;
        int sum = 0;
        const auto done = [&](std::exception_ptr, int value) {
            sum += value;
            --left;
        };
        asio::co_spawn(context_, std::move(one), done);
        asio::co_spawn(context_, std::move(other), done);
        while (left != 0) ASSERT(context_.run_one() != 0);
        return sum;
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

    [[nodiscard]] SqliteStore& store() { return *store_; }
    [[nodiscard]] bool is_open() const { return store_ != nullptr; }
    SqliteOptions& options() { return options_; }

    TestClock clock;

private:
    SqliteOptions options_;
    TestEntropy entropy_;
    asio::io_context context_;
    asio::executor_work_guard<Executor> work_;
    std::unique_ptr<SqliteStore> store_;
};

[[nodiscard]] inline std::shared_ptr<Event> test_event(std::vector<EndpointId> targets,
                                                       std::string payload = "{}") {
    auto event = std::make_shared<Event>();
    event->organization = OrganizationId{11, 12};
    event->application = ApplicationId{13, 14};
    event->type = "order.created";
    event->payload = std::move(payload);
    event->targets = std::move(targets);
    return event;
}

[[nodiscard]] inline AttemptRecord test_attempt(std::uint32_t number, Timestamp at) {
    AttemptRecord attempt;
    attempt.number = number;
    attempt.started_at = at;
    attempt.outcome = AttemptOutcome::rejected;
    attempt.status_code = 503;
    attempt.response = "busy";
    return attempt;
}

}  // namespace posthaste
