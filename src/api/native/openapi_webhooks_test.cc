#include "api/native/openapi_webhooks.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace posthaste::native {

namespace {

namespace json = boost::json;

std::string wrap(std::string_view operation, std::string_view components = "{}") {
    return R"({"openapi": "3.1.0", "webhooks": {"a.b": {"post": )" + std::string(operation) +
           R"(}}, "components": )" + std::string(components) + "}";
}

std::string body(std::string_view schema, std::string_view beside = "") {
    return R"({"requestBody": {"content": {"application/json": {"schema": )" + std::string(schema) +
           std::string(beside) + "}}}}";
}

// The schemas of the only webhook.
json::value schemas_of(const std::string& document) {
    const auto types = read_webhooks(document);
    EXPECT_TRUE(types) << types.error().path << " " << types.error().message;
    if (!types || types->size() != 1 || !types->front().schemas) return nullptr;
    return json::parse(*types->front().schemas);
}

TEST(OpenApiWebhooks, what_an_event_type_takes_over) {
    const auto types = read_webhooks(R"({
        "webhooks": {
            "user.created": {"post": {"description": "Somebody came.", "summary": "short", "tags": ["users", "x"]}},
            "user.deleted": {"summary": "Somebody left.", "post": {"deprecated": true}}},
        "x-webhooks": {"old.one": {"$ref": "#/components/pathItems/old"}},
        "components": {"pathItems": {"old": {"put": {"summary": "Old."}}}}})");
    ASSERT_TRUE(types) << types.error().message;
    ASSERT_EQ(types->size(), 3U);
    EXPECT_EQ(types->at(0).name, "user.created");
    EXPECT_EQ(types->at(0).description, "Somebody came.");
    EXPECT_EQ(types->at(0).group_name, "users");
    EXPECT_FALSE(types->at(0).is_deprecated);
    EXPECT_FALSE(types->at(0).schemas);
    EXPECT_EQ(types->at(1).description, "Somebody left.");
    EXPECT_TRUE(types->at(1).is_deprecated);
    EXPECT_EQ(types->at(2).name, "old.one");
    EXPECT_EQ(types->at(2).description, "Old.");
}

TEST(OpenApiWebhooks, yaml_is_as_good_as_json) {
    const auto types = read_webhooks(R"(
openapi: 3.1.0
x-defaults: &defaults
  type: object
  required: [id]
webhooks:
  user.created:
    post:
      summary: Somebody came.   # and stays
      tags: [users]
      requestBody:
        content:
          application/json:
            schema:
              <<: *defaults
              properties:
                id: {type: integer, minimum: 1}
                plan: {$ref: '#/components/schemas/Plan'}
components:
  schemas:
    Plan: {type: string, enum: [on, off, 'no']}
)");
    ASSERT_TRUE(types) << types.error().message;
    ASSERT_EQ(types->size(), 1U);
    EXPECT_EQ(types->front().name, "user.created");
    EXPECT_EQ(types->front().description, "Somebody came.");
    EXPECT_EQ(json::parse(*types->front().schemas), json::parse(R"({"1": {
        "type": "object", "required": ["id"],
        "properties": {"id": {"type": "integer", "minimum": 1}, "plan": {"$ref": "#/definitions/Plan"}},
        "definitions": {"Plan": {"type": "string", "enum": ["on", "off", "no"]}}}})"));
}

struct Case {
    std::string_view schema;
    std::string_view expected;
};

// OpenAPI 3.0's words become those of JSON Schema; members that only have such names stay.
constexpr Case kCases[] = {
    {R"({"type": "string", "nullable": true})", R"({"type": ["string", "null"]})"},
    {R"({"type": "string", "nullable": false})", R"({"type": "string"})"},
    {R"({"type": "string", "nullable": true, "enum": ["a"]})",
     R"({"type": ["string", "null"], "enum": ["a", null]})"},
    {R"({"example": {"a": 1}})", R"({"examples": [{"a": 1}]})"},
    {R"({"minimum": 1, "exclusiveMinimum": true})", R"({"exclusiveMinimum": 1})"},
    {R"({"maximum": 1, "exclusiveMaximum": false})", R"({"maximum": 1})"},
    {R"({"exclusiveMaximum": 5})", R"({"exclusiveMaximum": 5})"},
    {R"({"properties": {"nullable": {"nullable": true, "type": "number"}, "example": {"example": 1}}})",
     R"({"properties": {"nullable": {"type": ["number", "null"]}, "example": {"examples": [1]}}})"},
    {R"({"items": {"oneOf": [{"example": 1}]}, "enum": [{"nullable": true}]})",
     R"({"items": {"oneOf": [{"examples": [1]}]}, "enum": [{"nullable": true}]})"},
};

TEST(OpenApiWebhooks, words_of_openapi_3_0) {
    for (const auto& [schema, expected] : kCases) {
        const json::value schemas = schemas_of(wrap(body(schema)));
        ASSERT_TRUE(schemas.is_object()) << schema;
        EXPECT_EQ(schemas.at("1"), json::parse({expected.data(), expected.size()})) << schema;
    }
}

TEST(OpenApiWebhooks, references_become_definitions) {
    const json::value schemas = schemas_of(wrap(
        body(R"({"$ref": "#/components/schemas/User"})"),
        R"({"schemas": {"User": {"properties": {"friends": {"items": {"$ref": "#/components/schemas/User"}},
                                                     "home": {"$ref": "#/components/schemas/Address"}}},
                             "Address": {"type": "string", "example": "x"}, "Unused": {}}})"));
    EXPECT_EQ(schemas, json::parse(R"({"1": {"$ref": "#/definitions/User", "definitions": {
        "User": {"properties": {"friends": {"items": {"$ref": "#/definitions/User"}},
                                "home": {"$ref": "#/definitions/Address"}}},
        "Address": {"type": "string", "examples": ["x"]}}}})"));
}

TEST(OpenApiWebhooks, bodies_behind_references_and_their_examples) {
    const std::string components = R"({"requestBodies": {"B": {"content": {"application/json":
        {"schema": {"type": "object"}, "examples": {"one": {"value": {"a": 1}}}}}}}})";
    EXPECT_EQ(schemas_of(
                  wrap(R"({"requestBody": {"$ref": "#/components/requestBodies/B"}})", components)),
              json::parse(R"({"1": {"type": "object", "examples": [{"a": 1}]}})"));
    EXPECT_EQ(schemas_of(wrap(body(R"({"type": "object"})", R"(, "example": {"b": 2})"))),
              json::parse(R"({"1": {"type": "object", "examples": [{"b": 2}]}})"));
}

TEST(OpenApiWebhooks, refusals) {
    struct Row {
        std::string document;
        std::string_view path;
        std::string_view says;
    };
    const Row rows[] = {
        {"openapi: 3.1.0", "", "no webhooks"},
        {"a: 1\n\tb: 2", "", "cannot be read: line 2, column 1: found"},
        {"{\"a\": }", "", "cannot be read: line 1, column 7: syntax error"},
        {"[]", "", "no webhooks"},
        {R"({"paths": {}})", "", "no webhooks"},
        {R"({"webhooks": {"a": {}}})", "/webhooks/a", "no operation"},
        {R"({"webhooks": {"a": 5}})", "/webhooks/a", "no operation"},
        {R"({"webhooks": {"a": {"$ref": "#/webhooks/a"}}})", "/webhooks/a", "no operation"},
        {wrap(body(R"({"type": "text"})")), "/webhooks/a.b", "/1/type: The types are"},
        {wrap(body(R"({"$ref": "#/components/schemas/Gone"})")), "/webhooks/a.b",
         "There is nothing at"},
        {wrap(body(R"({"$ref": "https://example.com/x.json"})")), "/webhooks/a.b",
         "nothing is fetched"},
    };
    for (const Row& row : rows) {
        const auto types = read_webhooks(row.document);
        ASSERT_FALSE(types) << row.document;
        EXPECT_EQ(types.error().path, row.path) << row.document;
        EXPECT_NE(types.error().message.find(row.says), std::string::npos) << types.error().message;
    }
}

}  // namespace

}  // namespace posthaste::native
