// Changing the key, and files of versions that sealed nothing: afterwards nothing needs the old key, nothing old is left, and
// a crash at any moment loses nothing.

#include <gtest/gtest.h>

#include <random>

#include "store/sqlite/config_file.h"
#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/sealed_store.h"

namespace posthaste {
namespace {

constexpr int kObjects = 100;  // more than are sealed anew at once

class Reseal : public testing::Test {
protected:
    Reseal() { options_.directory = directory_.path(); }

    [[nodiscard]] Result<Recovery> open(std::initializer_list<unsigned char> keys) {
        driver_.reset();
        options_.keys = test_keys(keys);
        driver_.emplace(options_);
        return driver_->open();
    }
    void reopen(std::initializer_list<unsigned char> keys) {
        const auto opened = open(keys);
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void put_secrets() {
        ConfigChange change;
        for (int i = 0; i < kObjects; ++i) {
            change.endpoints.push_back(secretive_endpoint(i));
            change.records.push_back(secretive_record(RecordKind::answer, i));
        }
        const auto done = driver_->run(driver_->store().change_config(std::move(change)));
        ASSERT_TRUE(done) << done.error().message;
        endpoints_ = done->endpoints;
    }
    ResealReport reseal() {
        const auto report = driver_->run(driver_->store().reseal());
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(ResealReport{});
    }
    void expect_everything_is_there() {
        const auto endpoints = driver_->run(driver_->store().load_endpoints());
        ASSERT_TRUE(endpoints) << endpoints.error().message;
        EXPECT_EQ(*endpoints, endpoints_);
        RecordQuery answers;
        answers.kind = RecordKind::answer;
        const auto records = driver_->run(driver_->store().read_records(answers));
        ASSERT_TRUE(records) << records.error().message;
        EXPECT_EQ(records->size(), static_cast<std::size_t>(kObjects));
    }
    [[nodiscard]] std::vector<std::string> noted() const {
        return read_column(directory_.path(), "SELECT id FROM sealing_key ORDER BY id");
    }
    // Everything that the running test put into files may be looked for in them.
    [[nodiscard]] std::vector<std::string> files_with_any(
        const std::vector<std::string>& values) const {
        return files_with(directory_.path(), values);
    }

    // posthaste.db as version 3 left it after a while: rows that grew, moved and went, in pages that nobody cleaned.
    void make_version_3(const std::string& vfs = {}) {
        auto database =
            SqliteDatabase::open(directory_.path() + "/posthaste.db", SqliteAccess::create, vfs);
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute("PRAGMA journal_mode=WAL; PRAGMA secure_delete=OFF"));
        ASSERT_TRUE(migrate_config(*database, 3));
        for (int i = 0; i < kObjects; ++i) {
            const std::string n = std::to_string(i) + ".";
            const std::string id = std::to_string(1000 + i);
            const auto done = database->execute(
                "INSERT INTO endpoint(hi, lo, organization, application, profile, url, secret,"
                " old_secrets, is_active, is_deleted, created_at, gaps, base, factor, delay_max,"
                " jitter, jitter_fraction, attempts_max, timeout, in_flight_max, revision,"
                " details, ingest_key) VALUES (" +
                id + ", 1, zeroblob(16), zeroblob(16), 0, 'https://user:sesame-password-" + n +
                "@a.test/', 'sesame-secret-" + n + "', '[[\"sesame-old-" + n +
                "\",5],[\"sesame-older-" + n +
                "\",4]]', 1, 0, 5, '[1]', 1, 2.0, 3, 1, 0.1, 5, 10,"
                " 0, 1, '{\"description\":\"described " +
                n + "\",\"headers\":[[\"X-Key\",\"sesame-header-" + n +
                "\"],[\"X-Other\",\"sesame-other-" + n + "\"]]}', 'sesame-key-" + n +
                "'); INSERT INTO record(kind, id, organization, parent, name, revision, body)"
                " VALUES (5, CAST('0123456789abc" +
                id.substr(1) + "' AS BLOB), zeroblob(16), zeroblob(16), 'named " + n +
                "', 1, '{\"answer\":\"sesame-body-" + n + "\"}');");
            ASSERT_TRUE(done) << done.error().message;
        }
        const auto aged = database->execute(
            "UPDATE endpoint SET secret = secret || ' which is much longer now' WHERE hi % 3 = 0;"
            "UPDATE endpoint SET secret = substr(secret, 1, instr(secret, '.')) WHERE hi % 3 = 0;"
            "INSERT INTO record(kind, id, organization, parent, name, revision, body)"
            " SELECT 6, id, organization, parent, name, 1, body || 'x' FROM record;"
            "DELETE FROM record WHERE kind = 6;");
        ASSERT_TRUE(aged) << aged.error().message;
    }
    void expect_version_3_has_arrived() {
        const auto endpoints = driver_->run(driver_->store().load_endpoints());
        ASSERT_TRUE(endpoints) << endpoints.error().message;
        ASSERT_EQ(endpoints->size(), static_cast<std::size_t>(kObjects));
        for (int i = 0; i < kObjects; ++i) {
            const Endpoint& endpoint = endpoints->at(static_cast<std::size_t>(i));
            const Endpoint expected = secretive_endpoint(i);
            EXPECT_EQ(endpoint.url, expected.url);
            EXPECT_EQ(endpoint.secret, expected.secret);
            EXPECT_EQ(endpoint.old_secrets, expected.old_secrets);
            EXPECT_EQ(endpoint.headers, expected.headers);
            EXPECT_EQ(endpoint.ingest_key, expected.ingest_key);
            EXPECT_EQ(endpoint.description, expected.description);
        }
    }

    TemporaryDirectory directory_;
    SqliteOptions options_;
    std::optional<StoreDriver> driver_;
    std::vector<Endpoint> endpoints_;
};

TEST_F(Reseal, a_new_store_has_nothing_to_do) {
    reopen({1});
    const ResealReport report = reseal();
    EXPECT_EQ(report.endpoints + report.records + report.log_files, 0u);
    EXPECT_FALSE(report.has_rewritten);
}

TEST_F(Reseal, afterwards_nothing_needs_the_old_key) {
    options_.encrypt_payloads = true;
    reopen({1});
    put_secrets();
    CommitBatch batch;
    batch.events.push_back(test_event({EndpointId{5, 6}}, "payload"));
    CommitBatch back;
    ASSERT_TRUE(driver_->commit(std::move(batch), &back));
    const auto old = sealed_values(directory_.path());
    ASSERT_EQ(old.size(), 2u * kObjects);

    ASSERT_TRUE(driver_->run(driver_->store().replace_keys(test_keys({2, 1}))));
    EXPECT_EQ(noted().size(), 2u);
    const ResealReport report = reseal();
    EXPECT_EQ(report.endpoints, static_cast<std::uint64_t>(kObjects));
    EXPECT_EQ(report.records, static_cast<std::uint64_t>(kObjects));
    EXPECT_EQ(report.log_files, 1u);
    EXPECT_TRUE(report.has_rewritten);
    EXPECT_EQ(noted(), std::vector{to_hex(test_keys({2})->primary())});
    EXPECT_EQ(files_with_any(old), std::vector<std::string>{});
    expect_everything_is_there();
    ASSERT_TRUE(driver_->run(driver_->store().replace_keys(test_keys({2}))));

    reopen({2});
    expect_everything_is_there();
    const auto history = driver_->run(driver_->store().read_event(back.events[0]->id));
    ASSERT_TRUE(history) << history.error().message;
    EXPECT_EQ(history->event->payload, "payload");
    EXPECT_FALSE(open({1}));
}

TEST_F(Reseal, a_ring_without_a_needed_key_is_refused) {
    reopen({1});
    put_secrets();
    const auto refused = driver_->run(driver_->store().replace_keys(test_keys({2})));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(to_hex(test_keys({1})->primary())), std::string::npos);
    expect_everything_is_there();
    EXPECT_EQ(noted(), std::vector{to_hex(test_keys({1})->primary())});
}

TEST_F(Reseal, a_ring_without_a_log_files_key_is_refused) {
    options_.encrypt_payloads = true;
    reopen({1});
    CommitBatch batch;
    batch.events.push_back(test_event({EndpointId{5, 6}}));
    ASSERT_TRUE(driver_->commit(std::move(batch)));
    const auto refused = driver_->run(driver_->store().replace_keys(test_keys({2})));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("/log/"), std::string::npos);
}

TEST_F(Reseal, every_log_file_is_sealed_anew) {
    options_.encrypt_payloads = true;
    options_.partition_bytes_max = 1;
    options_.open_files_max = 2;
    reopen({1});
    std::vector<EventId> events;
    for (int i = 0; i < 20; ++i) {
        driver_->clock.advance(1ms);
        CommitBatch batch;
        batch.events.push_back(test_event({EndpointId{5, 6}}, std::to_string(i)));
        CommitBatch back;
        ASSERT_TRUE(driver_->commit(std::move(batch), &back));
        events.push_back(back.events[0]->id);
    }
    reopen({2, 1});
    EXPECT_EQ(reseal().log_files, 20u);
    EXPECT_EQ(reseal().log_files, 0u);
    reopen({2});
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto history = driver_->run(driver_->store().read_event(events[i]));
        ASSERT_TRUE(history) << history.error().message;
        EXPECT_EQ(history->event->payload, std::to_string(i));
    }
}

TEST_F(Reseal, changes_meanwhile_are_kept) {
    reopen({1});
    put_secrets();
    ASSERT_TRUE(driver_->run(driver_->store().replace_keys(test_keys({2, 1}))));
    // Both at once: the store takes what comes between two of its transactions.
    std::optional<Result<ResealReport>> report;
    const auto sealing = [&]() -> Task<int> {
        report = co_await driver_->store().reseal();
        co_return 0;
    };
    const auto changing = [&]() -> Task<int> {
        for (Endpoint& endpoint : endpoints_) {
            endpoint.secret = "sesame-fresh";
            auto stored = co_await driver_->store().put_endpoint(endpoint);
            if (!stored) co_return 1;
            endpoint = std::move(*stored);
        }
        co_return 0;
    };
    EXPECT_EQ(driver_->run_both(sealing(), changing()), 0);
    ASSERT_TRUE(report->has_value()) << report->error().message;
    reopen({2});
    expect_everything_is_there();
}

// ---- files of older versions

TEST_F(Reseal, nothing_readable_is_left_of_an_older_version) {
    make_version_3();
    EXPECT_FALSE(files_with_any({std::string(kSecretMark)}).empty());
    reopen({1});
    EXPECT_EQ(noted().front(), "");
    EXPECT_TRUE(reseal().has_rewritten);
    EXPECT_EQ(files_with_any({std::string(kSecretMark)}), std::vector<std::string>{});
    EXPECT_EQ(noted(), std::vector{to_hex(test_keys({1})->primary())});
    expect_version_3_has_arrived();
    EXPECT_FALSE(reseal().has_rewritten);
    driver_->close();
    EXPECT_EQ(files_with_any({std::string(kSecretMark)}), std::vector<std::string>{});
}

// ---- crashes

class ResealCrash : public Reseal {
protected:
    ResealCrash() { options_.vfs = vfs_.name(); }
    ~ResealCrash() override { driver_.reset(); }  // before the VFS it writes to

    // Opens and seals anew, with the power cut after so many operations. True: it came through.
    bool work_until_cut(std::uint64_t operations, std::initializer_list<unsigned char> keys) {
        vfs_.cut_power_after(operations);
        bool is_done = false;
        if (open(keys)) is_done = driver_->run(driver_->store().reseal()).has_value();
        is_done = is_done && !vfs_.is_cut();
        vfs_.cut_power_after(0);
        driver_->close();
        vfs_.restore(random_);
        return is_done;
    }

    std::mt19937_64 random_{20261129};
    FaultVfs vfs_{"reseal-crash"};
};

TEST_F(ResealCrash, no_power_cut_loses_a_secret) {
    options_.encrypt_payloads = true;
    reopen({1});
    put_secrets();
    CommitBatch batch;
    batch.events.push_back(test_event({EndpointId{5, 6}}, "payload"));
    CommitBatch back;
    ASSERT_TRUE(driver_->commit(std::move(batch), &back));
    driver_->close();
    unsigned char first = 1;
    unsigned char second = 2;
    int completed = 0;
    // The two keys take turns; cuts come later and later until a whole turn passes between two.
    for (std::uint64_t operations = 1; completed < 3 && operations < 4000; operations += 7) {
        const bool is_done = work_until_cut(operations, {second, first});
        reopen({second, first});
        expect_everything_is_there();
        const auto history = driver_->run(driver_->store().read_event(back.events[0]->id));
        ASSERT_TRUE(history) << history.error().message;
        EXPECT_EQ(history->event->payload, "payload");
        driver_->close();
        if (!is_done) continue;
        ASSERT_TRUE(open({second})) << "the old key is not needed any more";
        driver_->close();
        std::swap(first, second);
        ++completed;
    }
    EXPECT_EQ(completed, 3);
}

TEST_F(ResealCrash, no_power_cut_loses_a_secret_of_an_older_version) {
    make_version_3(vfs_.name());
    bool is_done = false;
    for (std::uint64_t operations = 1; !is_done && operations < 4000; operations += 5) {
        is_done = work_until_cut(operations, {1});
        if (is_done) break;
    }
    ASSERT_TRUE(is_done);
    reopen({1});
    expect_version_3_has_arrived();
    EXPECT_EQ(files_with_any({std::string(kSecretMark)}), std::vector<std::string>{});
}

}  // namespace
}  // namespace posthaste
