// Applications over the wire: the wire contract's rows 1 to 6.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

TEST(NativeApplications, life_of_one) {
    World world;
    const Answer made = world.call(Method::post, "/app", R"({"name":"My app","uid":"mine"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string id = made.text("id");
    EXPECT_EQ(made.body, R"({"uid":"mine","name":"My app","throttleRate":null,"id":")" + id +
                             R"(","createdAt":"2026-01-02T03:04:05.123456Z",)"
                             R"("updatedAt":"2026-01-02T03:04:05.123456Z","metadata":{}})");
    EXPECT_EQ(world.call(Method::get, "/app/" + id).body, made.body);
    EXPECT_EQ(world.call(Method::get, "/app/mine").body, made.body);
    const Answer listed = world.call(Method::get, "/app");
    EXPECT_EQ(listed.status, 200);
    EXPECT_EQ(listed.body, "{\"data\":[" + made.body + "],\"iterator\":\"" + id +
                               "\",\"prevIterator\":\"-" + id + "\",\"done\":true}");
    EXPECT_EQ(world.call(Method::delete_, "/app/mine").status, 204);
    EXPECT_EQ(world.call(Method::get, "/app/" + id).status, 404);
}

TEST(NativeApplications, what_is_answered) {
    World world;
    world.call(Method::post, "/app", R"({"name":"a","uid":"a","throttleRate":3})");
    const std::string metadata =
        R"({"name":"x","metadata":{"k":")" + std::string(4100, 'x') + "\"}}";
    struct Case {
        Method method;
        const char* path;
        const char* body;
        int status;
        const char* says;
    };
    const Case cases[] = {
        {Method::post, "/app", R"({"name":"b","uid":"a"})", 409,
         "An application with that id or uid already exists"},
        {Method::post, "/app?get_if_exists=false", R"({"name":"b","uid":"a"})", 409, "conflict"},
        {Method::post, "/app?get_if_exists=true", R"({"name":"b","uid":"a"})", 200,
         R"("name":"a")"},
        {Method::post, "/app?get_if_exists=true", R"({"name":"b","uid":"new"})", 201, "new"},
        {Method::post, "/app?get_if_exists=1", R"({"name":"b"})", 400, "generic_error"},
        {Method::post, "/app", R"({"name":""})", 422, R"(["body","name"])"},
        {Method::post, "/app", R"({"name":"a\u0001"})", 422, R"(["body","name"])"},
        {Method::post, "/app", R"({"uid":"x"})", 422, "missing field `name`"},
        {Method::post, "/app", R"({"name":"x","uid":"app_1"})", 422, "__all__"},
        {Method::post, "/app", R"({"name":"x","uid":"a/b"})", 422, "__all__"},
        {Method::post, "/app", R"({"name":"x","throttleRate":0})", 422, "throttle_rate"},
        {Method::post, "/app", R"({"name":"x","rateLimit":70000})", 422, "rate_limit"},
        {Method::post, "/app", R"({"name":"x","rateLimit":7})", 201, R"("throttleRate":7)"},
        {Method::post, "/app", R"({"name":"x","rateLimit":7,"throttleRate":8})", 201,
         R"("rateLimit":8,"throttleRate":8)"},
        {Method::post, "/app", R"({"name":"x","metadata":null,"unknown":[1]})", 201,
         R"("metadata":{})"},
        {Method::post, "/app", metadata.c_str(), 422, R"(["body","metadata"])"},
        {Method::post, "/app", R"({"name":"x",)", 422, "value_error.jsondecode"},
        {Method::put, "/app/a", R"({"name":"z","uid":"a"})", 200, R"("throttleRate":null)"},
        {Method::put, "/app/unknown", R"({"name":"z","uid":"made"})", 201, R"("uid":"made")"},
        {Method::put, "/app/unknown", R"({"name":"z","uid":"made"})", 409, "conflict"},
        {Method::get, "/app/unknown", "", 404, "Entity not found"},
        {Method::patch, "/app/a", R"({"throttleRate":9,"metadata":{"k":"v"}})", 200,
         R"("rateLimit":9)"},
        {Method::patch, "/app/a", R"({"name":"y"})", 200, R"("metadata":{"k":"v"})"},
        {Method::patch, "/app/a", R"({"name":null})", 422, "name"},
        {Method::patch, "/app/a", R"({"metadata":null})", 422, "metadata"},
        {Method::patch, "/app/a", R"({"uid":"made"})", 409, "conflict"},
        {Method::patch, "/app/a", R"({"uid":null,"throttleRate":null})", 200,
         R"({"name":"y","throttleRate":null)"},
        {Method::patch, "/app/a", "{}", 404, "not_found"},
        {Method::delete_, "/app/made", "", 204, ""},
        {Method::delete_, "/app/made", "", 404, "Entity not found"},
        {Method::post, "/app", R"({"name":"again","uid":"made"})", 201, "made"},
        {Method::get, "/app?limit=251", "", 422, R"(["query","limit","limit"])"},
        {Method::get, "/app?limit=x", "", 400, "generic_error"},
        {Method::get, "/app?iterator=ep_x", "", 422, R"(["query","iterator","__all__"])"},
        {Method::get, "/app?order=sideways", "", 400, "generic_error"},
    };
    for (const Case& c : cases) {
        const Answer answer = world.call(c.method, c.path, c.body);
        EXPECT_EQ(answer.status, c.status) << c.path << c.body << answer.body;
        EXPECT_NE(answer.body.find(c.says), std::string::npos) << c.body << answer.body;
    }
}

TEST(NativeApplications, six_hundred_are_iterated) {
    World world;
    for (int i = 0; i < 600; ++i) world.call(Method::post, "/app", R"({"name":"a"})");
    std::size_t seen = 0;
    std::string last;
    std::string iterator;
    for (bool done = false; !done;) {
        const Answer page = world.call(
            Method::get, "/app?limit=250" + (iterator.empty() ? "" : "&iterator=" + iterator));
        const auto json = page.json();
        for (const auto& one : json.at("data").as_array()) {
            const std::string id(one.at("id").as_string());
            EXPECT_LT(last, id);
            last = id;
            ++seen;
        }
        done = json.at("done").as_bool();
        iterator = page.text("iterator");
    }
    EXPECT_EQ(seen, 600U);
}

TEST(NativeApplications, lists_leave_out_those_without_use) {
    World world;
    // Of each three: no endpoint, only disabled ones, an enabled one.
    std::vector<std::string> busy;
    for (int i = 0; i < 9; ++i) {
        const std::string id = world.call(Method::post, "/app", R"({"name":"a"})").text("id");
        const std::string endpoints = "/app/" + id + "/endpoint";
        if (i % 3 >= 1)
            world.call(Method::post, endpoints, R"({"url":"http://h","disabled":true})");
        if (i % 3 == 2) {
            world.call(Method::post, endpoints, R"({"url":"http://h"})");
            busy.push_back(id);
        }
    }
    const auto list = [&](const std::string& query) {
        std::vector<std::string> ids;
        const auto json = world.call(Method::get, "/app" + query).json();
        for (const auto& one : json.at("data").as_array())
            ids.emplace_back(one.at("id").as_string());
        ids.emplace_back(json.at("done").as_bool() ? "done" : "more");
        return ids;
    };
    using Ids = std::vector<std::string>;
    const std::string both =
        "?exclude_apps_with_no_endpoints=true&exclude_apps_with_disabled_endpoints=true";
    EXPECT_EQ(list("?exclude_apps_with_no_endpoints=true").size(), 7U);
    EXPECT_EQ(list("?exclude_apps_with_disabled_endpoints=true").size(), 7U);
    EXPECT_EQ(list("?exclude_apps_with_no_endpoints=false").size(), 10U);
    EXPECT_EQ(list(both), (Ids{busy[0], busy[1], busy[2], "done"}));
    EXPECT_EQ(list(both + "&limit=2"), (Ids{busy[0], busy[1], "more"}));
    EXPECT_EQ(list(both + "&limit=2&iterator=" + busy[1]), (Ids{busy[2], "done"}));
    EXPECT_EQ(list(both + "&limit=1&iterator=-" + busy[2]), (Ids{busy[1], "more"}));
    EXPECT_EQ(list(both + "&order=descending&limit=2"), (Ids{busy[2], busy[1], "more"}));
    EXPECT_EQ(world.call(Method::get, "/app?exclude_apps_with_no_endpoints=1").status, 400);
}

TEST(NativeApplications, a_deleted_one_takes_its_endpoints_along) {
    World world;
    world.call(Method::post, "/app", R"({"name":"a","uid":"a"})");
    world.call(Method::post, "/app/a/endpoint", R"({"url":"http://h","uid":"e"})");
    world.call(Method::delete_, "/app/a");
    world.call(Method::post, "/app", R"({"name":"a","uid":"a"})");
    EXPECT_EQ(world.call(Method::get, "/app/a/endpoint/e").status, 404);
    EXPECT_EQ(world.call(Method::get, "/app/a/endpoint").body,
              R"({"data":[],"iterator":null,"done":true})");
}

}  // namespace
}  // namespace posthaste::test
