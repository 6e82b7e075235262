#include <stdlib.h>

#include <filesystem>

#include "store/sqlite/sqlite_store.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

namespace fs = std::filesystem;

class SqliteFactory final : public StoreFactory {
public:
    explicit SqliteFactory(SqliteOptions options) : options_(std::move(options)) {
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
        auto store = SqliteStore::open(options_, clock, entropy, std::move(posts));
        EXPECT_TRUE(store) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }
    // Closing keeps nothing that a crash would lose: every file is as its last commit left it.
    void crash(std::unique_ptr<Store> store) override { store.reset(); }

    bool lose_parked(EventId event, EndpointId endpoint) override {
        for (const auto& item : fs::directory_iterator(options_.directory + "/log")) {
            auto database = SqliteDatabase::open(item.path().string(), SqliteAccess::write, {});
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

private:
    SqliteOptions options_;
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

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreSuite,
    testing::Values(
        StoreParam{"one_file", [] { return std::make_unique<SqliteFactory>(SqliteOptions{}); }},
        StoreParam{"many_files", [] { return std::make_unique<SqliteFactory>(many_files()); }}),
    store_param_name);

}  // namespace
}  // namespace posthaste::conformance
