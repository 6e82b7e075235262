// Files that the version before wrote are brought forward when they are opened.

#include <gtest/gtest.h>

#include "store/sqlite/config_file.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

constexpr std::size_t kVersion = 1;

constexpr char kOldEndpoint[] =
    "INSERT INTO endpoint VALUES (77, 8, zeroblob(16), zeroblob(16), 1, 'http://a/', NULL, '[]', "
    "NULL, 1, 0, 5,"
    " '[1]', 1, 2.0, 3, 1, 0.1, 5, NULL, 10, 0, 4)";
// An event of endpoint (5, 6), delivered at the first attempt, in a closed and indexed file; and a parked one.
constexpr char kOldLog[] =
    "INSERT INTO event VALUES (65537, 9, 100, zeroblob(16), zeroblob(16), 't',"
    "  x'00000000000000050000000000000006', CAST('old' AS BLOB));"
    "INSERT INTO event VALUES (65538, 9, 100, zeroblob(16), zeroblob(16), 't',"
    "  x'00000000000000050000000000000006', CAST('parked' AS BLOB));"
    "INSERT INTO attempt VALUES (65537, 5, 1, 200, 0, 200, 2, 0, 0, 0, 0, 0, 0, 'ok');"
    "INSERT INTO attempt_by_endpoint VALUES (5, 200, 65537, 1);"
    "INSERT INTO parked VALUES (5, 300, 65538, 0);"
    "UPDATE meta SET watermark = 65538, events = 2, accepted = 2, delivered = 1, parked = 1,"
    " stage = 2";

void make_old(const std::string& path, Result<void> (*migrate)(SqliteDatabase&, std::size_t),
              const char* rows) {
    auto database = SqliteDatabase::open(path, SqliteAccess::create, {});
    ASSERT_TRUE(database);
    const auto done = migrate(*database, kVersion);
    ASSERT_TRUE(done) << done.error().message;
    const auto filled = database->execute(rows);
    ASSERT_TRUE(filled) << filled.error().message;
}

// Version 2 knew records and uids, and nothing of labels, mailboxes and the audit log.
constexpr char kRowsOf2[] =
    "INSERT INTO endpoint VALUES (77, 8, zeroblob(16), zeroblob(16), 1, 'http://a/', 's', '[]', "
    "NULL, 1, 0, 5, '[1]', 1, 2.0, 3, 1, 0.1, 5, NULL, 10, 0, 4, 'uid', '{\"version\":7}');"
    "INSERT INTO record VALUES (1, x'00000000000000010000000000000002', zeroblob(16), zeroblob(16),"
    " 'app', NULL, 3, '{}')";

TEST(Migration, configuration_of_version_2_goes_on) {
    const TemporaryDirectory directory;
    {
        auto database =
            SqliteDatabase::open(directory.path() + "/posthaste.db", SqliteAccess::create, {});
        ASSERT_TRUE(database);
        ASSERT_TRUE(migrate_config(*database, 2));
        const auto filled = database->execute(kRowsOf2);
        ASSERT_TRUE(filled) << filled.error().message;
    }
    SqliteOptions options;
    options.directory = directory.path();
    StoreDriver driver(options);
    for (int i = 0; i < 2; ++i) {
        const auto recovery = driver.open();
        ASSERT_TRUE(recovery) << recovery.error().message;
        const auto endpoints = driver.run(driver.store().load_endpoints());
        ASSERT_TRUE(endpoints);
        ASSERT_EQ(endpoints->size(), 1u);
        EXPECT_EQ(endpoints->at(0).uid, "uid");
        EXPECT_EQ(endpoints->at(0).secret, "s");
        EXPECT_EQ(endpoints->at(0).version, 7u);
        EXPECT_EQ(endpoints->at(0).name, "");
        EXPECT_FALSE(endpoints->at(0).ingest_key);
        RecordQuery applications;
        applications.kind = RecordKind::application;
        applications.label = "";
        const auto records = driver.run(driver.store().read_records(applications));
        ASSERT_TRUE(records);
        ASSERT_EQ(records->size(), 1u);
        EXPECT_EQ(records->at(0).name, "app");
        EXPECT_EQ(records->at(0).revision, 3u);
        const auto audit = driver.run(driver.store().read_audit({}));
        ASSERT_TRUE(audit);
        EXPECT_EQ(audit->size(), static_cast<std::size_t>(i));
        ConfigChange change;
        change.audit.emplace_back();
        ASSERT_TRUE(driver.run(driver.store().change_config(std::move(change))));
        driver.close();
    }
}

// Version 4 had no names in the indexes of lists.
constexpr char kListOf4[] =
    "INSERT INTO record(kind, id, organization, parent, name, revision, body, label) VALUES"
    " (10, x'00000000000000010000000000000001', zeroblob(16), x'00000000000000070000000000000007',"
    "  'ada@example.com', 1, '{}', 'active'),"
    " (10, x'00000000000000010000000000000002', zeroblob(16), x'00000000000000070000000000000007',"
    "  'bob@example.com', 1, '{}', 'active'),"
    " (10, x'00000000000000010000000000000003', zeroblob(16), x'00000000000000070000000000000007',"
    "  'ada@example.org', 1, '{}', 'bounced')";

TEST(Migration, lists_of_version_4_are_searched) {
    const TemporaryDirectory directory;
    TestEntropy entropy;
    Sealer sealer(test_keys(), entropy);
    {
        auto database =
            SqliteDatabase::open(directory.path() + "/posthaste.db", SqliteAccess::create, {});
        ASSERT_TRUE(database);
        ASSERT_TRUE(register_sealing(*database, sealer));
        ASSERT_TRUE(migrate_config(*database, 4));
        const auto filled = database->execute(kListOf4);
        ASSERT_TRUE(filled) << filled.error().message;
    }
    SqliteOptions options;
    options.directory = directory.path();
    StoreDriver driver(options);
    const auto recovery = driver.open();
    ASSERT_TRUE(recovery) << recovery.error().message;
    RecordQuery list;
    list.kind = RecordKind::contact;
    list.parent = Id{7, 7};
    EXPECT_EQ(driver.run(driver.store().count_records(list)), 3u);
    list.name_contains = "ADA";
    EXPECT_EQ(driver.run(driver.store().count_records(list)), 2u);
    list.label = "bounced";
    const auto found = driver.run(driver.store().read_records(list));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(found->at(0).name, "ada@example.org");
    driver.close();
}

TEST(Migration, an_older_store_goes_on) {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory.path() + "/log");
    make_old(directory.path() + "/posthaste.db", migrate_config, kOldEndpoint);
    make_old(directory.path() + "/log/19700101T0000-0000000000010000.db", migrate_log, kOldLog);
    SqliteOptions options;
    options.directory = directory.path();
    StoreDriver driver(options);
    const auto recovery = driver.open();
    ASSERT_TRUE(recovery) << recovery.error().message;
    EXPECT_EQ(recovery->lanes.size(), 1u);
    Store& store = driver.store();

    const auto endpoints = driver.run(store.load_endpoints());
    ASSERT_TRUE(endpoints);
    EXPECT_EQ(endpoints->at(0).url, "http://a/");
    EXPECT_EQ(endpoints->at(0).version, 1u);
    EXPECT_FALSE(endpoints->at(0).uid);

    const EndpointId endpoint{5, 6};
    EventQuery events;
    EXPECT_TRUE(driver.run(store.expire(RetentionPolicy{24h, 24h}, from_micros(0))));
    for (int i = 0; i < 2; ++i) {
        const auto page = driver.run(store.list_events(events));
        ASSERT_TRUE(page) << page.error().message;
        ASSERT_EQ(page->entries.size(), 2u);
        EXPECT_EQ(page->entries[1].event->payload, "old");
        EXPECT_FALSE(page->entries[1].event->is_expunged);
        const auto counts =
            driver.run(store.count_attempts(endpoint, from_micros(0), from_micros(1000)));
        ASSERT_TRUE(counts);
        EXPECT_EQ(counts->delivered, 1u);
        EXPECT_EQ(counts->failed, 0u);
        EXPECT_EQ(counts->waiting, 1u);
        // The second time from the tables that were filled again.
        const auto done = driver.run(store.expire(RetentionPolicy{24h, 24h}, from_micros(0)));
        ASSERT_TRUE(done);
    }
    const auto old = driver.run(store.read_event(EventId{65537, 9}));
    ASSERT_TRUE(old) << old.error().message;
    ASSERT_EQ(old->deliveries.at(0).attempts.size(), 1u);
    EXPECT_EQ(old->deliveries.at(0).attempts.at(0).response, "ok");
    EXPECT_FALSE(old->deliveries.at(0).attempts.at(0).response_headers) << "none were kept";
    CommitBatch batch;
    DeliveryUpdate resend;
    resend.kind = UpdateKind::resend;
    resend.event = EventId{65537, 9};
    resend.endpoint = endpoint;
    resend.due = from_micros(400);
    batch.updates.push_back(resend);
    ASSERT_TRUE(driver.commit(std::move(batch)));
    EXPECT_EQ(driver.run(store.tally())->parked, 2u);

    DeliveryUpdate answered;
    answered.event = resend.event;
    answered.endpoint = endpoint;
    answered.origin.parked_due = resend.due;
    answered.next = DeliveryState::delivered;
    answered.attempts_made = 2;
    answered.attempt = test_attempt(2, resend.due);
    answered.attempt->response_headers = "Server: new\n";
    CommitBatch second;
    second.updates.push_back(answered);
    ASSERT_TRUE(driver.commit(std::move(second)));
    const auto sent = driver.run(store.read_event(resend.event));
    ASSERT_TRUE(sent) << sent.error().message;
    ASSERT_EQ(sent->deliveries.at(0).attempts.size(), 2u);
    EXPECT_EQ(sent->deliveries.at(0).attempts.at(1).response_headers, "Server: new\n");
}

}  // namespace
}  // namespace posthaste
