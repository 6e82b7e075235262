#include "server/rekey.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "server/data_lock.h"
#include "server/encryption_keys.h"
#include "server/key_file.h"
#include "store/sqlite/testing/sealed_store.h"

namespace posthaste {
namespace {

class RekeyTest : public ::testing::Test {
protected:
    RekeyTest() { config_.database_dir = directory_.path(); }

    // The store as the server opens it.
    void open() {
        driver_.reset();
        const auto keys = load_encryption_keys(config_);
        ASSERT_TRUE(keys) << keys.error().message;
        SqliteOptions options;
        options.directory = directory_.path();
        options.keys = keys->ring;
        driver_.emplace(options);
        const auto opened = driver_->open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void put_secret() {
        ConfigChange change;
        change.endpoints.push_back(secretive_endpoint(1));
        change.records.push_back(secretive_record(RecordKind::answer, 1));
        ASSERT_TRUE(driver_->run(driver_->store().change_config(std::move(change))));
    }
    void expect_the_secret() {
        open();
        const auto endpoints = driver_->run(driver_->store().load_endpoints());
        ASSERT_TRUE(endpoints) << endpoints.error().message;
        EXPECT_EQ(endpoints->at(0).secret, secretive_endpoint(1).secret);
    }
    [[nodiscard]] std::string key_path() const { return directory_.path() + "/encryption_key"; }
    [[nodiscard]] std::vector<std::string> key_ids() const {
        const auto file = KeyFile::read(key_path());
        EXPECT_TRUE(file) << file.error().message;
        std::vector<std::string> ids;
        for (const SealingKey& key : file->keys()) ids.push_back(to_hex(key.id()));
        return ids;
    }

    TemporaryDirectory directory_;
    ServerConfig config_;
    std::optional<StoreDriver> driver_;
};

// ---- where keys come from

TEST_F(RekeyTest, a_key_is_made_once_and_kept) {
    const auto first = load_encryption_keys(config_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(first->is_new);
    EXPECT_EQ(first->file, key_path());
    const auto second = load_encryption_keys(config_);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->is_new);
    EXPECT_EQ(second->ring->primary(), first->ring->primary());
}

TEST_F(RekeyTest, given_keys_need_no_file) {
    config_.encryption_keys = test_keys({7, 8})->keys();
    const auto keys = load_encryption_keys(config_);
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->ring->primary(), test_keys({7})->primary());
    EXPECT_EQ(keys->file, "");
    EXPECT_FALSE(std::filesystem::exists(key_path()));
}

TEST_F(RekeyTest, a_file_that_was_named_must_be_there) {
    config_.encryption_key_file = directory_.path() + "/elsewhere";
    const auto keys = load_encryption_keys(config_);
    ASSERT_FALSE(keys);
    EXPECT_NE(keys.error().message.find("openssl rand"), std::string::npos) << keys.error().message;
    EXPECT_FALSE(std::filesystem::exists(config_.encryption_key_file));
}

TEST_F(RekeyTest, no_key_is_made_beside_data_that_needs_another) {
    open();
    put_secret();
    driver_.reset();
    const std::string id = key_ids().at(0);
    std::filesystem::remove(key_path());
    const auto keys = load_encryption_keys(config_);
    ASSERT_FALSE(keys);
    EXPECT_NE(keys.error().message.find(id), std::string::npos) << keys.error().message;
    EXPECT_FALSE(std::filesystem::exists(key_path()));
}

// ---- a new key

TEST_F(RekeyTest, without_a_server_it_seals_by_itself) {
    open();
    put_secret();
    driver_.reset();
    const std::string before = key_ids().at(0);
    const auto done = rekey(config_, 1s);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_NE(done->find("sealed anew: 1 endpoint, 1 record, 0 log files"), std::string::npos)
        << *done;
    ASSERT_EQ(key_ids().size(), 2u);
    EXPECT_EQ(key_ids().at(1), before);

    auto status = describe_keys(config_);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_NE(status->find("1 endpoint, 1 record"), std::string::npos) << *status;
    EXPECT_NE(status->find("not needed"), std::string::npos) << *status;

    const auto pruned = prune_keys(config_);
    ASSERT_TRUE(pruned) << pruned.error().message;
    EXPECT_NE(pruned->find(before), std::string::npos) << *pruned;
    EXPECT_EQ(key_ids().size(), 1u);
    expect_the_secret();
}

TEST_F(RekeyTest, a_running_server_is_waited_for) {
    open();
    put_secret();
    const auto lock = DataLock::acquire(directory_.path());
    ASSERT_TRUE(lock);
    const auto waited = rekey(config_, 0s);
    ASSERT_FALSE(waited) << "nobody has looked at the file";
    EXPECT_NE(waited.error().message.find("new key"), std::string::npos);
    EXPECT_NE(waited.error().message.find("its log says"), std::string::npos);
    ASSERT_EQ(key_ids().size(), 2u);
    const auto kept = prune_keys(config_);
    ASSERT_TRUE(kept);
    EXPECT_EQ(key_ids().size(), 2u) << "the server seals with the old one still";

    const auto keys = load_encryption_keys(config_);
    ASSERT_TRUE(driver_->run(driver_->store().replace_keys(keys->ring)));
    ASSERT_TRUE(driver_->run(driver_->store().reseal()));
    ASSERT_TRUE(prune_keys(config_));
    EXPECT_EQ(key_ids(), std::vector{to_hex(keys->ring->primary())});
    expect_the_secret();
}

TEST_F(RekeyTest, a_missing_key_shows) {
    open();
    put_secret();
    driver_.reset();
    config_.encryption_keys = test_keys({9})->keys();
    const auto status = describe_keys(config_);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_NE(status->find("MISSING"), std::string::npos) << *status;
}

TEST_F(RekeyTest, keys_of_a_setting_are_changed_there) {
    config_.encryption_keys = test_keys({9})->keys();
    for (const auto& done : {rekey(config_, 0s), prune_keys(config_)}) {
        ASSERT_FALSE(done);
        EXPECT_NE(done.error().message.find("encryption_key"), std::string::npos);
    }
}

TEST_F(RekeyTest, before_the_first_start_there_is_no_key) {
    const auto done = rekey(config_, 0s);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("first start"), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace posthaste
