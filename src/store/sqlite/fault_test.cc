// Disks that fill up, fail to sync, cannot be written, or hold damaged files.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

const EndpointId kEndpoint{5, 6};

CommitBatch one_event(std::string payload = "{}") {
    CommitBatch batch;
    batch.events.push_back(test_event({kEndpoint}, std::move(payload)));
    return batch;
}

CommitBatch park(const EventId& event, Timestamp due, std::optional<AttemptRecord> attempt = {}) {
    CommitBatch batch;
    DeliveryUpdate update;
    update.event = event;
    update.endpoint = kEndpoint;
    update.due = due;
    update.attempt = std::move(attempt);
    batch.updates.push_back(std::move(update));
    return batch;
}

class Faults : public testing::Test {
protected:
    Faults() {
        SqliteOptions options;
        options.directory = directory_.path();
        options.vfs = vfs_.name();
        driver_.emplace(options);
    }
    EventId accept() {
        CommitBatch back;
        const auto done = driver_->commit(one_event(), &back);
        EXPECT_TRUE(done) << done.error().message;
        return back.events.at(0)->id;
    }
    bool has(EventId id) { return driver_->run(driver_->store().read_event(id)).has_value(); }
    Tally tally() { return driver_->run(driver_->store().tally()).value(); }
    std::vector<std::string> logs() const {
        std::vector<std::string> paths;
        for (const auto& item : fs::directory_iterator(directory_.path() + "/log")) {
            if (item.path().extension() == ".db") paths.push_back(item.path().string());
        }
        std::sort(paths.begin(), paths.end());
        return paths;
    }
    static void damage(const std::string& path) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file << std::string(8192, 'x');
    }

    TemporaryDirectory directory_;
    FaultVfs vfs_{"faults"};
    std::optional<StoreDriver> driver_;
};

TEST_F(Faults, a_full_disk_refuses_and_recovers_at_every_write) {
    ASSERT_TRUE(driver_->open());
    std::vector<EventId> kept;
    for (std::uint64_t writes = 0; writes < 40; ++writes) {
        vfs_.fill_disk_after(writes);
        CommitBatch back;
        const auto failures = vfs_.failures();
        const auto refused = driver_->commit(one_event(std::string(20'000, 'x')), &back);
        const EventId id = back.events.at(0)->id;
        if (refused) {
            kept.push_back(id);
        } else {
            EXPECT_GT(vfs_.failures(), failures);
            EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message;
            EXPECT_FALSE(driver_->store().stats().healthy);
            EXPECT_NE(driver_->store().stats().problem, "");
            vfs_.fill_disk_after(0);
            const auto still = driver_->commit({});
            ASSERT_FALSE(still) << "an empty batch asks whether the store serves";
            EXPECT_EQ(still.error().code, ErrorCode::unavailable);
        }
        vfs_.clear_faults();
        EXPECT_TRUE(driver_->commit({}));
        EXPECT_TRUE(driver_->store().stats().healthy);
        kept.push_back(accept());
        EXPECT_TRUE(driver_->store().stats().healthy);
        if (!refused) {
            EXPECT_FALSE(has(id)) << "a refused event is stored";
        }
    }
    EXPECT_LT(kept.size(), 80u) << "no write ever failed";
    driver_->close();
    ASSERT_TRUE(driver_->open());
    for (const EventId& id : kept) EXPECT_TRUE(has(id));
    EXPECT_EQ(tally().events, kept.size());
    EXPECT_EQ(tally().parked, kept.size());
}

TEST_F(Faults, a_failed_sync_leaves_the_commit_open_and_a_repetition_settles_it) {
    ASSERT_TRUE(driver_->open());
    for (int round = 0; round < 5; ++round) {
        const EventId first = accept();
        const Timestamp due = driver_->clock.now();
        vfs_.fail_syncs(1);
        const auto open_question = driver_->commit(park(first, due, test_attempt(1, due)));
        ASSERT_FALSE(open_question);
        EXPECT_EQ(open_question.error().code, ErrorCode::commit_unknown);
        EXPECT_FALSE(driver_->store().stats().healthy);
        ASSERT_TRUE(driver_->commit(park(first, due, test_attempt(1, due))));
        EXPECT_TRUE(driver_->store().stats().healthy);
        EXPECT_EQ(tally().parked, static_cast<std::uint64_t>(round + 1));

        vfs_.fail_syncs(1);
        CommitBatch back;
        EXPECT_EQ(driver_->commit(one_event(), &back).error().code, ErrorCode::commit_unknown);
        const EventId settled = accept();
        ASSERT_TRUE(driver_->commit(park(settled, due)));
        // Whichever way the open question went, the store knows and its counters agree.
        EXPECT_EQ(tally().events, tally().accepted);
        if (has(back.events[0]->id)) {
            const auto history = driver_->run(driver_->store().read_event(back.events[0]->id));
            EXPECT_EQ(history->deliveries.at(0).state, DeliveryState::parked);
        }
        ASSERT_TRUE(driver_->commit(park(settled, due)));
        driver_->close();
        const auto recovery = driver_->open();
        ASSERT_TRUE(recovery);
        EXPECT_EQ(recovery->deliveries_parked, 0u);
        EXPECT_EQ(tally().pending(), tally().parked);
        // From here on the count starts anew.
        const ParkedQuery all{kEndpoint, due + 24h, 100, 1 << 20, {}};
        const auto page = driver_->run(driver_->store().load_parked(all));
        for (const ParkedDelivery& row : page->rows) {
            CommitBatch cancel;
            DeliveryUpdate update;
            update.event = row.event->id;
            update.endpoint = kEndpoint;
            update.origin.parked_due = row.due;
            update.next = DeliveryState::cancelled;
            cancel.updates.push_back(std::move(update));
            ASSERT_TRUE(driver_->commit(std::move(cancel)));
        }
        EXPECT_EQ(tally().parked, 0u);
        for (int i = 0; i < round + 1; ++i) ASSERT_TRUE(driver_->commit(park(accept(), due)));
    }
}

TEST_F(Faults, a_directory_that_cannot_be_written_is_refused_with_advice) {
    if (::geteuid() == 0) {
        // Permissions do not stop root; a file where the directory should be stops everyone.
        std::ofstream(directory_.path() + "/log") << "in the way";
    } else {
        fs::permissions(directory_.path(), fs::perms::owner_read | fs::perms::owner_exec);
    }
    const auto refused = driver_->open();
    fs::permissions(directory_.path(), fs::perms::owner_all);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find(directory_.path()), std::string::npos);
}

TEST_F(Faults, a_damaged_configuration_is_refused_by_name) {
    ASSERT_TRUE(driver_->open());
    driver_->close();
    damage(directory_.path() + "/posthaste.db");
    const auto refused = driver_->open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
    EXPECT_NE(refused.error().message.find("posthaste.db"), std::string::npos);
}

TEST_F(Faults, a_damaged_log_file_is_set_aside_and_the_rest_works) {
    for (const bool is_newest : {false, true}) {
        ASSERT_TRUE(driver_->open());
        const EventId first = accept();
        driver_->clock.advance(2h);
        const EventId second = accept();
        driver_->close();
        const auto paths = logs();
        ASSERT_GE(paths.size(), 2u);
        damage(is_newest ? paths.back() : paths[paths.size() - 2]);

        ASSERT_TRUE(driver_->open());
        EXPECT_EQ(has(first), is_newest);
        EXPECT_EQ(has(second), !is_newest);
        const auto lost = driver_->run(driver_->store().read_event(is_newest ? second : first));
        EXPECT_EQ(lost.error().code, ErrorCode::corrupt);
        EXPECT_NE(driver_->store().stats().problem.find("set aside"), std::string::npos);
        EXPECT_TRUE(has(accept()));
        EXPECT_TRUE(driver_->commit(park(is_newest ? second : first, driver_->clock.now())))
            << "a repetition for ever would be no help";
        driver_->close();
        fs::remove(is_newest ? paths.back() : paths[paths.size() - 2]);
        driver_->clock.advance(2h);
    }
}

TEST_F(Faults, a_newer_schema_is_refused) {
    ASSERT_TRUE(driver_->open());
    accept();
    driver_->close();
    for (const std::string& path : {logs().at(0), directory_.path() + "/posthaste.db"}) {
        auto database = SqliteDatabase::open(path, SqliteAccess::write, {});
        ASSERT_TRUE(database);
        const auto version = database->query_integer("PRAGMA user_version");
        ASSERT_TRUE(database->execute("PRAGMA user_version=99"));
        const auto refused = driver_->open();
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().message.find("newer"), std::string::npos)
            << refused.error().message;
        EXPECT_NE(refused.error().message.find(path), std::string::npos);
        ASSERT_TRUE(database->execute("PRAGMA user_version=" + std::to_string(*version)));
    }
    EXPECT_TRUE(driver_->open());
}

}  // namespace
}  // namespace posthaste
