// The audit log: appended with the change it tells of, numbered without gaps, chained by hashes.

#include "base/bytes.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

constexpr OrganizationId kOrganization{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0001ULL};
constexpr OrganizationId kNeighbour{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0002ULL};

AuditEntry make_entry(std::string action, std::string object = "ep_1") {
    AuditEntry entry;
    entry.at = from_micros(1'767'323'045'123'456);
    entry.organization = kOrganization;
    entry.actor = "user_1";
    entry.actor_name = "ad\xc3\xa1 \"the\" first";
    entry.address = "2001:db8::1";
    entry.action = std::move(action);
    entry.object = std::move(object);
    entry.before = R"({"url":"http://a.test/"})";
    return entry;
}

Record make_record(std::string name) {
    Record record;
    record.organization = kOrganization;
    record.name = std::move(name);
    return record;
}

using Actions = std::vector<std::string>;

// What a test does with the store and its audit log.
class AuditLog {
public:
    explicit AuditLog(StoreSuite& suite) : suite_(suite) {}

    // One change: a record, if it has a name, and entries with these actions.
    Result<ConfigChange> change(std::string name, Actions actions) {
        std::vector<AuditEntry> entries;
        for (std::string& action : actions) entries.push_back(make_entry(std::move(action)));
        return change(std::move(name), std::move(entries));
    }
    Result<ConfigChange> change(std::string name, std::vector<AuditEntry> entries) {
        ConfigChange change;
        if (!name.empty()) change.records.push_back(make_record(std::move(name)));
        change.audit = std::move(entries);
        return change_config(std::move(change));
    }
    Result<ConfigChange> change_config(ConfigChange change) {
        return suite_.run(suite_.store().change_config(std::move(change)));
    }
    std::vector<AuditEntry> read(AuditQuery query = {}) {
        auto entries = suite_.run(suite_.store().read_audit(std::move(query)));
        EXPECT_TRUE(entries) << entries.error().message;
        return entries ? std::move(*entries) : std::vector<AuditEntry>{};
    }
    // Reads everything and follows the chain.
    Actions actions() {
        Actions actions;
        AuditChain chain;
        for (const AuditEntry& entry : read()) {
            EXPECT_TRUE(chain.follow(entry)) << entry.sequence;
            actions.push_back(entry.action);
        }
        return actions;
    }
    std::size_t records() { return suite_.read(RecordQuery{}).size(); }

private:
    StoreSuite& suite_;
};

TEST_P(StoreSuite, audit_entries_name_a_new_object_by_the_id_it_was_given) {
    open();
    AuditLog log(*this);
    const auto stored = log.change(
        "one", {make_entry("user.create", "user_*"), make_entry("user.create", "name_of_a_type_")});
    ASSERT_TRUE(stored);
    const std::string name = to_base62("user", stored->records.front().id);
    ASSERT_EQ(log.read().size(), 2U);
    EXPECT_EQ(log.read().front().object, name);
    EXPECT_EQ(log.read().back().object, "name_of_a_type_");
    EXPECT_EQ(log.actions().size(), 2U);  // the hash is over what is stored
}

TEST_P(StoreSuite, audit_entries_come_back_field_by_field) {
    open();
    AuditLog log(*this);
    EXPECT_TRUE(log.read().empty());
    AuditEntry full = make_entry("endpoint.delete");
    full.after = std::string(20'000, '{');
    AuditEntry bare;
    bare.at = from_micros(-5);
    const auto stored = log.change("", std::vector<AuditEntry>{full, bare});
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_EQ(stored->audit.size(), 2u);
    AuditChain chain;
    chain.append(full);
    chain.append(bare);
    const std::vector<AuditEntry> expected{full, bare};
    EXPECT_EQ(stored->audit, expected) << "the store issues sequences and hashes";
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(log.read(), expected);
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, audit_entries_are_appended_with_their_change_in_order) {
    open();
    AuditLog log(*this);
    ASSERT_TRUE(log.change("a", Actions{"1", "2"}));
    ASSERT_TRUE(log.change("b", Actions{}));
    ASSERT_TRUE(log.change("", Actions{"3"}));
    put(make_record("c"));
    ASSERT_TRUE(log.change("d", Actions{"4"}));
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(log.actions(), (Actions{"1", "2", "3", "4"}));
        EXPECT_EQ(log.records(), 4u);
        reopen_after_crash();
    }
    ASSERT_TRUE(log.change("e", Actions{"5"}));
    reopen_after_close();
    ASSERT_TRUE(log.change("", Actions{"6"}));
    EXPECT_EQ(log.actions(), (Actions{"1", "2", "3", "4", "5", "6"}));
}

TEST_P(StoreSuite, a_refused_change_leaves_no_audit_entry) {
    open();
    AuditLog log(*this);
    ASSERT_TRUE(log.change("taken", Actions{"1"}));
    EXPECT_EQ(log.change("taken", Actions{"2", "3"}).error().code, ErrorCode::exists);
    ConfigChange stale;
    stale.records.push_back(make_record("new"));
    stale.records.push_back(make_record("stale"));
    stale.records.back().revision = 7;
    stale.audit.push_back(make_entry("4"));
    EXPECT_EQ(log.change_config(std::move(stale)).error().code, ErrorCode::conflict);
    EXPECT_EQ(log.actions(), Actions{"1"});
    EXPECT_EQ(log.records(), 1u);
    ASSERT_TRUE(log.change("new", Actions{"5"}));
    reopen_after_crash();
    EXPECT_EQ(log.actions(), (Actions{"1", "5"})) << "and no gap";
}

// Whatever came of a change whose commit was left open: object and entry share the fate, and the chain goes on from there.
class DoubtfulChange {
public:
    static void check(StoreSuite& suite, StoreFactory::Doubt doubt) {
        suite.open();
        AuditLog log(suite);
        ASSERT_TRUE(log.change("a", Actions{"1"}));
        suite.factory_->doubt_next_change(doubt);
        const auto doubted = log.change("b", Actions{"2"});
        ASSERT_FALSE(doubted);
        EXPECT_EQ(doubted.error().code, ErrorCode::commit_unknown);
        ASSERT_TRUE(log.change("c", Actions{"3"}));
        for (int i = 0; i < 2; ++i) {
            const Actions found = log.actions();
            EXPECT_EQ(log.records(), found.size());
            const bool is_there = found.size() == 3;
            EXPECT_EQ(found, is_there ? (Actions{"1", "2", "3"}) : (Actions{"1", "3"}));
            suite.reopen_after_crash();
        }
    }
};

TEST_P(StoreSuite, the_audit_chain_goes_on_after_a_doubtful_change_that_happened) {
    DoubtfulChange::check(*this, StoreFactory::Doubt::durable);
}

TEST_P(StoreSuite, the_audit_chain_goes_on_after_a_doubtful_change_that_did_not_happen) {
    DoubtfulChange::check(*this, StoreFactory::Doubt::lost);
}

TEST_P(StoreSuite, pages_of_the_audit_log_are_cut_by_sequence) {
    open();
    AuditLog log(*this);
    for (const char* action : {"1", "2", "3", "4", "5"})
        ASSERT_TRUE(log.change("", Actions{action}));
    struct Case {
        std::uint64_t above;
        std::uint64_t below;
        bool newest_first;
        std::size_t limit;
        Actions expected;
    };
    const Case cases[] = {
        {0, 0, false, SIZE_MAX, {"1", "2", "3", "4", "5"}},
        {0, 0, true, 2, {"5", "4"}},
        {2, 0, false, 2, {"3", "4"}},
        {0, 4, true, 2, {"3", "2"}},
        {1, 4, false, SIZE_MAX, {"2", "3"}},
        {1, 4, true, SIZE_MAX, {"3", "2"}},
        {5, 0, false, SIZE_MAX, {}},
        {0, 1, true, SIZE_MAX, {}},
        {3, 3, false, SIZE_MAX, {}},
        {0, 0, false, 0, {}},
    };
    for (const Case& c : cases) {
        AuditQuery query;
        query.above = c.above;
        query.below = c.below;
        query.newest_first = c.newest_first;
        query.limit = c.limit;
        Actions found;
        for (const AuditEntry& entry : log.read(query)) found.push_back(entry.action);
        EXPECT_EQ(found, c.expected) << c.above << ".." << c.below;
    }
}

// Every filter alone and together, against a plain loop.
TEST_P(StoreSuite, random_queries_of_the_audit_log_find_what_fits) {
    open();
    AuditLog log(*this);
    std::mt19937_64 random(5);
    const auto below = [&](std::size_t limit) {
        return static_cast<std::size_t>(random() % limit);
    };
    const char* const names[] = {"endpoint", "endpoint.create", "endpoint.create.x", "endpoints",
                                 ""};
    const auto draw = [&] {
        AuditEntry entry = make_entry(names[below(5)], "ep_" + std::to_string(below(3)));
        entry.organization = below(2) == 0 ? kOrganization : kNeighbour;
        entry.actor = "user_" + std::to_string(below(3));
        entry.at += Duration{static_cast<std::int64_t>(below(5))};
        return entry;
    };
    std::vector<AuditEntry> all;
    AuditChain chain;
    for (int i = 0; i < 60; ++i) {
        const AuditEntry entry = draw();
        ASSERT_TRUE(log.change("", std::vector<AuditEntry>{entry}));
        chain.append(all.emplace_back(entry));
    }
    const auto is_below = [](const std::string& action, const std::string& wanted) {
        return action == wanted || action.starts_with(wanted + ".");
    };
    for (int i = 0; i < 300; ++i) {
        const AuditEntry like = draw();
        AuditQuery query;
        if (below(3) == 0) query.organization = like.organization;
        if (below(3) == 0) query.actor = like.actor;
        if (below(3) == 0) query.action = like.action;
        if (below(3) == 0) query.object = like.object;
        if (below(3) == 0) query.since = like.at;
        if (below(3) == 0) query.until = like.at;
        if (below(3) == 0) query.above = below(70);
        if (below(3) == 0) query.below = below(70);
        if (below(3) == 0) query.limit = below(9);
        query.newest_first = below(2) == 0;
        std::vector<AuditEntry> expected;
        for (const AuditEntry& e : all) {
            if ((!query.organization || e.organization == *query.organization) &&
                (!query.actor || e.actor == *query.actor) &&
                (!query.action || is_below(e.action, *query.action)) &&
                (!query.object || e.object == *query.object) &&
                (!query.since || *query.since <= e.at) && (!query.until || e.at < *query.until) &&
                query.above < e.sequence && (query.below == 0 || e.sequence < query.below))
                expected.push_back(e);
        }
        if (query.newest_first) std::ranges::reverse(expected);
        if (expected.size() > query.limit) expected.resize(query.limit);
        ASSERT_EQ(log.read(query), expected) << i;
        if (i == 150) reopen_after_crash();
    }
}

}  // namespace
}  // namespace posthaste::conformance
