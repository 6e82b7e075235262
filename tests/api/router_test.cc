// What the door answers itself, and the routes that belong to no single API.

#include <gtest/gtest.h>

#include "api/reply.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

TEST(Router, S1_07_health) {
    World world;
    const Answer up = world.get("/health");
    EXPECT_EQ(up.status, 200);
    EXPECT_EQ(up.body, R"({"status":"up","database":"healthy","redis":"not configured",)"
                       R"("timestamp":"2026-01-02T03:04:05.123456Z","version":"9.8.7"})");
    world.store_problem = "the disk is \"full\"";
    const Answer down = world.get("/health");
    EXPECT_EQ(down.status, 503);
    EXPECT_EQ(down.body, R"({"status":"down","database":"unhealthy: the disk is \"full\"",)"
                         R"("redis":"not configured","timestamp":"2026-01-02T03:04:05.123456Z",)"
                         R"("version":"9.8.7"})");
    EXPECT_EQ(world.get("/health/worker").text("status"), "unhealthy");
}

TEST(Router, root_by_accept) {
    World world;
    for (const char* accept : {"", "*/*", "application/json"}) {
        const Answer banner = world.send(Method::get, "/", {}, {{"Accept", accept}});
        EXPECT_EQ(banner.status, 200);
        EXPECT_EQ(banner.body, R"({"message":"Welcome to Webhook Delivery Service"})");
    }
    const Answer page =
        world.send(Method::get, "/", {}, {{"accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_NE(page.body.find("<title>posthaste</title>"), std::string::npos);
    EXPECT_NE(page.headers.find("vary: Accept\r\n"), std::string::npos);
}

TEST(Router, metrics_are_text) {
    World world;
    const Answer page = world.get("/metrics");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.content_type.starts_with("text/plain; version=0.0.4"));
    EXPECT_EQ(page.body, "posthaste_up 1\n");
}

TEST(Router, every_answer_carries_cors_headers) {
    World world;
    for (const char* target :
         {"/", "/health", "/nowhere", "/metrics", "/subscriptions/x", "/subscriptions?limit=x"})
        EXPECT_TRUE(world.get(target).headers.starts_with(kCorsHeaders)) << target;
    EXPECT_TRUE(world.post("/webhooks/ingest/x", "").headers.starts_with(kCorsHeaders));
    EXPECT_TRUE(world.remove("/health").headers.starts_with(kCorsHeaders));
    EXPECT_TRUE(world.api().refuse(413, "Too large.").headers.starts_with(kCorsHeaders));
}

TEST(Router, preflight) {
    World world;
    const Answer allowed = world.send(Method::options, "/subscriptions/", {},
                                      {{"Origin", "http://o"},
                                       {"Access-Control-Request-Method", "PUT"},
                                       {"Access-Control-Request-Headers", "content-type, x-a"}});
    EXPECT_EQ(allowed.status, 200);
    EXPECT_EQ(allowed.body, "OK");
    EXPECT_EQ(allowed.headers,
              std::string(kCorsHeaders) +
                  "access-control-allow-methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n"
                  "access-control-max-age: 600\r\n"
                  "access-control-allow-headers: content-type, x-a\r\n");
    const Answer odd = world.send(Method::options, "/subscriptions/", {},
                                  {{"Origin", "http://o"},
                                   {"Access-Control-Request-Method", "PUT"},
                                   {"Access-Control-Request-Headers", "x\r\nevil: 1"}});
    EXPECT_EQ(odd.status, 200);
    EXPECT_EQ(odd.headers.find("evil"), std::string::npos);
}

TEST(Router, options_without_origin_names_the_methods) {
    World world;
    const Answer known = world.send(Method::options, "/subscriptions");
    EXPECT_EQ(known.status, 200);
    EXPECT_NE(known.headers.find("allow: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos);
    EXPECT_EQ(world.send(Method::options, "/nowhere").status, 404);
}

TEST(Router, head_goes_where_get_goes) {
    World world;
    for (const char* target : {"/", "/health", "/subscriptions/", "/metrics"}) {
        const Answer head = world.send(Method::head, target);
        EXPECT_EQ(head.status, 200) << target;
        EXPECT_EQ(head.body, world.get(target).body);
    }
    EXPECT_EQ(world.send(Method::head, "/webhooks/ingest/x").status, 405);
}

TEST(Router, S1_02_both_spellings_of_a_path_answer_directly) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    for (const std::string& path : {std::string("/subscriptions"), "/subscriptions/" + id,
                                    "/status/subscription/" + id, std::string("/health")})
        EXPECT_EQ(world.get(path).body, world.get(path + "/").body) << path;
    EXPECT_EQ(world.post("/webhooks/ingest/" + id + "/", "{}").status, 202);
    EXPECT_EQ(world.post("/subscriptions", R"({"target_url":"http://h"})").status, 200);
}

TEST(Router, percent_encoded_literals_match) {
    World world;
    EXPECT_EQ(world.get("/%68ealth").status, 200);
    EXPECT_EQ(world.get("/heal%74h").status, 200);
    EXPECT_EQ(world.get("/healt%6").status, 404);
}

TEST(Router, refusals_of_the_server_have_the_same_form) {
    World world;
    const HttpResponse refused = world.api().refuse(413, "The body is larger than \"1 MiB\".");
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.body,
              R"({"code":"payload_too_large","detail":"The body is larger than \"1 MiB\"."})");
    EXPECT_TRUE(refused.close);
}

TEST(Router, management_bodies_are_bounded_and_ingest_bodies_are_not) {
    World world;
    world.settings.management_body_max = 100;
    const std::string padding(100, ' ');
    const Answer refused = world.post("/subscriptions/", R"({"target_url":"http://h"})" + padding);
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.body, R"({"detail":"The request's body is too large."})");
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    EXPECT_EQ(world.post("/webhooks/ingest/" + id, "{}" + padding).status, 202);
}

TEST(Router, an_overloaded_engine_is_503) {
    EngineLimits limits;
    limits.unanswered_bytes_max = 1000;
    World world(limits);
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    // One request alone is always let in; what comes before it is answered is not.
    const auto [first, second] =
        world.post_two("/webhooks/ingest/" + id, R"({"a":")" + std::string(990, 'x') + "\"}");
    EXPECT_EQ(first.status, 202);
    EXPECT_EQ(second.status, 503);
    EXPECT_NE(second.headers.find("retry-after: 1\r\n"), std::string::npos);
    EXPECT_FALSE(second.close);
    EXPECT_EQ(world.post("/webhooks/ingest/" + id, "{}").status, 202);
}

}  // namespace
}  // namespace posthaste::test
