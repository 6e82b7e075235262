// Configuration: records, names that must be unique, changes of several objects at once.

#include "base/bytes.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

constexpr OrganizationId kOrganization{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0001ULL};
constexpr OrganizationId kNeighbour{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0002ULL};

Record make_record(std::string name, std::string body = "{}") {
    Record record;
    record.kind = RecordKind::application;
    record.organization = kOrganization;
    record.name = std::move(name);
    record.body = std::move(body);
    return record;
}

Endpoint make_endpoint(std::optional<std::string> uid, ApplicationId application = {3, 4}) {
    Endpoint endpoint;
    endpoint.organization = kOrganization;
    endpoint.application = application;
    endpoint.url = "http://receiver.test/";
    endpoint.uid = std::move(uid);
    return endpoint;
}

RecordQuery all_of(RecordKind kind = RecordKind::application) {
    RecordQuery query;
    query.kind = kind;
    return query;
}

class Taken {
public:
    template <class Value>
    static void expect(const Result<Value>& result) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::exists);
        EXPECT_FALSE(result.error().message.empty());
    }
};

TEST_P(StoreSuite, records_come_back_field_by_field) {
    open();
    std::vector<Record> sent;
    for (std::uint8_t kind = 0; kind <= 10; ++kind) {
        Record record = make_record("name \"of\" \xc3\xa9 '", std::string(kind * 20'000, 'b'));
        record.kind = static_cast<RecordKind>(kind);
        if (kind % 2 == 1) record.parent = Id{kind, ~std::uint64_t{kind}};
        if (kind % 3 == 0) record.expires_at = now() + 3h;
        if (kind == 4) record.name.clear();
        if (kind % 4 != 0) record.label = std::string(kind, 'l') + " 'of' \xc3\xa9";
        if (kind == 5) record.organization = OrganizationId{};
        Record stored = put(record);
        EXPECT_FALSE(stored.id.is_nil()) << "the store issues the id";
        EXPECT_GT(stored.revision, 0u);
        record.id = stored.id;
        record.revision = stored.revision;
        EXPECT_EQ(stored, record);
        sent.push_back(std::move(stored));
    }
    for (int i = 0; i < 2; ++i) {
        for (const Record& record : sent) {
            const std::vector<Record> found = read(all_of(record.kind));
            ASSERT_EQ(found.size(), 1u);
            EXPECT_EQ(found[0], record);
        }
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, a_record_is_replaced_only_at_its_newest_revision) {
    open();
    Record first = make_record("one");
    first.id = Id{77, 0x8000'0000'0000'0000ULL};
    const Record stored = put(first);
    EXPECT_EQ(stored.id, first.id) << "a given id is kept";
    EXPECT_EQ(change({first}).error().code, ErrorCode::conflict) << "it exists already";
    Record changed = stored;
    changed.name = "two";
    changed.body = "{\"n\":2}";
    changed.expires_at = now();
    const Record second = put(changed);
    EXPECT_GT(second.revision, stored.revision);
    EXPECT_EQ(change({changed}).error().code, ErrorCode::conflict);
    Record nobody = make_record("three");
    nobody.id = Id{78, 0x8000'0000'0000'0000ULL};
    nobody.revision = 1;
    EXPECT_EQ(change({nobody}).error().code, ErrorCode::conflict);
    reopen_after_crash();
    EXPECT_EQ(read(all_of()), std::vector<Record>{second});
    EXPECT_EQ(change({stored}).error().code, ErrorCode::conflict) << "revisions survive";
    EXPECT_GT(put(second).revision, second.revision);
}

TEST_P(StoreSuite, a_deleted_record_leaves_no_row_and_frees_its_name) {
    open();
    Record record = put(make_record("app"));
    Record stale = record;
    stale.revision += 1;
    stale.is_deleted = true;
    EXPECT_EQ(change({stale}).error().code, ErrorCode::conflict);
    record.is_deleted = true;
    EXPECT_TRUE(put(record).is_deleted);
    EXPECT_TRUE(read(all_of()).empty());
    EXPECT_EQ(change({record}).error().code, ErrorCode::conflict) << "it is gone already";
    const Record next = put(make_record("app"));
    EXPECT_NE(next.id, record.id);
    reopen_after_crash();
    EXPECT_EQ(read(all_of()), std::vector<Record>{next});
}

TEST_P(StoreSuite, a_name_is_taken_by_kind_organization_and_parent) {
    open();
    Record first = make_record("app");
    first.parent = Id{5, 6};
    first = put(first);
    for (int i = 0; i < 2; ++i) {
        Record same = make_record("app", "another body");
        same.parent = first.parent;
        Taken::expect(change({same}));
        EXPECT_EQ(read(all_of()), std::vector<Record>{first});
        reopen_after_crash();
    }
    Record others[5];
    for (Record& other : others) {
        other = make_record("app");
        other.parent = first.parent;
    }
    others[0].kind = RecordKind::job;
    others[1].organization = kNeighbour;
    others[2].parent = Id{5, 7};
    others[3].parent = Id{};
    others[4].name = "App";
    for (const Record& other : others) put(other);
    EXPECT_EQ(put(first).name, "app") << "it may keep its own name";
    for (int i = 0; i < 3; ++i) put(make_record(""));
    EXPECT_EQ(read(all_of()).size(), 8u) << "unnamed ones do not collide";
    Record renamed = put(make_record("free"));
    renamed.parent = first.parent;
    renamed.name = "app";
    Taken::expect(change({renamed}));
}

TEST_P(StoreSuite, a_change_is_stored_whole_or_not_at_all) {
    open();
    const Record taken = put(make_record("taken"));
    Record moved_on = put(make_record("moved on"));
    const Record newest = put(moved_on);
    const Endpoint endpoint = put(make_endpoint("uid"));
    const std::vector<Record> before = read(all_of());
    Endpoint changed = endpoint;
    changed.url = "http://other.test/";
    const auto check = [&](Record last, ErrorCode code) {
        Record gone = taken;
        gone.is_deleted = true;
        Record renamed = newest;
        renamed.name = "renamed";
        const auto result = change({gone, make_record("new"), renamed, std::move(last)},
                                   {changed, make_endpoint("2")});
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, code);
    };
    for (int i = 0; i < 2; ++i) {
        check(make_record("new"), ErrorCode::exists);
        check(moved_on, ErrorCode::conflict);
        EXPECT_EQ(read(all_of()), before);
        EXPECT_EQ(run(store().load_endpoints()), std::vector<Endpoint>{endpoint});
        reopen_after_crash();
    }
    Taken::expect(change({make_record("fine")}, {make_endpoint("uid")}));
    EXPECT_EQ(read(all_of()), before);
    put(make_endpoint("2"));
    put(make_record("new"));
    Taken::expect(change({make_record("taken")}));
}

TEST_P(StoreSuite, a_change_of_several_objects_returns_them_in_order) {
    open();
    Record old = put(make_record("a"));
    old.is_deleted = true;
    Record renamed = put(make_record("b"));
    renamed.name = "c";
    const auto result = change({old, make_record("a"), renamed, make_record("b")},
                               {make_endpoint("x"), make_endpoint("y")});
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->records.size(), 4u);
    ASSERT_EQ(result->endpoints.size(), 2u);
    EXPECT_EQ(result->records[0].id, old.id);
    EXPECT_EQ(result->records[2].id, renamed.id);
    EXPECT_GT(result->records[2].revision, renamed.revision);
    EXPECT_EQ(result->endpoints[1].uid, "y");
    for (int i = 0; i < 2; ++i) {
        std::vector<Record> expected(result->records.begin() + 1, result->records.end());
        std::ranges::sort(expected, {}, &Record::id);
        EXPECT_EQ(read(all_of()), expected);
        auto endpoints = run(store().load_endpoints());
        ASSERT_TRUE(endpoints);
        std::ranges::sort(*endpoints, {}, &Endpoint::id);
        EXPECT_EQ(*endpoints, result->endpoints);
        reopen_after_crash();
    }
    EXPECT_TRUE(change({})) << "a change of nothing is fine";
}

TEST_P(StoreSuite, an_endpoints_uid_is_unique_among_live_ones_of_its_application) {
    open();
    Endpoint first = put(make_endpoint("uid"));
    Endpoint second = put(make_endpoint("other"));
    put(make_endpoint("uid", ApplicationId{3, 5}));
    for (int i = 0; i < 3; ++i) put(make_endpoint({}));
    for (int i = 0; i < 2; ++i) {
        Taken::expect(run(store().put_endpoint(make_endpoint("uid"))));
        Taken::expect(change({}, {make_endpoint("uid")}));
        second.uid = "uid";
        Taken::expect(run(store().put_endpoint(second)));
        reopen_after_crash();
    }
    first.is_active = false;
    first = put(first);
    Taken::expect(run(store().put_endpoint(second)));
    first.is_deleted = true;
    first = put(first);
    EXPECT_EQ(put(second).uid, "uid") << "a tombstone has no claim";
    EXPECT_EQ(put(make_endpoint("other")).uid, "other") << "nor has what it was called before";
    EXPECT_TRUE(put(first).is_deleted) << "which may still be changed";
    reopen_after_crash();
    Taken::expect(run(store().put_endpoint(make_endpoint("uid"))));
    Endpoint back = first;
    back.revision += 1;
    back.is_deleted = false;
    Taken::expect(run(store().put_endpoint(back)));
}

TEST_P(StoreSuite, ids_of_records_are_never_issued_again) {
    open();
    Id last = put(make_record("")).id;
    for (int i = 0; i < 4; ++i) {
        clock_.advance(-1h);
        i % 2 == 0 ? reopen_after_crash() : reopen_after_close();
        const Record next = put(make_record(""));
        EXPECT_GT(next.id.hi, last.hi);
        last = accept({endpoint_id(1)})->id;
        EXPECT_GT(last.hi, next.id.hi);
    }
}

// A page of a mailing list: of one parent, with one label, by a part of the name, from the n-th on.
TEST_P(StoreSuite, records_are_listed_by_label_part_of_the_name_and_place) {
    open();
    std::vector<Record> sent;
    for (int i = 0; i < 12; ++i) {
        Record record = make_record("Ada_" + std::to_string(i) + "%\xc3\x84@Example.test");
        record.kind = RecordKind::contact;
        record.parent = Id{5, i < 10 ? 6u : 7u};
        record.label = i % 3 == 0 ? "active" : (i % 3 == 1 ? "left" : "");
        sent.push_back(put(record));
    }
    Record unnamed = make_record("");
    unnamed.kind = RecordKind::contact;
    unnamed.parent = Id{5, 6};
    sent.push_back(put(unnamed));
    struct Case {
        std::optional<std::string> label;
        std::string name_contains;
        std::size_t skip;
        std::size_t limit;
        std::vector<int> expected;
        std::uint64_t count;
    };
    const Case cases[] = {
        {{}, "", 0, SIZE_MAX, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12}, 11},
        {"active", "", 0, SIZE_MAX, {0, 3, 6, 9}, 4},
        {"", "", 0, SIZE_MAX, {2, 5, 8, 12}, 4},
        {"Active", "", 0, SIZE_MAX, {}, 0},
        {"active", "", 1, 2, {3, 6}, 4},
        {"active", "", 4, 2, {}, 4},
        {"active", "", SIZE_MAX, SIZE_MAX, {}, 4},
        {{}, "aDA_7", 0, SIZE_MAX, {7}, 1},
        {{}, "_7%", 0, SIZE_MAX, {7}, 1},
        {{}, "a%9", 0, SIZE_MAX, {}, 0},
        {{}, "\xc3\x84@example.TEST", 3, 3, {3, 4, 5}, 10},
        {{}, "\xc3\xa4@example.test", 0, SIZE_MAX, {}, 0},
        {"left", "4", 0, SIZE_MAX, {4}, 1},
    };
    for (int i = 0; i < 2; ++i) {
        for (const Case& c : cases) {
            RecordQuery query = all_of(RecordKind::contact);
            query.organization = kOrganization;
            query.parent = Id{5, 6};
            query.label = c.label;
            query.name_contains = c.name_contains;
            query.skip = c.skip;
            query.limit = c.limit;
            std::vector<Record> expected;
            for (int n : c.expected) expected.push_back(sent[static_cast<std::size_t>(n)]);
            EXPECT_EQ(read(query), expected) << c.label.value_or("-") << c.name_contains;
            query.above = query.below = Id{1, 1};
            EXPECT_EQ(run(store().count_records(query)), c.count) << "no page, but all";
        }
        reopen_after_crash();
    }
    Record relabelled = sent[0];
    relabelled.label = "left";
    put(relabelled);
    RecordQuery left = all_of(RecordKind::contact);
    left.label = "left";
    EXPECT_EQ(run(store().count_records(left)), 5u);
}

// Random records, random queries, against a sorted list.
class RecordModel {
public:
    explicit RecordModel(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    Record draw() {
        Record record;
        record.kind = static_cast<RecordKind>(1 + below(3));
        record.organization = one_in(3) ? kNeighbour : kOrganization;
        if (one_in(2)) record.parent = Id{1, 1 + below(2)};
        if (one_in(2)) record.name = (one_in(2) ? "name " : "NAME ") + std::to_string(below(12));
        if (one_in(2)) record.label = "label " + std::to_string(below(3));
        record.body = std::to_string(below(1000));
        return record;
    }

    RecordQuery draw_query() {
        const Record like = draw();
        RecordQuery query;
        query.kind = like.kind;
        if (one_in(2)) query.organization = like.organization;
        if (one_in(2)) query.parent = like.parent;
        if (one_in(4)) query.name = like.name;
        if (one_in(4)) query.label = like.label;
        if (one_in(4)) query.name_contains = kParts[below(std::size(kParts))];
        if (one_in(8)) query.id = some_id();
        if (one_in(3)) query.above = some_id();
        if (one_in(3)) query.below = some_id();
        query.newest_first = one_in(2);
        if (one_in(2)) query.limit = 1 + below(6);
        if (one_in(3)) query.skip = below(4);
        return query;
    }

    [[nodiscard]] std::vector<Record> expected(const RecordQuery& query) const {
        std::vector<Record> fitting = all_that_fit(query);
        std::ranges::sort(fitting, {}, &Record::id);
        if (query.newest_first) std::ranges::reverse(fitting);
        const auto skipped = std::min(query.skip, fitting.size());
        fitting.erase(fitting.begin(), fitting.begin() + static_cast<std::ptrdiff_t>(skipped));
        if (fitting.size() > query.limit) fitting.resize(query.limit);
        return fitting;
    }

    [[nodiscard]] std::vector<Record> all_that_fit(const RecordQuery& query) const {
        std::vector<Record> fitting;
        for (const Record& r : records) {
            const bool fits = r.kind == query.kind &&
                              (!query.organization || r.organization == *query.organization) &&
                              (!query.parent || r.parent == *query.parent) &&
                              (!query.name || r.name == *query.name) &&
                              (!query.label || r.label == *query.label) &&
                              contains(r.name, query.name_contains) &&
                              (!query.id || r.id == *query.id) &&
                              (query.above.is_nil() || query.above < r.id) &&
                              (query.below.is_nil() || r.id < query.below);
            if (fits) fitting.push_back(r);
        }
        return fitting;
    }

    [[nodiscard]] bool is_taken(const Record& record) const {
        return !record.name.empty() && std::ranges::any_of(records, [&](const Record& r) {
            return r.id != record.id && r.kind == record.kind && r.name == record.name &&
                   r.organization == record.organization && r.parent == record.parent;
        });
    }

    std::vector<Record> records;

private:
    static constexpr const char* kParts[] = {"", "name", "e 1", "E 1", "AME", "2", "%", "x"};

    static bool contains(const std::string& text, const std::string& part) {
        return to_lower(text).find(to_lower(part)) != std::string::npos;
    }

    Id some_id() {
        if (records.empty()) return Id{1, 1};
        Id id = records[below(records.size())].id;
        if (one_in(3)) id.lo += 1;
        return id;
    }

    std::mt19937_64 random_;
};

TEST_P(StoreSuite, random_records_are_found_by_every_query) {
    open();
    RecordModel model(11);
    for (int step = 0; step < 300; ++step) {
        Record record = model.draw();
        const bool is_new = model.records.size() < 5 || model.one_in(2);
        std::size_t place = 0;
        if (!is_new) {
            place = model.below(model.records.size());
            record.kind = model.records[place].kind;
            record.id = model.records[place].id;
            record.revision = model.records[place].revision;
            record.is_deleted = model.one_in(3);
        }
        const bool is_taken = !record.is_deleted && model.is_taken(record);
        const auto result = change({record});
        ASSERT_EQ(!result, is_taken) << step;
        if (result && is_new) model.records.push_back(result->records.at(0));
        if (result && !is_new) model.records[place] = result->records.at(0);
        if (record.is_deleted) {
            model.records.erase(model.records.begin() + static_cast<std::ptrdiff_t>(place));
        }
        clock_.advance(Duration{static_cast<std::int64_t>(model.below(3'000))});
        if (step % 100 == 70) reopen_after_crash();
        for (int i = 0; i < 3; ++i) {
            const RecordQuery query = model.draw_query();
            ASSERT_EQ(read(query), model.expected(query)) << step;
            RecordQuery unbounded = query;
            unbounded.above = unbounded.below = Id{};
            ASSERT_EQ(run(store().count_records(query)), model.all_that_fit(unbounded).size());
        }
    }
    EXPECT_GT(model.records.size(), 20u) << "the walk must have tried something";
}

}  // namespace
}  // namespace posthaste::conformance
