#include "domain/filter.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

namespace {

bool matches(std::string_view filter, std::string_view payload, std::string_view type = {},
             const std::vector<std::string>& channels = {}) {
    const auto compiled = Filter::compile(filter);
    EXPECT_TRUE(compiled) << filter << ": " << compiled.error().message;
    if (!compiled) return false;
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    const auto error = parser.parse(payload.data(), payload.size()).get(element);
    EXPECT_EQ(error, simdjson::SUCCESS) << payload;
    if (error != simdjson::SUCCESS) return false;
    return (*compiled)->matches({&element, type, channels});
}

constexpr std::string_view kOrder = R"({
    "type": "order.paid", "amount": 1050, "rate": 0.25, "big": 9007199254740993, "huge": 18446744073709551615,
    "low": -9223372036854775808, "paid": true, "refunded": false, "note": null, "empty": "", "none": [], "bare": {},
    "data": {"customer": {"country": "DE", "name": "Jörg Müller", "tags": ["gold", "eu"]}, "1": "one"},
    "items": [{"sku": "A-1", "qty": 2}, {"sku": "B-2", "qty": 10, "parts": [{"id": 7}, {"id": 8}]}],
    "matrix": [[1, 2], [3, [4]]], "a.b": {"$c": 5, "d\\e": 6}, "$event": "mine", "one": 1.0,
    "twice": 1, "twice": 2, "path": "50%*off?"})";

struct Case {
    std::string_view filter;
    bool expected;
};

constexpr Case kCases[] = {
    {R"({})", true},
    // Equality.
    {R"({"type": "order.paid"})", true},
    {R"({"type": "order.pai"})", false},
    {R"({"type": "ORDER.PAID"})", false},
    {R"({"amount": 1050})", true},
    {R"({"amount": 1050.0})", true},
    {R"({"amount": 1.05e3})", true},
    {R"({"amount": "1050"})", false},
    {R"({"one": 1})", true},
    {R"({"rate": 0.25})", true},
    {R"({"paid": true})", true},
    {R"({"paid": false})", false},
    {R"({"paid": 1})", false},
    {R"({"paid": "true"})", false},
    {R"({"note": null})", true},
    {R"({"absent": null})", false},
    {R"({"empty": ""})", true},
    {R"({"empty": null})", false},
    {R"({"data": {"$exists": true}, "amount": {"$eq": 1050}})", true},
    {R"({"amount": 1050, "type": "other"})", false},
    {R"({"amount": {"$ne": 1050}})", false},
    {R"({"amount": {"$ne": 1}})", true},
    {R"({"amount": {"$ne": "1050"}})", true},
    {R"({"absent": {"$ne": 1}})", true},
    {R"({"note": {"$ne": null}})", false},
    {R"({"path": "50%*off?"})", true},
    // Integers exactly: as doubles these neighbours would be equal.
    {R"({"big": 9007199254740993})", true},
    {R"({"big": 9007199254740992})", false},
    {R"({"big": {"$gt": 9007199254740992}})", true},
    {R"({"big": {"$gt": 9007199254740992.0}})", true},
    {R"({"big": {"$lt": 9007199254740994.0}})", true},
    {R"({"huge": 18446744073709551615})", true},
    {R"({"huge": 18446744073709551614})", false},
    {R"({"huge": {"$lt": 18446744073709551616.0}})", true},
    {R"({"huge": {"$gt": -1}})", true},
    {R"({"low": -9223372036854775808})", true},
    {R"({"low": {"$lt": 0}})", true},
    {R"({"low": -9.223372036854775808e18})", true},
    // Comparison.
    {R"({"amount": {"$gt": 1049}})", true},
    {R"({"amount": {"$gt": 1050}})", false},
    {R"({"amount": {"$gte": 1050}})", true},
    {R"({"amount": {"$lt": 1050.5}})", true},
    {R"({"amount": {"$lt": 1050}})", false},
    {R"({"amount": {"$lte": 1050}})", true},
    {R"({"amount": {"$gte": 1000, "$lt": 2000}})", true},
    {R"({"amount": {"$gte": 1000, "$lt": 1050}})", false},
    {R"({"amount": {"$gt": "1"}})", false},
    {R"({"type": {"$gt": 1}})", false},
    {R"({"type": {"$gte": "order.a", "$lt": "order.q"}})", true},
    {R"({"type": {"$lt": "Order"}})", false},
    {R"({"paid": {"$gt": 0}})", false},
    {R"({"absent": {"$lt": 1}})", false},
    {R"({"note": {"$lte": 0}})", false},
    // Lists.
    {R"({"data.customer.country": {"$in": ["FR", "DE"]}})", true},
    {R"({"data.customer.country": {"$in": ["FR", 1, null]}})", false},
    {R"({"amount": {"$in": ["1050", true, 1050.0]}})", true},
    {R"({"note": {"$in": [null]}})", true},
    {R"({"paid": {"$in": [false, true]}})", true},
    {R"({"refunded": {"$in": [true]}})", false},
    {R"({"absent": {"$in": [null]}})", false},
    {R"({"amount": {"$nin": [1, 2]}})", true},
    {R"({"amount": {"$nin": [1050, 1]}})", false},
    {R"({"absent": {"$nin": [1]}})", true},
    // Texts.
    {R"({"type": {"$startsWith": "order."}})", true},
    {R"({"type": {"$startsWith": "order.paid.x"}})", false},
    {R"({"type": {"$startsWith": ""}})", true},
    {R"({"type": {"$endsWith": ".paid"}})", true},
    {R"({"type": {"$endsWith": "order"}})", false},
    {R"({"type": {"$contains": "er.pa"}})", true},
    {R"({"type": {"$contains": "er.po"}})", false},
    {R"({"empty": {"$contains": ""}})", true},
    {R"({"amount": {"$startsWith": "10"}})", false},
    {R"({"amount": {"$contains": "0"}})", false},
    {R"({"amount": {"$like": "*"}})", false},
    {R"({"type": {"$like": "order.*"}})", true},
    {R"({"type": {"$like": "*.paid"}})", true},
    {R"({"type": {"$like": "o*.*d"}})", true},
    {R"({"type": {"$like": "order.????"}})", true},
    {R"({"type": {"$like": "order.???"}})", false},
    {R"({"type": {"$like": "order"}})", false},
    {R"({"data.customer.name": {"$like": "J?rg*M?ller"}})", true},
    {R"({"data.customer.name": "Jörg Müller"})", true},
    {R"({"path": {"$like": "*\\*off\\?"}})", true},
    {R"({"path": {"$like": "*\\?off*"}})", false},
    // Presence.
    {R"({"note": {"$exists": true}})", true},
    {R"({"absent": {"$exists": true}})", false},
    {R"({"absent": {"$exists": false}})", true},
    {R"({"note": {"$exists": false}})", false},
    {R"({"none": {"$exists": true}})", true},
    {R"({"bare": {"$exists": true}})", true},
    {R"({"bare.x": {"$exists": false}})", true},
    {R"({"amount.x": {"$exists": true}})", false},
    // Paths.
    {R"({"data.customer.country": "DE"})", true},
    {R"({"data": {"customer": {"country": "DE"}}})", true},
    {R"({"data": {"customer.country": "DE", "customer.name": {"$startsWith": "J"}}})", true},
    {R"({"data": {"customer": {"country": "FR"}}})", false},
    {R"({"data.customer": "DE"})", false},
    {R"({"data.1": "one"})", true},
    {R"({"twice": 2})", true},
    {R"({"twice": 1})", false},
    {R"({"a\\.b": {"\\$c": 5}})", true},
    {R"({"a\\.b.\\$c": 5})", true},
    {R"({"a\\.b.d\\\\e": 6})", true},
    {R"({"\\$event": "mine"})", true},
    {R"({"a.b": {"$exists": true}})", false},
    // Arrays.
    {R"({"items.sku": "A-1"})", true},
    {R"({"items.sku": "B-2"})", true},
    {R"({"items.sku": "C-3"})", false},
    {R"({"items.0.sku": "A-1"})", true},
    {R"({"items.1.sku": "A-1"})", false},
    {R"({"items.2.sku": {"$exists": true}})", false},
    {R"({"items.parts.id": 8})", true},
    {R"({"items.1.parts.1.id": 8})", true},
    {R"({"items.1.parts.01.id": 8})", false},
    {R"({"items.qty": {"$gt": 5}})", true},
    {R"({"items.qty": {"$gt": 5, "$lt": 3}})", true},
    {R"({"items": {"sku": "A-1", "qty": 10}})", true},
    {R"({"items.qty": {"$ne": 2}})", false},
    {R"({"items.qty": {"$nin": [3, 4]}})", true},
    {R"({"items": {"$exists": true}})", true},
    {R"({"data.customer.tags": "eu"})", true},
    {R"({"data.customer.tags": {"$startsWith": "go"}})", true},
    {R"({"data.customer.tags.0": "eu"})", false},
    {R"({"matrix": 4})", true},
    {R"({"matrix.0": 2})", true},
    {R"({"matrix.0.1": 2})", true},
    {R"({"matrix.1.1.0": 4})", true},
    {R"({"matrix.1": 2})", false},
    {R"({"none": {"$ne": 1}})", true},
    {R"({"none": null})", false},
    // Joining.
    {R"({"$and": [{"paid": true}, {"amount": {"$gt": 1}}]})", true},
    {R"({"$and": [{"paid": true}, {"amount": {"$gt": 5000}}]})", false},
    {R"({"$or": [{"paid": false}, {"amount": {"$gt": 1}}]})", true},
    {R"({"$or": [{"paid": false}, {"amount": {"$gt": 5000}}]})", false},
    {R"({"$not": {"paid": true}})", false},
    {R"({"$not": {"paid": true, "amount": 1}})", true},
    {R"({"$not": {"$or": [{"paid": false}, {"absent": 1}]}})", true},
    {R"({"amount": {"$not": {"$gt": 2000}}})", true},
    {R"({"amount": {"$or": [{"$lt": 10}, {"$gt": 1000}]}})", true},
    {R"({"amount": {"$or": [{"$lt": 10}, {"$gt": 2000}]}})", false},
    {R"({"data": {"$or": [{"customer.country": "FR"}, {"1": "one"}]}})", true},
    {R"({"data": {"customer": {"$and": [{"country": "DE"}, {"$not": {"name": "x"}}]}}})", true},
    {R"({"paid": true, "$or": [{"amount": 1}, {"amount": 1050}], "$not": {"note": 1}})", true},
    {R"({"$or": [{"$and": [{"paid": true}, {"$not": {"paid": true}}]}, {"type": "x"}]})", false},
    // Names and texts with escapes.
    {R"({"t\u0079pe": "order\u002epaid"})", true},
    {R"({"data.customer.name": "J\u00f6rg M\u00fcller"})", true},
    {" \n{ \"paid\"\t:\rtrue } ", true},
};

TEST(Filter, table) {
    static_assert(std::size(kCases) >= 100);
    for (const auto& [filter, expected] : kCases)
        EXPECT_EQ(matches(filter, kOrder), expected) << filter;
}

TEST(Filter, event_itself) {
    struct Row {
        std::string_view filter;
        bool expected;
    };
    constexpr Row kRows[] = {
        {R"({"$event.type": "user.created"})", true},
        {R"({"$event.type": {"$like": "user.*"}})", true},
        {R"({"$event.type": {"$in": ["a", "b"]}})", false},
        {R"({"$event": {"type": {"$startsWith": "user."}}})", true},
        {R"({"$event.channels": "eu"})", true},
        {R"({"$event.channels": {"$in": ["us", "beta"]}})", true},
        {R"({"$event.channels": "us"})", false},
        {R"({"$event.channels": {"$ne": "us"}})", true},
        {R"({"$event.channels": {"$exists": true}})", true},
        {R"({"$event": {"$or": [{"type": "x"}, {"channels": "beta"}]}})", true},
        {R"({"$event.type": "user.created", "type": "inner"})", true},
        {R"({"$not": {"$event.type": "user.created"}})", false},
        {R"({"$event.type": {"$gt": 1}})", false},
    };
    for (const auto& [filter, expected] : kRows)
        EXPECT_EQ(matches(filter, R"({"type": "inner"})", "user.created", {"eu", "beta"}), expected)
            << filter;
    EXPECT_FALSE(matches(R"({"$event.channels": {"$exists": true}})", "{}"));
    EXPECT_FALSE(matches(R"({"$event.type": {"$exists": true}})", "{}"));
}

TEST(Filter, payload_of_any_kind) {
    EXPECT_TRUE(matches("{}", "[1]"));
    EXPECT_TRUE(matches(R"({"a": 1})", R"([{"a": 2}, {"a": 1}])"));
    EXPECT_TRUE(matches(R"({"0.a": 2})", R"([{"a": 2}, {"a": 1}])"));
    EXPECT_FALSE(matches(R"({"a": 1})", "1"));
    const auto filter = Filter::compile(R"({"a": {"$exists": false}})").value();
    EXPECT_TRUE(filter->matches({})) << "without a payload no path leads anywhere";
}

struct Fault {
    std::string_view filter;
    std::size_t offset;
    std::string_view path;
    std::string_view says;  // a part of the message
};

constexpr Fault kFaults[] = {
    {"", 0, "", "JSON value is expected"},
    {"[]", 0, "", "is a JSON object"},
    {"  1", 2, "", "is a JSON object"},
    {"{} x", 3, "", "Nothing may follow"},
    {"{", 1, "", "name in double quotes"},
    {R"({"a" 1})", 5, "/a", "colon"},
    {R"({"a": })", 6, "/a", "JSON value is expected"},
    {R"({"a": 1)", 7, "", "comma or the closing }"},
    {R"({"a": 1,})", 8, "", "name in double quotes"},
    {R"({"a": {"$in": [1 2]}})", 17, "/a/$in", "comma or the closing ]"},
    {R"({"a": {"$in": [1,]}})", 17, "/a/$in/1", "JSON value is expected"},
    {R"({"a": tru})", 6, "/a", "true, false and null"},
    {R"({"a": 01})", 6, "/a", "not a number"},
    {R"({"a": 1.})", 6, "/a", "not a number"},
    {R"({"a": -})", 6, "/a", "not a number"},
    {R"({"a": 18446744073709551616})", 6, "/a", "Integers go from"},
    {R"({"a": -9223372036854775809})", 6, "/a", "Integers go from"},
    {R"({"a": 1e999})", 6, "/a", "beyond what a double holds"},
    {R"({"a": "b})", 6, "/a", "no closing double quote"},
    {R"({"a": "\x"})", 7, "/a", "escapes of JSON"},
    {R"({"a": "\u12"})", 7, "/a", "four hexadecimal"},
    {R"({"a": "\ud800"})", 7, "/a", "surrogate"},
    {"{\"a\": \"\n\"}", 7, "/a", "control character"},
    {"{\"a\": \"\xff\"}", 6, "/a", "UTF-8"},
    {R"({"a": 1, "a": 2})", 9, "/a", "stands in the object already"},
    {R"({"a": {"$gt": 1, "$gt": 2}})", 17, "/a/$gt", "stands in the object already"},
    {R"({"a": 1, "\u0061": 2})", 9, "/a", "stands in the object already"},
    {R"({"a": {"$foo": 1}})", 7, "/a/$foo",
     "$eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $startsWith, $endsWith, "
     "$contains, $like, $exists, $and, $or and $not"},
    {R"({"$nor": []})", 1, "/$nor", "There is no operator $nor"},
    {R"({"$gt": 1})", 1, "/$gt", "needs a path"},
    {R"({"a": [1]})", 6, "/a", "$in"},
    {R"({"a": {}})", 6, "/a", "$exists"},
    {R"({"a": {"$eq": {}}})", 14, "/a/$eq", "takes a string, a number, true, false or null"},
    {R"({"a": {"$ne": [1]}})", 14, "/a/$ne", "takes a string, a number, true, false or null"},
    {R"({"a": {"$in": []}})", 14, "/a/$in", "at least one value"},
    {R"({"a": {"$in": 1}})", 14, "/a/$in", "array of at least one value"},
    {R"({"a": {"$nin": [1, [2]]}})", 19, "/a/$nin/1", "array of strings, numbers"},
    {R"({"a": {"$gt": true}})", 14, "/a/$gt", "a number or a string"},
    {R"({"a": {"$lte": null}})", 15, "/a/$lte", "a number or a string"},
    {R"({"a": {"$startsWith": 1}})", 22, "/a/$startsWith", "takes a string"},
    {R"({"a": {"$contains": ["x"]}})", 20, "/a/$contains", "takes a string"},
    {R"({"a": {"$like": 1}})", 16, "/a/$like", "takes a string"},
    {R"({"a": {"$like": "x\\"}})", 16, "/a/$like", "stands before *"},
    {R"({"a": {"$like": "\\x"}})", 16, "/a/$like", "stands before *"},
    {R"({"a": {"$exists": 1}})", 18, "/a/$exists", "true or false"},
    {R"({"$and": {}})", 9, "/$and", "array of at least one object"},
    {R"({"$or": []})", 8, "/$or", "array of at least one object"},
    {R"({"$or": [1]})", 9, "/$or/0", "objects only"},
    {R"({"$or": [{"a": 1}, {}]})", 19, "/$or/1", "says nothing here"},
    {R"({"$not": {}})", 9, "/$not", "at least one member"},
    {R"({"a": {"$not": "x"}})", 15, "/a/$not", "use $ne"},
    {R"({"": 1})", 1, "/", "joined by single dots"},
    {R"({"a..b": 1})", 1, "/a..b", "joined by single dots"},
    {R"({"x/y": {".a": 1}})", 9, "/x~1y/.a", "joined by single dots"},
    {R"({"a\\b": 1})", 1, "/a\\b", "stands before ."},
    {R"({"$event": 1})", 11, "/$event", "$event.type and $event.channels"},
    {R"({"$event.id": 1})", 1, "/$event.id", "$event.type and $event.channels"},
    {R"({"$event": {"type": {"x": 1}}})", 21, "/$event/type/x", "$event.type and $event.channels"},
    {R"({"a": {"$event.type": 1}})", 7, "/a/$event.type", "beginning of a path"},
};

TEST(Filter, faults_with_positions) {
    for (const Fault& row : kFaults) {
        const auto compiled = Filter::compile(row.filter);
        ASSERT_FALSE(compiled) << row.filter;
        const FilterFault& fault = compiled.error();
        EXPECT_EQ(fault.offset, row.offset) << row.filter << ": " << fault.message;
        EXPECT_EQ(fault.path, row.path) << row.filter;
        EXPECT_NE(fault.message.find(row.says), std::string::npos)
            << row.filter << ": " << fault.message;
    }
}

std::string nested(std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += R"({"a":)";
    return text + "1" + std::string(depth, '}');
}

std::string many_conditions(std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i)
        text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    return text + "}";
}

std::string long_path(std::size_t names) {
    std::string text = "{\"a";
    for (std::size_t i = 1; i < names; ++i) text += ".a";
    return text + "\":1}";
}

std::string padded(std::size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + "\"}"; }

TEST(Filter, limits) {
    EXPECT_TRUE(Filter::compile(nested(16)));
    EXPECT_FALSE(Filter::compile(nested(17)));
    EXPECT_FALSE(Filter::compile(R"({"a":{"$in":)" + std::string(5000, '[')));
    EXPECT_TRUE(Filter::compile(many_conditions(256)));
    EXPECT_FALSE(Filter::compile(many_conditions(257)));
    EXPECT_TRUE(Filter::compile(long_path(32)));
    EXPECT_FALSE(Filter::compile(long_path(33)));
    EXPECT_TRUE(Filter::compile(padded(16384)));
    EXPECT_FALSE(Filter::compile(padded(16385)));
}

}  // namespace

}  // namespace posthaste
