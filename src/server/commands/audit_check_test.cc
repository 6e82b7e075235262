#include "server/commands/audit_check.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "store/sqlite/config_reader.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

constexpr OrganizationId kOrganization{5, 6};

AuditEntry entry_of(std::uint64_t number) {
    AuditEntry entry;
    entry.at = from_micros(1'767'323'045'123'456) + Duration{static_cast<std::int64_t>(number)};
    entry.organization = kOrganization;
    entry.actor = "user_1";
    entry.actor_name = "ada \"a\"";
    entry.address = "192.0.2.7";
    entry.action = number % 2 == 0 ? "endpoint.change" : "user.create";
    entry.object = "ep_" + std::to_string(number);
    entry.after = R"({"n":1})";
    return entry;
}

class AuditCheckTest : public testing::Test {
protected:
    // A database with so many entries, closed.
    void fill(std::uint64_t entries) {
        StoreDriver driver(options());
        ASSERT_TRUE(driver.open());
        ConfigChange change;
        Record organization;
        organization.kind = RecordKind::organization;
        organization.id = kOrganization;
        organization.name = "org_ada";
        organization.body = "{}";
        change.records.push_back(organization);
        for (std::uint64_t n = 1; n <= entries; ++n) change.audit.push_back(entry_of(n));
        const auto done = driver.run(driver.store().change_config(std::move(change)));
        ASSERT_TRUE(done) << done.error().message;
        if (entries > 0) head_ = done->audit.back().hash;
    }
    // Does what the triggers forbid.
    void tamper(const std::string& sql) {
        auto database = SqliteDatabase::open(config_path(options()), SqliteAccess::write, {});
        ASSERT_TRUE(database);
        for (const std::string& script :
             {std::string("DROP TRIGGER IF EXISTS audit_is_never_changed;"
                          "DROP TRIGGER IF EXISTS audit_is_never_deleted;"
                          "DROP TRIGGER IF EXISTS audit_has_no_gaps;"),
              sql}) {
            const auto done = database->execute(script);
            ASSERT_TRUE(done) << done.error().message;
        }
    }
    [[nodiscard]] AuditCheck check(const std::optional<std::string>& head = {}) const {
        ConfigReader reader(config_path(options()), {});
        const auto check = check_audit(reader, head);
        EXPECT_TRUE(check) << check.error().message;
        return check ? *check : AuditCheck{};
    }
    [[nodiscard]] SqliteOptions options() const {
        SqliteOptions options;
        options.directory = directory_.path();
        return options;
    }

    TemporaryDirectory directory_;
    std::string head_;
};

TEST_F(AuditCheckTest, an_untouched_log_holds) {
    fill(1203);
    const AuditCheck whole = check();
    EXPECT_FALSE(whole.misfit);
    EXPECT_EQ(whole.chain.length, 1203u);
    EXPECT_EQ(whole.chain.head, head_);
    EXPECT_TRUE(whole.has_head);
    EXPECT_TRUE(check(head_).has_head);
    EXPECT_TRUE(check(std::string(kAuditHashBytes, '\0')).has_head) << "the beginning";
    EXPECT_FALSE(check(std::string(kAuditHashBytes, 'x')).has_head);
}

TEST_F(AuditCheckTest, an_empty_log_holds) {
    fill(0);
    EXPECT_EQ(check().chain, AuditChain{});
    EXPECT_FALSE(check(std::string(kAuditHashBytes, 'x')).has_head);
}

struct Tampering {
    const char* name;
    const char* sql;
    std::uint64_t misfit;  // 0: none
};

class TamperedAudit : public AuditCheckTest, public testing::WithParamInterface<Tampering> {};

TEST_P(TamperedAudit, is_noticed) {
    fill(9);
    tamper(GetParam().sql);
    const AuditCheck found = check(head_);
    EXPECT_EQ(found.misfit.value_or(0), GetParam().misfit);
    EXPECT_EQ(found.has_head, false);
    EXPECT_EQ(found.chain.length + 1, found.misfit.value_or(found.chain.length + 1));
}

INSTANTIATE_TEST_SUITE_P(
    Audit, TamperedAudit,
    testing::Values(
        Tampering{"changed", "UPDATE audit SET actor = 'user_2' WHERE sequence = 4", 4},
        Tampering{"moved_in_time", "UPDATE audit SET at = at + 1 WHERE sequence = 1", 1},
        Tampering{"removed", "DELETE FROM audit WHERE sequence = 5", 5},
        Tampering{"removed_and_closed_up",
                  "DELETE FROM audit WHERE sequence = 5;"
                  "UPDATE audit SET sequence = sequence - 1 WHERE sequence > 5",
                  5},
        Tampering{"first_removed", "DELETE FROM audit WHERE sequence = 1", 1},
        Tampering{"swapped",
                  "UPDATE audit SET sequence = 100 WHERE sequence = 6;"
                  "UPDATE audit SET sequence = 6 WHERE sequence = 7;"
                  "UPDATE audit SET sequence = 7 WHERE sequence = 100",
                  6},
        Tampering{"hash_lost", "UPDATE audit SET hash = x'' WHERE sequence = 3", 3},
        Tampering{"added_before",
                  "INSERT INTO audit SELECT 0, at, organization, actor, actor_name, address,"
                  " action, object, before, after, hash FROM audit WHERE sequence = 1",
                  1},
        // Only who kept the head can tell.
        Tampering{"end_cut_off", "DELETE FROM audit WHERE sequence > 7", 0},
        Tampering{"emptied", "DELETE FROM audit", 0}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(AuditCheckTest, the_triggers_stand_in_the_way) {
    fill(3);
    auto database = SqliteDatabase::open(config_path(options()), SqliteAccess::write, {});
    ASSERT_TRUE(database);
    for (const char* sql :
         {"UPDATE audit SET actor = 'x' WHERE sequence = 1", "DELETE FROM audit",
          "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1",
          "INSERT INTO audit SELECT 5, at, organization, actor, actor_name, address, action,"
          " object, before, after, hash FROM audit WHERE sequence = 1"})
        EXPECT_FALSE(database->execute(sql)) << sql;
    EXPECT_EQ(check(head_).chain.length, 3u);
}

TEST_F(AuditCheckTest, lists_are_as_long_as_asked_for) {
    fill(1203);
    ConfigReader reader(config_path(options()), {});
    const auto sequences = [&](AuditQuery query) {
        std::vector<std::uint64_t> found;
        const auto done = for_each_entry(
            reader, query, [&](const AuditEntry& entry) { found.push_back(entry.sequence); });
        EXPECT_TRUE(done);
        return found;
    };
    AuditQuery query;
    query.action = "endpoint";
    std::vector<std::uint64_t> even = sequences(query);
    ASSERT_EQ(even.size(), 601u);
    EXPECT_EQ(even.front(), 2u);
    EXPECT_EQ(even.back(), 1202u);
    query.newest_first = true;
    query.limit = 550;
    even = sequences(query);
    ASSERT_EQ(even.size(), 550u);
    EXPECT_EQ(even.front(), 1202u);
    EXPECT_EQ(even.back(), 104u);
}

TEST_F(AuditCheckTest, a_line_has_everything) {
    fill(1);
    ConfigReader reader(config_path(options()), {});
    const auto names = read_organizations(reader);
    ASSERT_TRUE(names);
    AuditEntry entry = entry_of(1);
    AuditChain{}.append(entry);
    EXPECT_EQ(audit_line(entry, *names),
              R"({"sequence":1,"at":"2026-01-02T03:04:05.123457Z","organization":"org_ada",)"
              R"("actor":"user_1","actor_name":"ada \"a\"","address":"192.0.2.7",)"
              R"("action":"user.create","object":"ep_1","before":null,"after":{"n":1},"hash":")" +
                  to_hex(entry.hash) + "\"}");
    entry.before = "{\n}";
    entry.after = "{\"broken";
    const std::string odd = audit_line(entry, {});
    EXPECT_NE(odd.find(R"("organization":")" + to_uuid(kOrganization)), std::string::npos);
    EXPECT_NE(odd.find(R"("before":"{\n}","after":"{\"broken",)"), std::string::npos) << odd;
}

TEST_F(AuditCheckTest, what_is_no_database_is_said) {
    ConfigReader missing(config_path(options()), {});
    EXPECT_FALSE(check_audit(missing, {}));
    {
        auto database = SqliteDatabase::open(config_path(options()), SqliteAccess::create, {});
        ASSERT_TRUE(database);
        ASSERT_TRUE(migrate_config(*database, 2));
    }
    ConfigReader old(config_path(options()), {});
    const auto refused = check_audit(old, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("schema version 2"), std::string::npos)
        << refused.error().message;
}

}  // namespace
}  // namespace posthaste
