#include "api/schema_check.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace posthaste {

namespace {

struct Case {
    std::string_view schema;
    std::string_view good;  // payloads, one a line
    std::string_view bad;
};

constexpr Case kCases[] = {
    {"true", "1\n{}", ""},
    {"false", "", "1\n{}"},
    {"{}", "null\n[1]", ""},
    {R"({"type": "object"})", "{}", "[]\nnull\n1"},
    {R"({"type": "integer"})", "1\n1.0\n-5\n18446744073709551615", "1.5\n\"1\"\ntrue"},
    {R"({"type": "number"})", "1\n1.5", "\"1\""},
    {R"({"type": ["string", "null"]})", "\"a\"\nnull", "1\nfalse"},
    {R"({"enum": [1, "a", [1, {"b": 2}], null]})", "1.0\n\"a\"\n[1.0,{\"b\":2}]\nnull",
     "2\n\"b\"\n[1]\nfalse"},
    {R"({"const": {"a": 1, "b": [2]}})", R"({"b":[2.0],"a":1})", R"({"a":1})"},
    {R"({"minimum": 2, "maximum": 5})", "2\n5\n\"x\"", "1.9\n5.1"},
    {R"({"exclusiveMinimum": 2, "exclusiveMaximum": 5})", "2.1", "2\n5"},
    {R"({"maximum": 9007199254740992})", "9007199254740992", "9007199254740993"},
    {R"({"multipleOf": 0.01})", "19.99\n0\n1", "0.015"},
    {R"({"multipleOf": 3})", "9\n-6.0", "10\n9.5"},
    {R"({"minLength": 2, "maxLength": 3})", "\"äö\"\n\"abc\"\n1", "\"ä\"\n\"abcd\""},
    {R"({"pattern": "^[a-z]+\\d?$"})", "\"abc1\"\n\"abc\"\n7", "\"1\"\n\"ABC\""},
    {R"({"pattern": "b\\u00e4"})", "\"abä\"", "\"ba\""},
    {R"({"minItems": 1, "maxItems": 2})", "[1]\n[1,2]\n{}", "[]\n[1,2,3]"},
    {R"({"uniqueItems": true})", "[1,\"1\",[1],{\"a\":1},{\"a\":2}]",
     "[1,1.0]\n[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]"},
    {R"({"items": {"type": "string"}})", "[]\n[\"a\"]", "[1]"},
    {R"({"items": [{"type": "string"}, {}], "additionalItems": false})", "[\"a\",1]\n[\"a\"]",
     "[1]\n[\"a\",1,2]"},
    {R"({"items": {}, "additionalItems": false})", "[1,2]", ""},
    {R"({"contains": {"minimum": 5}})", "[1,6]\n{}", "[]\n[1]"},
    {R"({"minProperties": 1, "maxProperties": 1})", "{\"a\":1}\n[]", "{}\n{\"a\":1,\"b\":2}"},
    {R"({"required": ["a"]})", "{\"a\":null}\n[]", "{\"b\":1}"},
    {R"({"properties": {"a": {"type": "string"}}, "additionalProperties": false})",
     "{}\n{\"a\":\"x\"}", "{\"a\":1}\n{\"b\":1}"},
    {R"({"patternProperties": {"^n_": {"type": "number"}}, "additionalProperties": {"type": "string"}})",
     "{\"n_a\":1,\"b\":\"x\"}", "{\"n_a\":\"x\"}\n{\"b\":1}"},
    {R"({"propertyNames": {"maxLength": 2}})", "{\"ab\":1}", "{\"abc\":1}"},
    {R"({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}})", "{\"a\":1,\"b\":1}\n{\"b\":1}",
     "{\"a\":1}\n{\"c\":1}"},
    {R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "1", "0\n3"},
    {R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})", "\"a\"\n5", "4"},
    {R"({"oneOf": [{"minimum": 1}, {"maximum": 2}]})", "0\n3", "1\n2"},
    {R"({"not": {"type": "string"}})", "1", "\"a\""},
    {R"({"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"const": 1}})", "6\n1", "7\n2"},
    {R"({"then": false, "else": false})", "1", ""},
    {R"({"format": "email", "title": "t", "default": 5, "unknown": [1]})", "\"anything\"", ""},
    {R"({"definitions": {"a/b": {"type": "string"}}, "$ref": "#/definitions/a~1b", "maxLength": 1})",
     "\"abc\"", "1"},
    {R"({"properties": {"next": {"$ref": "#"}, "id": {"type": "integer"}}})",
     R"({"next":{"next":{"id":1}}})", R"({"next":{"next":{"id":"1"}}})"},
    {R"({"definitions": {"x": {"$id": "#name", "type": "null"}}, "items": {"$ref": "#name"}})",
     "[null]", "[1]"},
    {R"({"$id": "https://example.com/s", "items": {"$ref": "https://example.com/s#/definitions/x"},
         "definitions": {"x": {"const": 1}}})",
     "[1]", "[2]"},
    {R"({"properties": {"$ref": {"type": "string"}}})", R"({"$ref":"x"})", R"({"$ref":1})"},
};

void expect_all(const Schema& schema, std::string_view payloads, bool is_good,
                std::string_view text) {
    while (!payloads.empty()) {
        const std::size_t length = std::min(payloads.find('\n'), payloads.size());
        const std::string_view payload = payloads.substr(0, length);
        EXPECT_EQ(schema.check(payload).empty(), is_good) << text << " on " << payload;
        payloads.remove_prefix(std::min(length + 1, payloads.size()));
    }
}

TEST(SchemaCheck, keywords) {
    for (const Case& row : kCases) {
        const auto schema = Schema::compile(row.schema);
        ASSERT_TRUE(schema) << row.schema << ": " << schema.error().path << " "
                            << schema.error().message;
        expect_all(**schema, row.good, true, row.schema);
        expect_all(**schema, row.bad, false, row.schema);
    }
}

TEST(SchemaCheck, findings_name_their_place) {
    const auto schema = Schema::compile(R"({
        "type": "object", "required": ["id", "items"], "additionalProperties": false,
        "properties": {
            "id": {"type": "string"}, "a/b": {"minimum": 3},
            "items": {"items": {"properties": {"qty": {"type": "integer"}}}}}})")
                            .value();
    const auto faults =
        schema->check(R"({"a/b": 1, "x": 0, "items": [{}, {"qty": "2"}, {"qty": 1.5}]})");
    ASSERT_EQ(faults.size(), 5U);
    EXPECT_EQ(faults[0].path, "");
    EXPECT_EQ(faults[0].message, "The member id is missing.");
    EXPECT_EQ(faults[1].path, "/a~1b");
    EXPECT_EQ(faults[1].message, "This is less than 3.");
    EXPECT_EQ(faults[2].path, "/x");
    EXPECT_EQ(faults[3].path, "/items/1/qty");
    EXPECT_EQ(faults[3].message, "This is not of type integer.");
    EXPECT_EQ(faults[4].path, "/items/2/qty");
    EXPECT_EQ(schema->check(R"({"x": 1, "y": 2, "z": 3})", 2).size(), 2U);
    EXPECT_EQ(schema->check("{").size(), 1U);
}

struct Refusal {
    std::string_view schema;
    std::string_view path;
    std::string_view says;
};

// What the Draft-7 metaschema refuses, then what we do not dare.
constexpr Refusal kRefusals[] = {
    {"1", "", "object, true or false"},
    {"{", "", "not JSON"},
    {R"({"type": "text"})", "/type", "The types are"},
    {R"({"type": []})", "/type", "The types are"},
    {R"({"type": ["null", "null"]})", "/type", "each once"},
    {R"({"properties": []})", "/properties", "object of schemas"},
    {R"({"properties": {"a": 1}})", "/properties/a", "object, true or false"},
    {R"({"properties": {"a": {"items": {"minimum": "1"}}}})", "/properties/a/items/minimum",
     "takes a number"},
    {R"({"items": []})", "/items", "at least one schema"},
    {R"({"allOf": []})", "/allOf", "at least one schema"},
    {R"({"anyOf": {}})", "/anyOf", "at least one schema"},
    {R"({"oneOf": [1]})", "/oneOf/0", "object, true or false"},
    {R"({"required": "a"})", "/required", "array of different names"},
    {R"({"required": ["a", "a"]})", "/required", "array of different names"},
    {R"({"minLength": -1})", "/minLength", "at least 0"},
    {R"({"maxItems": 1.5})", "/maxItems", "at least 0"},
    {R"({"multipleOf": 0})", "/multipleOf", "greater than 0"},
    {R"({"exclusiveMinimum": true})", "/exclusiveMinimum", "takes a number"},
    {R"({"enum": 1})", "/enum", "array"},
    {R"({"uniqueItems": 1})", "/uniqueItems", "true or false"},
    {R"({"pattern": 1})", "/pattern", "string"},
    {R"({"title": 1})", "/title", "string"},
    {R"({"readOnly": "yes"})", "/readOnly", "true or false"},
    {R"({"examples": {}})", "/examples", "array"},
    {R"({"definitions": {"a": {"type": 1}}})", "/definitions/a/type", "The types are"},
    {R"({"dependencies": {"a": [1]}})", "/dependencies/a", "names"},
    {R"({"$ref": 1})", "/$ref", "string"},
    {R"({"additionalItems": 1})", "/additionalItems", "object, true or false"},
    {R"({"$ref": "https://example.com/other.json"})", "/$ref", "nothing is fetched"},
    {R"({"$ref": "other.json#/a"})", "/$ref", "nothing is fetched"},
    {R"({"$ref": "#/definitions/gone"})", "/$ref", "There is nothing at #/definitions/gone"},
    {R"({"$ref": "#"})", "", "refers to itself"},
    {R"({"definitions": {"a": {"allOf": [{"not": {"$ref": "#/definitions/a"}}]}}})",
     "/definitions/a", "refers to itself"},
    {R"({"pattern": "(a"})", "/pattern", "linear time"},
    {R"({"pattern": "(?=a)b"})", "/pattern", "linear time"},
    {R"({"pattern": "(a)\\1"})", "/pattern", "linear time"},
    {R"({"patternProperties": {"[": {}}})", "/patternProperties/[", "linear time"},
};

TEST(SchemaCheck, refusals) {
    for (const Refusal& row : kRefusals) {
        const auto schema = Schema::compile(row.schema);
        ASSERT_FALSE(schema) << row.schema;
        EXPECT_EQ(schema.error().path, row.path) << row.schema;
        EXPECT_NE(schema.error().message.find(row.says), std::string::npos)
            << row.schema << ": " << schema.error().message;
    }
}

TEST(SchemaCheck, schemas_of_an_event_type) {
    EXPECT_FALSE(check_schemas("{}"));
    EXPECT_FALSE(check_schemas(R"({"1": {"type": "object"}, "2": true})"));
    struct Row {
        std::string_view text;
        std::string_view path;
    };
    for (const auto& [text, path] :
         {Row{"[]", ""}, Row{"{", ""}, Row{R"({"one": {}})", "/one"}, Row{R"({"01": {}})", "/01"},
          Row{R"({"1": {}, "2": {"type": "x"}})", "/2/type"}, Row{R"({"1": 7})", "/1"}}) {
        const auto fault = check_schemas(text);
        ASSERT_TRUE(fault) << text;
        EXPECT_EQ(fault->path, path) << text;
    }
}

// ---- hostile schemas and payloads

TEST(SchemaCheck, patterns_take_linear_time) {
    // With backtracking, each of these would outlive the test by ages, or overflow the stack.
    for (const char* pattern :
         {"^(a+)+$", "(a|aa)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x", "^(a?){500}a{500}$"}) {
        const auto schema = Schema::compile(R"({"pattern": ")" + std::string(pattern) + "\"}");
        ASSERT_TRUE(schema) << pattern;
        EXPECT_FALSE((*schema)->check("\"" + std::string(1'000'000, 'a') + "!\"").empty())
            << pattern;
    }
}

TEST(SchemaCheck, patterns_are_bounded) {
    EXPECT_TRUE(Schema::compile(R"({"pattern": ")" + std::string(1024, 'a') + "\"}"));
    EXPECT_FALSE(Schema::compile(R"({"pattern": ")" + std::string(1025, 'a') + "\"}"));
    EXPECT_FALSE(Schema::compile(R"({"pattern": "((a{500}){500}){500}"})"));
    std::string many = R"({"patternProperties": {)";
    for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\": {}";
    EXPECT_FALSE(Schema::compile(many + "}}"));
}

TEST(SchemaCheck, work_is_bounded) {
    // Each level doubles the work: 2^60 visits without a bound.
    std::string schema = R"({"definitions": {"d0": {"type": "string"})";
    for (int i = 1; i <= 60; ++i) {
        const std::string ref = R"({"$ref": "#/definitions/d)" + std::to_string(i - 1) + "\"}";
        schema += ",\"d" + std::to_string(i) + R"(": {"allOf": [)" + ref + "," + ref + "]}";
    }
    const auto compiled = Schema::compile(schema + R"(}, "not": {"$ref": "#/definitions/d60"}})");
    ASSERT_TRUE(compiled);
    const auto faults = (*compiled)->check("\"x\"");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_NE(faults[0].message.find("bounded time"), std::string::npos);
}

TEST(SchemaCheck, depth_is_bounded) {
    const auto schema = Schema::compile(R"({"items": {"$ref": "#"}, "uniqueItems": true})").value();
    EXPECT_TRUE(schema->check(std::string(200, '[') + std::string(200, ']')).empty());
    EXPECT_FALSE(schema->check(std::string(500, '[') + std::string(500, ']')).empty());
    EXPECT_FALSE(schema->check(std::string(100'000, '[') + std::string(100'000, ']')).empty());
    EXPECT_FALSE(Schema::compile(std::string(100'000, '[')));
    std::string nested;
    for (int i = 0; i < 200; ++i) nested += R"({"not":)";
    EXPECT_FALSE(Schema::compile(nested + "{}" + std::string(200, '}')));
}

// ---- the cache

EventType type_with(std::uint64_t number, std::string schemas) {
    EventType type;
    type.id = EventTypeId(number, 1);
    type.revision = 1;
    type.schemas = std::move(schemas);
    return type;
}

TEST(SchemaCache, chooses_the_version) {
    SchemaCache cache;
    const EventType type =
        type_with(1, R"({"10": {"const": 10}, "9": {"const": 9}, "1": {"const": 1}})");
    EXPECT_TRUE(cache.find(type)->check("10").empty());
    EXPECT_TRUE(cache.find(type, 9)->check("9").empty());
    EXPECT_EQ(cache.find(type, 2), nullptr);
    EXPECT_EQ(cache.find(type_with(2, "{}")), nullptr);
    EXPECT_EQ(cache.find(type_with(3, R"({"1": {"type": "x"}})")), nullptr);
    EXPECT_EQ(cache.find(EventType{}), nullptr);
}

TEST(SchemaCache, compiles_once_for_a_revision) {
    SchemaCache cache;
    EventType type = type_with(1, R"({"1": {"const": 1}})");
    const auto first = cache.find(type);
    EXPECT_EQ(cache.find(type), first);
    type.schemas = R"({"1": {"const": 2}})";
    type.revision = 2;
    EXPECT_NE(cache.find(type), first);
    EXPECT_TRUE(cache.find(type)->check("2").empty());
}

TEST(SchemaCache, the_least_recently_used_leaves) {
    SchemaCache cache(2);
    const auto one = cache.find(type_with(1, R"({"1": true})"));
    const auto two = cache.find(type_with(2, R"({"1": true})"));
    EXPECT_EQ(cache.find(type_with(1, R"({"1": true})")), one);
    (void)cache.find(type_with(3, R"({"1": true})"));
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache.find(type_with(1, R"({"1": true})")), one);
    EXPECT_NE(cache.find(type_with(2, R"({"1": true})")), two);
}

}  // namespace

}  // namespace posthaste
