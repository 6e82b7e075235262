// POST /event-type/import/openapi over the wire.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr const char* kPath = "/event-type/import/openapi";

// Two webhooks; `schema` is the first one's.
std::string spec(const std::string& schema = R"({"type":"object"})") {
    return R"({"openapi":"3.1.0","webhooks":{)"
           R"("user.created":{"post":{"summary":"Somebody came.","tags":["users"],"requestBody":)"
           R"({"content":{"application/json":{"schema":)" +
           schema +
           R"(}}}}},"user.deleted":{"post":{"summary":"Somebody left.","deprecated":true}}}})";
}

std::string request(const std::string& more = {}) { return R"({"spec":)" + spec() + more + "}"; }

TEST(NativeImport, makes_event_types) {
    World world;
    const Answer done = world.call(Method::post, kPath, request());
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(done.body, R"({"data":{"modified":["user.created","user.deleted"]}})");
    const Answer made = world.call(Method::get, "/event-type/user.created");
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(made.text("description"), "Somebody came.");
    EXPECT_EQ(made.text("groupName"), "users");
    EXPECT_EQ(made.json().at("schemas"), boost::json::parse(R"({"1":{"type":"object"}})"));
    EXPECT_TRUE(
        world.call(Method::get, "/event-type/user.deleted").json().at("deprecated").as_bool());
    // Once more changes nothing.
    EXPECT_EQ(world.call(Method::post, kPath, request()).body, R"({"data":{"modified":[]}})");
}

TEST(NativeImport, changes_what_differs_and_keeps_what_the_document_does_not_know) {
    World world;
    ASSERT_EQ(world
                  .call(Method::post, "/event-type",
                        R"({"name":"user.created","description":"old","featureFlag":"beta",)"
                        R"("payloadValidation":"reject"})")
                  .status,
              201);
    ASSERT_EQ(world.call(Method::delete_, "/event-type/user.created").status, 204);
    ASSERT_EQ(world.call(Method::post, kPath, request()).status, 200);
    const Answer changed = world.call(Method::get, "/event-type/user.created");
    EXPECT_EQ(changed.text("description"), "Somebody came.");
    EXPECT_EQ(changed.text("featureFlag"), "beta");
    EXPECT_EQ(changed.text("payloadValidation"), "reject");
    EXPECT_FALSE(changed.json().at("archived").as_bool());
    const std::string text =
        boost::json::serialize(boost::json::value(spec(R"({"type":"array"})")));
    EXPECT_EQ(world.call(Method::post, kPath, R"({"specRaw":)" + text + "}").body,
              R"({"data":{"modified":["user.created"]}})");
}

TEST(NativeImport, reads_yaml) {
    World world;
    const std::string yaml =
        "openapi: 3.1.0\nwebhooks:\n  user.created:\n    post:\n      summary: Somebody came.\n"
        "      requestBody: {content: {application/json: {schema: {type: object}}}}\n";
    const std::string text = boost::json::serialize(boost::json::value(yaml));
    EXPECT_EQ(world.call(Method::post, kPath, R"({"specRaw":)" + text + "}").body,
              R"({"data":{"modified":["user.created"]}})");
    const Answer made = world.call(Method::get, "/event-type/user.created");
    EXPECT_EQ(made.text("description"), "Somebody came.");
    EXPECT_EQ(made.json().at("schemas"), boost::json::parse(R"({"1":{"type":"object"}})"));
}

TEST(NativeImport, a_dry_run_stores_nothing) {
    World world;
    const Answer told =
        world.call(Method::post, kPath, request(R"(,"dryRun":true,"replaceAll":true)"));
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(
        told.body,
        R"({"data":{"modified":[],"to_modify":[{"name":"user.created","description":"Somebody came.",)"
        R"("schemas":{"1":{"type":"object"}},"deprecated":false,"groupName":"users"},)"
        R"({"name":"user.deleted","description":"Somebody left.","schemas":null,"deprecated":true}]}})");
    EXPECT_EQ(world.call(Method::get, "/event-type/user.created").status, 404);
}

TEST(NativeImport, replace_all_archives_the_others) {
    World world;
    ASSERT_EQ(
        world.call(Method::post, "/event-type", R"({"name":"other","description":""})").status,
        201);
    EXPECT_EQ(world.call(Method::post, kPath, request(R"(,"replaceAll":true)")).body,
              R"({"data":{"modified":["user.created","user.deleted","other"]}})");
    EXPECT_TRUE(world.call(Method::get, "/event-type/other").json().at("archived").as_bool());
}

TEST(NativeImport, refusals) {
    World world;
    struct Row {
        std::string body;
        int status;
        std::string says;
    };
    const Row rows[] = {
        {"{}", 400, "Either spec or specRaw"},
        {R"({"spec":)" + spec() + R"(,"specRaw":"{}"})", 400, "Either spec or specRaw"},
        {R"({"spec":"text"})", 422, "spec"},
        {R"({"specRaw":"openapi: 3.1.0"})", 422, "no webhooks"},
        {R"({"specRaw":"openapi: 3.1.0\nwebhooks:\n\ta: b"})", 422,
         "cannot be read: line 3, column 1: found character that cannot start any token"},
        {R"({"specRaw":"{\n  \"openapi\" 3}"})", 422,
         "cannot be read: line 2, column 13: syntax error"},
        {R"({"spec":{"webhooks":{}}})", 422, "no webhooks"},
        {R"({"spec":)" + spec(R"({"type":"text"})") + "}", 422,
         "/webhooks/user.created: /1/type: The types are"},
        {R"({"spec":{"webhooks":{"a b":{"post":{}}}}})", 422, "The webhook's name a b"},
        {R"({"spec":{"webhooks":{"a":{"post":{}}}},"dryRun":1})", 422, "dry"},
    };
    for (const Row& row : rows) {
        const Answer answer = world.call(Method::post, kPath, row.body);
        EXPECT_EQ(answer.status, row.status) << row.body;
        EXPECT_NE(answer.body.find(row.says), std::string::npos) << answer.body;
    }
    EXPECT_EQ(world.call(Method::get, "/event-type").json().at("data").as_array().size(), 0U);
    const std::string portal = world.token(world.organization, "app_1srOrx2ZWZBpBUvZwXKQmoEYga2");
    EXPECT_EQ(world.call(Method::post, kPath, request(), portal).status, 403);
}

}  // namespace
}  // namespace posthaste::test
