#include "api/native/query.h"

#include <gtest/gtest.h>

namespace posthaste::native {
namespace {

TEST(ParseTime, table) {
    struct Case {
        const char* text;
        const char* printed;  // null: refused
    };
    const Case cases[] = {
        {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"},
        {"2026-11-22t10:00:00z", "2026-11-22T10:00:00Z"},
        {"2026-11-22 10:00:00.123456789 UTC", "2026-11-22T10:00:00.123456Z"},
        {"2026-11-22T10:00:00.12Z", "2026-11-22T10:00:00.120Z"},
        {"2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00Z"},
        {"2026-11-22T10:00:00+0130", "2026-11-22T08:30:00Z"},
        {"2026-11-22T10:00:00-01:30", "2026-11-22T11:30:00Z"},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
        {"2023-02-29T00:00:00Z", nullptr},
        {"2026-11-22T24:00:00Z", nullptr},
        {"2026-13-22T10:00:00Z", nullptr},
        {"2026-11-22T10:00:00", nullptr},
        {"2026-11-22", nullptr},
        {"2026-11-22T10:00:00.Z", nullptr},
        {"2026-11-22T10:00:00.1234567890Z", nullptr},
        {"2026-11-22T10:00:00Zx", nullptr},
        {"2026-11-22T10:00:00+25:00", nullptr},
        {"26-11-22T10:00:00Z", nullptr},
        {"", nullptr},
        {"now", nullptr},
    };
    for (const Case& c : cases) {
        const auto parsed = parse_time(c.text);
        EXPECT_EQ(parsed.has_value(), c.printed != nullptr) << c.text;
        if (parsed && c.printed) {
            EXPECT_EQ(format_time(*parsed), c.printed) << c.text;
        }
    }
}

TEST(Query, limits_and_iterators) {
    struct Case {
        const char* query;
        int status;  // 200: fine
        std::size_t limit = 50;
        bool is_backwards = false;
    };
    const std::string id = to_base62("app", Id{7, 9});
    const std::string forward = "iterator=" + id;
    const std::string backward = "iterator=-" + id;
    const std::string encoded = "iterator=%2D" + id;
    const std::string foreign = "iterator=" + to_base62("ep", Id{7, 9});
    const Case cases[] = {
        {"", 200},
        {"limit=1", 200, 1},
        {"limit=250", 200, 250},
        {"limit=251", 422},
        {"limit=300", 422},
        {"limit=99999999999999999999999", 422},
        {"limit=0", 422},
        {"limit=", 400},
        {"limit=ten", 400},
        {"limit=-1", 400},
        {"limit=1.5", 400},
        {forward.c_str(), 200},
        {backward.c_str(), 200, 50, true},
        {encoded.c_str(), 200, 50, true},
        {foreign.c_str(), 422},
        {"iterator=", 422},
        {"iterator=-", 422},
        {"iterator=app_", 422},
        {"iterator=app_!!!", 422},
        {"iterator=app_zzzzzzzzzzzzzzzzzzzzzzzzzzz", 422},
        {"order=ascending", 200},
        {"order=descending", 200},
        {"order=down", 400},
    };
    for (const Case& c : cases) {
        Query query(c.query);
        const Paging paging = query.ordered_page("app", Order::ascending);
        EXPECT_EQ(query.ok() ? 200 : query.reply().status, c.status) << c.query;
        if (c.status != 200) continue;
        EXPECT_EQ(paging.limit, c.limit) << c.query;
        EXPECT_EQ(paging.is_backwards, c.is_backwards) << c.query;
    }
}

// Every page of every list equals what a plain slice of the sorted list gives.
TEST(Paging, walks_like_a_slice) {
    for (const Order order : {Order::ascending, Order::descending}) {
        for (const bool is_backwards : {false, true}) {
            for (std::uint64_t cursor = 1; cursor <= 10; ++cursor) {
                Paging paging;
                paging.limit = 3;
                paging.order = order;
                paging.is_backwards = is_backwards;
                paging.cursor = Id{cursor, 0};
                const PageBounds bounds = paging.bounds();
                std::vector<std::uint64_t> read;
                for (std::uint64_t i = 1; i <= 10; ++i) {
                    const std::uint64_t id = bounds.descending ? 11 - i : i;
                    const bool is_in = (bounds.above.is_nil() || Id{id, 0} > bounds.above) &&
                                       (bounds.below.is_nil() || Id{id, 0} < bounds.below);
                    if (is_in && read.size() < bounds.limit) read.push_back(id);
                }
                const bool done = paging.cut(read);
                std::vector<std::uint64_t> natural;
                for (std::uint64_t i = 1; i <= 10; ++i)
                    natural.push_back(order == Order::ascending ? i : 11 - i);
                const auto here = std::find(natural.begin(), natural.end(), cursor);
                std::vector<std::uint64_t> expected(here + 1, natural.end());
                if (is_backwards) expected.assign(natural.begin(), here);
                EXPECT_EQ(done, expected.size() <= 3);
                if (expected.size() > 3 && is_backwards)
                    expected.erase(expected.begin(), expected.end() - 3);
                if (expected.size() > 3) expected.resize(3);
                EXPECT_EQ(read, expected) << cursor << is_backwards;
            }
        }
    }
}

TEST(Query, values) {
    struct Case {
        const char* query;
        int status;
    };
    for (const Case& c : {Case{"f=true", 200},
                          {"f=false", 200},
                          {"f=1", 400},
                          {"f=", 400},
                          {"f=True", 400},
                          {"n=0", 200},
                          {"n=3", 200},
                          {"n=4", 400},
                          {"n=success", 400},
                          {"t=2026-11-22%2010:00:00.123456789%20UTC", 200},
                          {"t=yesterday", 400},
                          {"c=a-b_c.D", 200},
                          {"c=a/b", 422},
                          {"c=", 422}}) {
        Query query(c.query);
        static_cast<void>(query.flag("f", false));
        static_cast<void>(query.one_of("n", {0, 1, 2, 3}));
        static_cast<void>(query.time("t"));
        static_cast<void>(query.identifier("c"));
        EXPECT_EQ(query.ok() ? 200 : query.reply().status, c.status) << c.query;
    }
}

TEST(Query, event_types_in_all_spellings) {
    using Types = std::vector<std::string>;
    for (const auto& [text, types] : std::vector<std::pair<std::string, Types>>{
             {"event_types=a&event_types=b", {"a", "b"}},
             {"event_types[]=a&event_types[]=b", {"a", "b"}},
             {"event_types[0]=a&event_types[1]=b", {"a", "b"}},
             {"event_types%5B0%5D=a", {"a"}},
             {"event_types=a%2Cb", {"a", "b"}},
             {"event_types=a,b&event_types[]=c&event_types=a", {"a", "b", "c"}},
             {"event_types=", {}},
             {"event_types_x=a", {}},
             {"", {}}}) {
        Query query(text);
        EXPECT_EQ(query.event_types(), types) << text;
        EXPECT_TRUE(query.ok()) << text;
    }
    Query query("event_types=a%20b");
    static_cast<void>(query.event_types());
    ASSERT_FALSE(query.ok());
    EXPECT_EQ(query.reply().status, 422);
}

TEST(FirstIdAt, lies_before_all_ids_of_its_millisecond) {
    const Timestamp at = from_micros(1'767'323'045'123'456);
    const Id id = first_id_at(at);
    EXPECT_LT(id, (Id{static_cast<std::uint64_t>(to_millis(at)) << 16 | 0x7000, 0}));
    EXPECT_GT(id, (Id{static_cast<std::uint64_t>(to_millis(at) - 1) << 16 | 0x7FFF, UINT64_MAX}));
    EXPECT_EQ(first_id_at(from_micros(-5'000'000)), (Id{0, 0}));
}

}  // namespace
}  // namespace posthaste::native
