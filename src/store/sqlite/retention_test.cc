// What is particular to SQLite about retention and indexes: files come and go.

#include <gtest/gtest.h>

#include <fstream>

#include "store/sqlite/config_file.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

const EndpointId kEndpoint{5, 6};

TEST(LogFileName, tells_where_a_file_begins) {
    const Timestamp at = from_micros(1'767'323'045'123'456);
    const std::string name = log_file_name(0x0190a5b27c3d7abc, at);
    EXPECT_EQ(name, "20260102T0304-0190a5b27c3d7abc.db");
    EXPECT_EQ(parse_log_file_name(name), 0x0190a5b27c3d7abcu);
    std::string before = name;
    for (const char* expected :
         {"20260102T0304-r0001-0190a5b27c3d7abc.db", "20260102T0304-r0002-0190a5b27c3d7abc.db"}) {
        const std::string next = rewritten_log_file_name(before);
        EXPECT_EQ(next, expected);
        EXPECT_GT(next, before);
        EXPECT_EQ(parse_log_file_name(next), 0x0190a5b27c3d7abcu);
        before = next;
    }
    for (const char* wrong :
         {"", ".db", "posthaste.db", "x-0190a5b27c3d7abc", "x-0190a5b27c3d7abc.db-wal",
          "x-0190a5b27c3d7abg.db", "x-190a5b27c3d7abc.db", "x-0190a5b27c3d7abc.db.tmp"}) {
        EXPECT_FALSE(parse_log_file_name(wrong)) << wrong;
    }
}

class Retention : public testing::Test {
protected:
    Retention() {
        SqliteOptions options;
        options.directory = directory_.path();
        options.rewrite_bytes_min = 0;
        driver_.emplace(options);
        EXPECT_TRUE(driver_->open());
    }
    std::vector<EventId> accept(std::size_t count) {
        CommitBatch batch;
        for (std::size_t i = 0; i < count; ++i)
            batch.events.push_back(test_event({kEndpoint}, std::string(1000, 'p')));
        CommitBatch back;
        EXPECT_TRUE(driver_->commit(std::move(batch), &back));
        std::vector<EventId> ids;
        for (const auto& event : back.events) ids.push_back(event->id);
        return ids;
    }
    void move(EventId event, DeliveryState next, Duration due_in = {}) {
        CommitBatch batch;
        DeliveryUpdate update;
        update.event = event;
        update.endpoint = kEndpoint;
        update.next = next;
        update.due = driver_->clock.now() + due_in;
        update.attempt = test_attempt(1, driver_->clock.now());
        batch.updates.push_back(std::move(update));
        EXPECT_TRUE(driver_->commit(std::move(batch)));
    }
    std::uint64_t expire() {
        const auto changed =
            driver_->run(driver_->store().expire(RetentionPolicy{}, driver_->clock.now()));
        EXPECT_TRUE(changed) << changed.error().message;
        return changed.value_or(0);
    }
    std::size_t attempts() {
        return driver_->run(driver_->store().attempts_of_endpoint(kEndpoint, 1000)).value().size();
    }

    TemporaryDirectory directory_;
    std::optional<StoreDriver> driver_;
};

TEST_F(Retention, a_file_with_a_few_stragglers_is_rewritten_small) {
    const auto events = accept(300);
    for (const EventId& event : events) {
        const bool stays = event == events[7] || event == events[200];
        move(event, stays ? DeliveryState::parked : DeliveryState::delivered, 24h * 365);
    }
    driver_->clock.advance(24h * 4);
    EXPECT_EQ(accept(1).size(), 1u);
    // The index of the closed file must be complete before it is rewritten; expire() runs behind it on the same thread.
    const auto before = driver_->store().stats();
    EXPECT_EQ(expire(), 1u);
    EXPECT_EQ(expire(), 0u) << "nothing is left to win";
    const auto after = driver_->store().stats();
    EXPECT_EQ(after.partitions, before.partitions);
    EXPECT_LT(after.bytes_on_disk, before.bytes_on_disk / 2);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(attempts(), 2u);
        EXPECT_FALSE(driver_->run(driver_->store().read_event(events[0])));
        const auto kept = driver_->run(driver_->store().read_event(events[7]));
        ASSERT_TRUE(kept);
        EXPECT_EQ(kept->event->payload.size(), 1000u);
        EXPECT_EQ(kept->deliveries.at(0).state, DeliveryState::parked);
        const Tally tally = driver_->run(driver_->store().tally()).value();
        EXPECT_EQ(tally.delivered, 298u);
        EXPECT_EQ(tally.accepted, 301u);
        driver_->close();
        ASSERT_TRUE(driver_->open());
    }
}

// A file that retention closes and drops in one run is still in the queue for its index.
TEST_F(Retention, the_index_of_a_dropped_file_goes_nowhere) {
    const auto commit_named = [this](const char* uid) {
        CommitBatch batch;
        batch.events.push_back(test_event({kEndpoint}));
        batch.events.back()->uid = uid;
        CommitBatch back;
        EXPECT_TRUE(driver_->commit(std::move(batch), &back));
        return back;
    };
    const EventId kept = commit_named("order-7").events.at(0)->id;
    move(kept, DeliveryState::parked, 24h * 365);
    driver_->clock.advance(2h);
    move(commit_named("order-8").events.at(0)->id, DeliveryState::delivered);
    driver_->clock.advance(24h * 4);
    EXPECT_EQ(expire(), 2u) << "the first file is rewritten, the second one dropped";
    EXPECT_EQ(expire(), 0u) << "behind the index on the maintenance thread";
    EXPECT_EQ(attempts(), 1u);
    const CommitBatch again = commit_named("order-7");
    ASSERT_EQ(again.refusals.size(), 1u) << "its name is known as long as it is kept";
    EXPECT_EQ(again.refusals.at(0).existing, kept);
}

TEST_F(Retention, an_interrupted_drop_counts_once) {
    const auto events = accept(3);
    for (const EventId& event : events) move(event, DeliveryState::delivered);
    driver_->close();
    // As a crash between folding the counters and unlinking the file leaves it.
    std::string name;
    for (const auto& item : std::filesystem::directory_iterator(directory_.path() + "/log")) {
        if (item.path().extension() == ".db") name = item.path().filename().string();
    }
    {
        TestEntropy entropy;
        Sealer sealer(driver_->options().keys, entropy);
        auto config = ConfigFile::open(driver_->options(), sealer);
        ASSERT_TRUE(config);
        Tally counters;
        counters.events = counters.accepted = counters.delivered = 3;
        ASSERT_TRUE(config->fold(name, counters, events.back().hi));
        ASSERT_TRUE(config->fold(name, counters, events.back().hi)) << "twice is once";
    }
    ASSERT_TRUE(driver_->open());
    EXPECT_EQ(driver_->run(driver_->store().tally())->delivered, 3u);
    EXPECT_EQ(driver_->store().stats().partitions, 0u);
    EXPECT_GT(accept(1).at(0).hi, events.back().hi);
}

TEST_F(Retention, a_rewrite_left_half_way_is_finished_or_forgotten) {
    const auto events = accept(2);
    driver_->close();
    std::string name;
    for (const auto& item : std::filesystem::directory_iterator(directory_.path() + "/log")) {
        if (item.path().extension() == ".db") name = item.path().filename().string();
    }
    const std::string log = directory_.path() + "/log/";
    std::filesystem::copy_file(log + name, log + rewritten_log_file_name(name));
    std::ofstream(log + name + ".tmp") << "half";
    ASSERT_TRUE(driver_->open());
    EXPECT_EQ(driver_->store().stats().partitions, 1u);
    EXPECT_FALSE(std::filesystem::exists(log + name));
    EXPECT_FALSE(std::filesystem::exists(log + name + ".tmp"));
    EXPECT_TRUE(driver_->run(driver_->store().read_event(events[1])));
    EXPECT_EQ(driver_->run(driver_->store().tally())->events, 2u);
}

TEST_F(Retention, attempts_are_found_while_open_after_a_restart_and_when_indexed) {
    const auto events = accept(30);
    for (const EventId& event : events) {
        driver_->clock.advance(1ms);
        move(event, DeliveryState::delivered);
    }
    EXPECT_EQ(attempts(), 30u);
    driver_->close();
    ASSERT_TRUE(driver_->open());
    EXPECT_EQ(attempts(), 30u) << "read again from the file";
    driver_->clock.advance(2h);
    const EventId late = accept(1).at(0);
    EXPECT_EQ(expire(), 0u);  // behind the index on the maintenance thread
    EXPECT_EQ(attempts(), 30u) << "from the index on disk";
    move(late, DeliveryState::parked);
    EXPECT_EQ(attempts(), 31u);
    const auto newest = driver_->run(driver_->store().attempts_of_endpoint(kEndpoint, 2)).value();
    EXPECT_EQ(newest.at(0).event, late);
    EXPECT_EQ(newest.at(1).event, events.back());
}

}  // namespace
}  // namespace posthaste
