// Tokens of the application portal: what they are limited to, on every route, and how they are taken back.

#include <gtest/gtest.h>

#include <map>

#include "api/native/routes.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

class NativePortal : public testing::Test {
protected:
    NativePortal() {
        app = world.call(Method::post, "/app", R"({"name":"a","uid":"a"})").text("id");
        world.call(Method::post, "/app/a/endpoint", R"({"url":"http://h/","uid":"e"})");
        world.otherwise = answer(200, "ok");
        world.call(Method::post, "/app/a/msg", R"({"eventType":"t","payload":{},"eventId":"m"})");
    }
    std::string access(const std::string& body) {
        const Answer answer = world.call(Method::post, "/auth/app-portal-access/a", body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.text("token");
    }
    int status(const std::string& token) {
        return world.call(Method::get, "/app/a", "", token).status;
    }
    int expire(const std::string& body) {
        return world.call(Method::post, "/auth/app/a/expire-all", body).status;
    }

    World world;
    std::string app;
};

TEST_F(NativePortal, capabilities_say_what_a_token_may) {
    struct Row {
        Method method;
        const char* path;
        const char* body;
        const char* capability;  // null: ViewBase is enough
        const char* another = nullptr;
    };
    const std::vector<Row> rows = {
        {Method::get, "/app/a", "", nullptr},
        {Method::get, "/app/a/endpoint", "", nullptr},
        {Method::get, "/app/a/endpoint/e", "", nullptr},
        {Method::get, "/app/a/endpoint/e/headers", "", nullptr},
        {Method::get, "/app/a/endpoint/e/stats", "", nullptr},
        {Method::get, "/app/a/msg", "", nullptr},
        {Method::get, "/app/a/msg/m", "", nullptr},
        {Method::get, "/app/a/attempt/endpoint/e", "", nullptr},
        {Method::get, "/app/a/endpoint/e/secret", "", "ViewEndpointSecret", "ManageEndpointSecret"},
        {Method::post, "/app/a/endpoint/e/secret/rotate", "{}", "ManageEndpointSecret"},
        {Method::post, "/app/a/msg/m/endpoint/e/resend", "", "CreateAttempts"},
        {Method::post, "/app/a/endpoint/e/recover", R"({"since":"2026-01-02T00:00:00Z"})",
         "CreateAttempts"},
        {Method::post, "/app/a/endpoint/e/replay-missing", R"({"since":"2026-01-02T00:00:00Z"})",
         "CreateAttempts"},
        {Method::patch, "/app/a/endpoint/e", R"({"description":"d"})", "ManageEndpoint"},
        {Method::put, "/app/a/endpoint/e", R"({"url":"http://h/","uid":"e"})", "ManageEndpoint"},
        {Method::put, "/app/a/endpoint/e/headers", R"({"headers":{}})", "ManageEndpoint"},
        {Method::patch, "/app/a/endpoint/e/headers", R"({"headers":{}})", "ManageEndpoint"},
        {Method::post, "/app/a/endpoint", R"({"url":"http://i/"})", "ManageEndpoint"},
    };
    const std::vector<std::string> all = {"ViewEndpointSecret", "ManageEndpointSecret",
                                          "ManageTransformations", "CreateAttempts",
                                          "ManageEndpoint"};
    for (const std::string& capability : all) {
        const std::string token =
            access(R"({"capabilities":["ViewBase",")" + capability + R"("]})");
        for (const Row& row : rows) {
            SCOPED_TRACE(capability + " " + row.path);
            const std::string wanted = row.capability ? row.capability : capability;
            const bool is_secret = std::string_view(row.path).find("/secret") != std::string::npos;
            const bool may = wanted == capability || (row.another && row.another == capability) ||
                             (is_secret && capability == "ManageEndpoint");
            const Answer got = world.call(row.method, row.path, row.body, token);
            EXPECT_EQ(got.status == 403, !may) << got.body;
            EXPECT_TRUE(!may || got.status < 300) << got.body;
            world.advance(1ms);
        }
        EXPECT_EQ(world.call(Method::delete_, "/app/a/endpoint/none", "", token).status,
                  capability == "ManageEndpoint" ? 404 : 403);
    }
}

// Whatever the route: only those that look, or hand nothing out.
TEST_F(NativePortal, a_read_only_token_changes_nothing) {
    for (const char* body :
         {R"({"readOnly":true})",
          R"({"readOnly":true,"capabilities":["ViewBase","ManageEndpoint","CreateAttempts"]})"}) {
        const std::string token = access(body);
        std::size_t refused = 0;
        for (const ApiRoute& route : native::routes()) {
            if (route.access == Access::anyone) continue;
            std::string path(route.pattern);
            for (const auto& [param, value] :
                 std::map<std::string, std::string>{{"{app_id}", "a"},
                                                    {"{endpoint_id}", "e"},
                                                    {"{msg_id}", "m"},
                                                    {"{event_type_name}", "t"}})
                if (const std::size_t at = path.find(param); at != std::string::npos)
                    path.replace(at, param.size(), value);
            const int got =
                world.send(route.method, path, "{}", {{"Authorization", "Bearer " + token}}).status;
            EXPECT_TRUE(got == 403 || route.access == Access::read) << route.name << got;
            refused += got == 403 ? 1 : 0;
        }
        EXPECT_GT(refused, 30U);
        EXPECT_EQ(status(token), 200);
        EXPECT_EQ(world.call(Method::get, "/app/a/endpoint/e/secret", "", token).status, 403);
        // Nor does it through another API, which lets everybody in.
        EXPECT_EQ(world
                      .send(Method::post, "/subscriptions/", R"({"target_url":"http://h/"})",
                            {{"Authorization", "Bearer " + token}})
                      .status,
                  403);
    }
    const std::string seeing =
        access(R"({"readOnly":true,"capabilities":["ViewBase","ViewEndpointSecret"]})");
    EXPECT_EQ(world.call(Method::get, "/app/a/endpoint/e/secret", "", seeing).status, 200);
    EXPECT_EQ(world.call(Method::post, "/app/a/endpoint/e/secret/rotate", "{}", seeing).status,
              403);
    const std::string everything = access(R"({"readOnly":false,"capabilities":null})");
    EXPECT_EQ(world.call(Method::post, "/app/a/endpoint/e/secret/rotate", "{}", everything).status,
              204);
}

// A kept answer is for those that may ask.
TEST_F(NativePortal, a_read_only_token_gets_no_repeated_answer) {
    const auto make = [this](const std::string& token) {
        return world.send(Method::post, "/api/v1/app/a/endpoint", R"({"url":"http://h/"})",
                          {{"Authorization", "Bearer " + token}, {"Idempotency-Key", "k"}});
    };
    const Answer first = make(access("{}"));
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(make(access("{}")).body, first.body);
    EXPECT_EQ(make(access(R"({"readOnly":true})")).status, 403);
}

TEST_F(NativePortal, what_is_no_grant) {
    for (const char* body :
         {R"({"capabilities":["ManageEndpoint"]})", R"({"capabilities":[]})",
          R"({"capabilities":["ViewBase","Everything"]})", R"({"capabilities":"ViewBase"})",
          R"({"readOnly":"yes"})", R"({"sessionId":""})", R"({"sessionId":7})"})
        EXPECT_EQ(world.call(Method::post, "/auth/app-portal-access/a", body).status, 422) << body;
    for (const char* body : {R"({"expiry":-1})", R"({"expiry":604801})", R"({"sessionIds":[""]})",
                             R"({"sessionIds":"s"})", "[]"})
        EXPECT_EQ(expire(body), 422) << body;
    EXPECT_EQ(world.call(Method::post, "/auth/app/none/expire-all", "{}").status, 404);
    EXPECT_EQ(world.call(Method::post, "/auth/app/a/expire-all", "{}", access("{}")).status, 403);
}

TEST_F(NativePortal, logging_out) {
    const std::string first = access("{}");
    world.advance(1s);
    const std::string second = access("{}");
    const Answer out = world.call(Method::post, "/auth/logout", "", first);
    EXPECT_EQ(out.status, 204) << out.body;
    EXPECT_EQ(out.body, "");
    EXPECT_EQ(status(first), 401);
    EXPECT_EQ(status(second), 200);
    // It is known by nobody now, as are tokens of organizations here.
    EXPECT_EQ(world.call(Method::post, "/auth/logout", "", first).status, 501);
    EXPECT_EQ(world.call(Method::post, "/auth/logout").status, 501);
    EXPECT_EQ(world.post("/api/v1/auth/logout", "").status, 501);
    // The application itself did not change.
    const Answer seen = world.call(Method::get, "/app/a", "", second);
    EXPECT_EQ(seen.text("createdAt"), seen.text("updatedAt"));
}

TEST_F(NativePortal, expiring_all) {
    const std::string before = access("{}");
    const std::string of_session = access(R"({"sessionId":"s"})");
    EXPECT_EQ(expire(R"({"sessionIds":["s","t"]})"), 204);
    EXPECT_EQ(status(of_session), 401);
    EXPECT_EQ(status(before), 200);
    // In the same second: what is issued from now on is good, and counts as later.
    const std::string between = access(R"({"sessionId":"s"})");
    EXPECT_EQ(status(between), 200);
    EXPECT_EQ(expire(""), 204);
    EXPECT_EQ(status(before), 401);
    EXPECT_EQ(status(between), 401);
    const std::string after = access("{}");
    EXPECT_EQ(status(after), 200);
    EXPECT_EQ(expire(R"({"expiry":60})"), 204);
    EXPECT_EQ(status(after), 200);
    world.advance(60s);
    EXPECT_EQ(status(after), 401);
    EXPECT_EQ(status(access("{}")), 200);
    // Others of the organization are not concerned.
    world.call(Method::post, "/app", R"({"name":"b","uid":"b"})");
    EXPECT_EQ(world.call(Method::post, "/auth/app-portal-access/b", "{}").status, 200);
    EXPECT_EQ(world.call(Method::get, "/app/a").status, 200);
}

}  // namespace
}  // namespace posthaste::test
