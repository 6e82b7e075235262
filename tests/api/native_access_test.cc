// Tokens, levels and tenants: section 2 of the wire contract, the routes that hand out tokens, and what two organizations and two
// applications see of each other.

#include <gtest/gtest.h>

#include "api/native/routes.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr const char* kOther = "org_somebody_else";

TEST(NativeAccess, what_is_no_token) {
    World world;
    const std::string invalid = R"({"code":"authentication_failed","detail":"Invalid token"})";
    const auto with = [&](const World::Headers& headers) {
        return world.send(Method::get, "/api/v1/app", {}, headers);
    };
    const std::string good = world.token(world.organization);
    for (const World::Headers& headers :
         std::vector<World::Headers>{{},
                                     {{"Authorization", ""}},
                                     {{"Authorization", "Bearer"}},
                                     {{"Authorization", "Bearer "}},
                                     {{"Authorization", "Basic " + good}},
                                     {{"Authorization", good}},
                                     {{"Authorization", "Bearer x.y.z"}},
                                     {{"Authorization", "Bearer " + good + "x"}}}) {
        const Answer answer = with(headers);
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.body, invalid);
    }
    EXPECT_EQ(with({{"authorization", "bearer " + good}}).status, 200);
    const Answer secret = with({{"Authorization", "Bearer " + world.settings.tokens.secret}});
    EXPECT_EQ(secret.status, 401);
    EXPECT_EQ(secret.text("detail"),
              "Authentication failed. JWT signing secrets can not be used as tokens, please refer "
              "to https://github.com/svix/svix-webhooks#authentication for more information.");
    EXPECT_EQ(world.call(Method::get, "/app", "", world.token("")).text("detail"),
              "The token does not name an organization.");
    const Answer user = world.call(Method::get, "/app", "", world.token("user_1"));
    EXPECT_EQ(user.status, 400);
    EXPECT_EQ(user.text("code"), "bad_token");
    const Answer odd = world.call(Method::get, "/app", "", world.token("org_a", "user_1"));
    EXPECT_EQ(odd.status, 400);
    EXPECT_EQ(odd.text("code"), "bad token");
    // The query is checked first.
    EXPECT_EQ(world.get("/api/v1/app?limit=x").status, 400);
}

TEST(NativeAccess, a_remembered_token_expires) {
    World world;
    const std::string token = world.token(world.organization);
    EXPECT_EQ(world.call(Method::get, "/app", "", token).status, 200);
    world.advance(std::chrono::hours(24 * 28) + 15min - 1s);
    EXPECT_EQ(world.call(Method::get, "/app", "", token).status, 200);
    world.advance(1s);
    EXPECT_EQ(world.call(Method::get, "/app", "", token).status, 401);
}

TEST(NativeAccess, portal_tokens_open_one_application) {
    World world;
    world.settings.public_url = "https://hooks.example";
    const std::string app =
        world.call(Method::post, "/app", R"({"name":"a","uid":"a"})").text("id");
    world.call(Method::post, "/app", R"({"name":"b","uid":"b"})");
    for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
             {"/auth/app-portal-access/a", "{}"},
             {"/auth/app-portal-access/" + app, R"({"featureFlags":["f"]})"},
             {"/auth/dashboard-access/a", "null"},
             {"/auth/dashboard-access/a", ""}}) {
        const Answer access = world.call(Method::post, path, body);
        ASSERT_EQ(access.status, 200) << access.body;
        const std::string token = access.text("token");
        EXPECT_EQ(access.text("url"), "https://hooks.example/app-portal#key=" + token);
        EXPECT_EQ(world.call(Method::get, "/app/a", "", token).status, 200);
        EXPECT_EQ(world.call(Method::get, "/app/" + app + "/endpoint", "", token).status, 200);
        EXPECT_EQ(world.call(Method::get, "/app/b", "", token).status, 404);
        EXPECT_EQ(world.call(Method::get, "/app", "", token).status, 403);
        const Answer forbidden = world.call(Method::delete_, "/app/a", "", token);
        EXPECT_EQ(forbidden.status, 403);
        EXPECT_EQ(forbidden.body, R"({"code":"insufficient access",)"
                                  R"("detail":"Insufficient access for the given operation."})");
    }
}

TEST(NativeAccess, portal_tokens_expire_when_told) {
    World world;
    world.call(Method::post, "/app", R"({"name":"a","uid":"a"})");
    const auto access = [&](const std::string& body) {
        return world.call(Method::post, "/auth/app-portal-access/a", body);
    };
    const std::string hour = access(R"({"expiry":3600})").text("token");
    const std::string month = access(R"({"expiry":null})").text("token");
    const auto status = [&](const std::string& token) {
        return world.call(Method::get, "/app/a", "", token).status;
    };
    world.advance(1h + 14min);
    EXPECT_EQ(status(hour), 200);
    world.advance(1min);
    EXPECT_EQ(status(hour), 401);
    EXPECT_EQ(status(month), 200);
    for (const char* refused : {R"({"expiry":3599})", R"({"expiry":604801})", R"({"expiry":"1"})"})
        EXPECT_EQ(access(refused).status, 422) << refused;
}

TEST(NativeAccess, portal_access_makes_the_application) {
    World world;
    const auto access = [&](const std::string& uid, const std::string& body) {
        return world.call(Method::post, "/auth/app-portal-access/" + uid, body);
    };
    const Answer none = access("new", "{}");
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(none.text("detail"), "Application not found");
    EXPECT_EQ(
        access("new", R"({"application":{"name":"n"}})").body.find("application_uid_missing") ==
            std::string::npos,
        false);
    EXPECT_NE(access("new", R"({"application":{"name":"n","uid":"old"}})")
                  .body.find("application_uid_mismatch"),
              std::string::npos);
    EXPECT_EQ(access("new", R"({"application":{"uid":"new"}})").status, 422);
    EXPECT_EQ(access("new", "").status, 422);
    EXPECT_EQ(access("new", R"({"application":{"name":"n","uid":"new"}})").status, 200);
    EXPECT_EQ(world.call(Method::get, "/app/new").text("name"), "n");
    EXPECT_EQ(access("new", R"({"application":{"name":"other","uid":"other"}})").status, 200);
    EXPECT_EQ(world.call(Method::get, "/app/new").text("name"), "n");
}

TEST(NativeAccess, open_routes) {
    World world;
    const Answer logout = world.post("/api/v1/auth/logout", "");
    EXPECT_EQ(logout.status, 501);
    EXPECT_EQ(logout.body, R"({"code":"not_implemented",)"
                           R"("detail":"This API endpoint is not yet implemented."})");
    for (const Method method : {Method::get, Method::head}) {
        const Answer health = world.send(method, "/api/v1/health");
        EXPECT_EQ(health.status, 200);
        EXPECT_EQ(
            health.body,
            R"({"database":{"status":"ok"},"queue":{"status":"ok"},"cache":{"status":"ok"}})");
        const Answer ping = world.send(method, "/api/v1/health/ping/");
        EXPECT_EQ(ping.status, 204);
        EXPECT_EQ(ping.body, "");
    }
    world.store_problem = "full";
    EXPECT_EQ(world.get("/api/v1/health").status, 500);
}

TEST(NativeAccess, nothing_below_the_api_is_answered_without_json) {
    World world;
    for (const char* path : {"", "/", "/nothing", "/app/a/b/c/d/e/f/g/h/i", "/app//endpoint"}) {
        const Answer unknown = world.call(Method::get, path);
        EXPECT_EQ(unknown.status, 404) << path;
        EXPECT_EQ(unknown.text("code"), "not_found");
    }
    const Answer method = world.call(Method::delete_, "/app");
    EXPECT_EQ(method.status, 405);
    EXPECT_EQ(method.text("code"), "method_not_allowed");
    EXPECT_NE(method.headers.find("allow: GET, HEAD, POST"), std::string::npos);
    const Answer large =
        world.call(Method::post, "/app", R"({"name":")" + std::string(8u << 20, 'x') + "\"}");
    EXPECT_EQ(large.status, 413);
    EXPECT_EQ(large.body,
              R"({"code":"payload_too_large","detail":"Request payload is too large."})");
    EXPECT_FALSE(large.close);
}

// Every route that needs a token says 401 without one, and none of those that name an object shows another organization's.
TEST(NativeAccess, every_route_keeps_tenants_apart) {
    World world;
    world.call(Method::post, "/event-type", R"({"name":"t","description":""})");
    const std::string app =
        world.call(Method::post, "/app", R"({"name":"a","uid":"a"})").text("id");
    const std::string second = world.call(Method::post, "/app", R"({"name":"b"})").text("id");
    const std::string endpoint =
        world.call(Method::post, "/app/a/endpoint", R"({"url":"http://h"})").text("id");
    const Answer operational =
        world.call(Method::post, "/operational-webhook/endpoint", R"({"url":"http://h"})");
    ASSERT_EQ(operational.status, 201) << operational.body;

    const std::string stranger = world.token(kOther);
    const std::string neighbour = world.token(world.organization, second);
    const std::vector<std::pair<std::string, std::string>> names = {
        {"{app_id}", app}, {"{endpoint_id}", endpoint}, {"{event_type_name}", "t"}};
    std::size_t walked = 0;
    for (const ApiRoute& route : native::routes()) {
        std::string path(route.pattern);
        if (path.find("/operational-webhook/") != std::string::npos) {
            const std::size_t at = path.find("{endpoint_id}");
            if (at != std::string::npos) path.replace(at, 13, operational.text("id"));
        }
        for (const auto& [param, value] : names)
            if (const std::size_t at = path.find(param); at != std::string::npos)
                path.replace(at, param.size(), value);
        if (path.find("/health") != std::string::npos || path.ends_with("/logout") ||
            path.ends_with("openapi.json"))
            continue;
        EXPECT_EQ(world.send(route.method, path, "{}").status, 401) << path;
        // What names no object, and what creates one under any name, has nothing to hide.
        const bool creates =
            route.method == Method::put && (path.ends_with(app) || path.ends_with("/event-type/t"));
        if (path == route.pattern || creates) continue;
        const std::string body = R"({"description":"d","name":"n","eventType":"t","payload":{}})";
        const Answer seen =
            world.send(route.method, path, body, {{"Authorization", "Bearer " + stranger}});
        EXPECT_EQ(seen.status, 404) << route.name << seen.body;
        if (path.find("/app/") != std::string::npos) {
            const Answer next =
                world.send(route.method, path, "{}", {{"Authorization", "Bearer " + neighbour}});
            EXPECT_TRUE(next.status == 404 || next.status == 403) << route.name << next.body;
        }
        ++walked;
    }
    EXPECT_GE(walked, 25U);
    for (const auto& [path, body] :
         {std::pair{"/app/" + app, R"({"name":"n"})"},
          std::pair{std::string("/event-type/t"), R"({"description":"d"})"}})
        EXPECT_EQ(world.call(Method::put, path, body, stranger).status, 201) << path;
    EXPECT_EQ(world.call(Method::get, "/app/" + app).text("name"), "a");
    EXPECT_EQ(world.call(Method::get, "/app/a/endpoint/" + endpoint).status, 200);
    EXPECT_EQ(world.call(Method::get, "/event-type/t").status, 200);
}

TEST(NativeAccess, operational_endpoints) {
    World world;
    const std::string base = "/operational-webhook/endpoint";
    EXPECT_EQ(world.call(Method::get, base).body, R"({"data":[],"iterator":null,"done":true})");
    const Answer made =
        world.call(Method::post, base,
                   R"({"url":"http://h","uid":"o","filterTypes":["message.attempt.exhausted"]})");
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(world.call(Method::get, base + "/o").body, made.body);
    EXPECT_EQ(world.call(Method::get, base).json().at("data").as_array().size(), 1U);
    EXPECT_EQ(world.call(Method::get, base + "/o/secret").text("key").substr(0, 6), "whsec_");
    EXPECT_EQ(world.call(Method::post, base + "/o/secret/rotate", "{}").status, 204);
    EXPECT_EQ(world.call(Method::put, base + "/o/headers", R"({"headers":{"a":"b"}})").status, 204);
    EXPECT_EQ(world.call(Method::get, base + "/o/headers").body,
              R"({"headers":{"a":"b"},"sensitive":[]})");
    EXPECT_EQ(world.call(Method::put, base + "/o", R"({"url":"http://i","uid":"o"})").status, 200);
    EXPECT_EQ(world.call(Method::put, base + "/p", R"({"url":"http://i"})").status, 404);
    // It is the endpoint of an ordinary application in the management organization.
    const std::string manager = world.token("org_00000000000SvixManagement00");
    EXPECT_EQ(
        world.call(Method::get, "/app/" + world.organization + "/endpoint/o", "", manager).status,
        200);
    EXPECT_EQ(world.call(Method::delete_, base + "/o").status, 204);
    EXPECT_EQ(world.call(Method::get, base + "/o").status, 404);
}

}  // namespace
}  // namespace posthaste::test
