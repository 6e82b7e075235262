// Changes of configuration through power cuts: what was answered is there, an object and what the audit log says of it come
// or go together, and the chain has no gap.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

class ConfigPowerCut : public testing::Test {
protected:
    void start_over() {
        driver_.reset();
        vfs_.forget();
        directory_.emplace();
        SqliteOptions options;
        options.directory = directory_->path();
        options.vfs = vfs_.name();
        options.reader_threads = 1;
        driver_.emplace(options);
        certain_.clear();
        made_ = 0;
    }

    void work_until_cut() {
        vfs_.cut_power_after(1 + random_() % 150);
        const bool is_open = driver_->is_open() || driver_->open().has_value();
        for (int step = 0; is_open && !vfs_.is_cut() && step < 50; ++step) change();
        vfs_.cut_power_after(0);
        driver_->close();
        vfs_.restore(random_);
    }

    // Every record has exactly one entry, and the other way round; all that were answered are there.
    void check() {
        const auto recovery = driver_->open();
        ASSERT_TRUE(recovery) << recovery.error().message;
        const auto entries = driver_->run(driver_->store().read_audit({}));
        const auto records = driver_->run(driver_->store().read_records({}));
        ASSERT_TRUE(entries && records);
        AuditChain chain;
        std::multiset<std::string> told;
        for (const AuditEntry& entry : *entries) {
            EXPECT_TRUE(chain.follow(entry)) << entry.sequence;
            told.insert(entry.object);
        }
        std::multiset<std::string> stored;
        for (const Record& record : *records) stored.insert(record.name);
        EXPECT_EQ(told, stored);
        EXPECT_TRUE(std::ranges::includes(stored, certain_)) << "an acknowledged change is gone";
        certain_ = {stored.begin(), stored.end()};
        if (random_() % 2 == 0) return;
        driver_->close();
        vfs_.forget();
    }

    std::mt19937_64 random_{20261128};
    FaultVfs vfs_{"config-power-cut"};
    std::optional<TemporaryDirectory> directory_;
    std::optional<StoreDriver> driver_;
    std::set<std::string> certain_;  // names of records whose change was answered, or seen since
    int made_ = 0;

private:
    void change() {
        ConfigChange change;
        std::vector<std::string> names;
        for (auto n = 1 + random_() % 3; n > 0; --n) {
            names.push_back("record " + std::to_string(++made_));
            Record& record = change.records.emplace_back();
            record.name = names.back();
            record.label = "label";
            record.body = std::string(random_() % 6000, 'b');
            change.audit.emplace_back().object = names.back();
        }
        if (driver_->run(driver_->store().change_config(std::move(change))))
            certain_.insert(names.begin(), names.end());
    }
};

TEST_F(ConfigPowerCut, leaves_objects_and_their_entries) {
    constexpr int kCuts = 300;
    std::size_t records = 0;
    for (int cut = 0; cut < kCuts && !HasFailure(); ++cut) {
        SCOPED_TRACE("cut " + std::to_string(cut));
        if (cut % 10 == 0) start_over();
        work_until_cut();
        check();
        records = std::max(records, certain_.size());
    }
    EXPECT_GT(records, 20u) << "the cuts must have left something";
}

}  // namespace
}  // namespace posthaste
