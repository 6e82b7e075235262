#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>

#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/store_driver.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

namespace fs = std::filesystem;

// Tells when an event gets its id: the log file that takes it has been made then, and only commits are left to be synced.
class WatchedEntropy final : public Entropy {
public:
    WatchedEntropy(Entropy& below, std::function<void()> watch)
        : below_(below), watch_(std::move(watch)) {}
    std::uint64_t next() override {
        watch_();
        return below_.next();
    }

private:
    Entropy& below_;
    const std::function<void()> watch_;
};

class SqliteFactory final : public StoreFactory {
public:
    explicit SqliteFactory(SqliteOptions options) : options_(std::move(options)) {
        options_.vfs = vfs_.name();
        options_.keys = test_keys();
        // What is tested here does not depend on the disk; memory makes thousands of commits quick.
        const fs::path base =
            fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        std::string pattern = (base / "posthaste-conformance-XXXXXX").string();
        options_.directory = ::mkdtemp(pattern.data());
    }
    ~SqliteFactory() override {
        std::error_code ignored;
        fs::remove_all(options_.directory, ignored);
    }

    std::unique_ptr<Store> open(Executor, Clock& clock, Entropy& entropy,
                                std::vector<ReactorPost> posts) override {
        entropy_.emplace(entropy, [this] { fail_doubted(); });
        // A doubt ends with its answer: until then a store that closed the file would meet the same disk again.
        for (ReactorPost& post : posts) {
            post = [this, below = std::move(post)](std::move_only_function<void()> answer) {
                vfs_.clear_faults();
                below(std::move(answer));
            };
        }
        auto store = SqliteStore::open(options_, clock, *entropy_, std::move(posts));
        EXPECT_TRUE(store) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }
    // Closing keeps nothing that a crash would lose: every file is as its last commit left it.
    void crash(std::unique_ptr<Store> store) override { store.reset(); }

    bool lose_parked(EventId event, EndpointId endpoint) override {
        for (const auto& item : fs::directory_iterator(options_.directory + "/log")) {
            auto database =
                SqliteDatabase::open(item.path().string(), SqliteAccess::write, vfs_.name());
            if (!database) continue;
            auto remove =
                database->prepare("DELETE FROM parked WHERE event = ?1 AND endpoint = ?2");
            if (!remove) continue;
            remove->bind(1, event.hi);
            remove->bind(2, endpoint.hi);
            if (remove->run() == SQLITE_OK && database->changes() > 0) return true;
        }
        return false;
    }

    void doubt_next_commit(Doubt doubt) override { doubt_ = doubt; }
    void doubt_next_change(Doubt doubt) override {
        vfs_.fail_syncs(
            1,
            doubt == Doubt::lost ? FaultVfs::UnsyncedBytes::dropped : FaultVfs::UnsyncedBytes::kept,
            "posthaste.db-wal");
    }

private:
    // On the writer's thread. A commit that was lost is lost in every file it touched. One that became durable is in doubt
    // in the events' file only: of the older ones maintenance may have a connection, whose index of the write-ahead log,
    // which knows nothing of the commit, would outlive the writer's.
    void fail_doubted() {
        const std::optional<Doubt> doubt = doubt_.exchange({});
        if (!doubt) return;
        const bool is_lost = *doubt == Doubt::lost;
        vfs_.fail_syncs(UINT64_MAX,
                        is_lost ? FaultVfs::UnsyncedBytes::dropped : FaultVfs::UnsyncedBytes::kept,
                        is_lost ? "-wal" : newest_log() + "-wal");
    }
    [[nodiscard]] std::string newest_log() const {
        std::string newest;
        for (const auto& item : fs::directory_iterator(options_.directory + "/log")) {
            if (item.path().extension() == ".db")
                newest = std::max(newest, item.path().filename().string());
        }
        return newest;
    }

    SqliteOptions options_;
    FaultVfs vfs_{"conformance"};
    std::optional<WatchedEntropy> entropy_;
    std::atomic<std::optional<Doubt>> doubt_;
};

// A new file for almost every commit that brings events: everything crosses files.
SqliteOptions many_files() {
    SqliteOptions options;
    options.partition_bytes_max = 1;
    options.index_chunk = 2;
    options.open_files_max = 2;
    options.checkpoint_pages = 4;
    return options;
}

SqliteOptions with_sealed_payloads(SqliteOptions options) {
    options.encrypt_payloads = true;
    return options;
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreSuite,
    testing::Values(
        StoreParam{"one_file", [] { return std::make_unique<SqliteFactory>(SqliteOptions{}); }},
        StoreParam{"many_files", [] { return std::make_unique<SqliteFactory>(many_files()); }},
        StoreParam{
            "sealed_payloads",
            [] { return std::make_unique<SqliteFactory>(with_sealed_payloads(many_files())); }}),
    store_param_name);

}  // namespace
}  // namespace posthaste::conformance
