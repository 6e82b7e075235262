// How the payloads of messages go: deleted one by one, many at once, or by their time.

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

// An application with an endpoint that wants everything.
class NativeContent : public testing::Test {
protected:
    void SetUp() override {
        app = world.call(Method::post, "/app", R"({"name":"App","uid":"app"})").text("id");
        endpoint =
            world.call(Method::post, "/app/app/endpoint", R"({"url":"http://receiver.test"})")
                .text("id");
    }

    Answer get(const std::string& path) { return world.call(Method::get, path); }
    std::string message(const std::string& members) {
        const Answer made = world.call(Method::post, "/app/app/msg",
                                       R"({"eventType":"a","payload":{})" + members + "}");
        if (made.status != 202) throw std::runtime_error(made.body);
        return made.text("id");
    }
    using Ids = std::vector<std::string>;
    static Ids ids(const Answer& list) {
        Ids result;
        const boost::json::value parsed = list.json();
        for (const auto& item : parsed.at("data").as_array())
            result.emplace_back(item.at("id").as_string());
        return result;
    }
    bool is_gone(const std::string& id) {
        const std::string body = get("/app/app/msg/" + id).body;
        return body.find(R"("payload":{"expired":true},)") != std::string::npos;
    }

    World world;
    std::string app;
    std::string endpoint;
};

TEST_F(NativeContent, OneIsExpunged) {
    const std::string id = message("");
    EXPECT_EQ(world.call(Method::delete_, "/app/app/msg/" + id + "/content").status, 204);
    EXPECT_TRUE(is_gone(id));
    EXPECT_NE(get("/app/app/msg").body.find(R"("payload":{"expired":true},)"), std::string::npos);
    const Answer resent =
        world.call(Method::post, "/app/app/msg/" + id + "/endpoint/" + endpoint + "/resend");
    EXPECT_EQ(resent.status, 400);
    EXPECT_EQ(resent.text("code"), "missing_payload");
}

TEST_F(NativeContent, WithoutItARetryIsCancelled) {
    world.otherwise = answer(500, "no");
    const std::string id = message("");
    world.call(Method::delete_, "/app/app/msg/" + id + "/content");
    world.advance(std::chrono::days(1));
    EXPECT_EQ(world.received.size(), 1U);
    const std::string path = "/app/app/endpoint/" + endpoint + "/msg";
    const std::string expanded = path + "?expanded_statuses=true";
    EXPECT_NE(get(path).body.find(R"("status":2,"statusText":"fail")"), std::string::npos);
    EXPECT_NE(get(expanded).body.find(R"("status":4,"statusText":"canceled")"), std::string::npos);
    EXPECT_EQ(ids(get(path + "?status=4")), Ids{id});
    EXPECT_EQ(ids(get(path + "?status=2")), Ids{id});
    EXPECT_EQ(ids(get(expanded + "&status=4")), Ids{id});
    EXPECT_EQ(ids(get(expanded + "&status=2")), Ids{});
    EXPECT_EQ(get(path + "?status=5").status, 400);
}

// One a second may leave: the others wait in memory.
TEST_F(NativeContent, WhatWaitsInMemoryIsCancelledToo) {
    world.call(Method::patch, "/app/app/endpoint/" + endpoint, R"({"throttleRate":1})");
    const auto post = [&](const std::string& payload) {
        return world
            .call(Method::post, "/app/app/msg", R"({"eventType":"a","payload":)" + payload + "}")
            .text("id");
    };
    post(R"({"n":1})");
    const std::string deleted = post(R"({"n":2})");
    post(R"({"n":3})");
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.call(Method::delete_, "/app/app/msg/" + deleted + "/content").status, 204);
    world.advance(10s);
    ASSERT_EQ(world.received.size(), 2U);
    EXPECT_EQ(world.received[1].body, R"({"n":3})");
    EXPECT_EQ(ids(get("/app/app/endpoint/" + endpoint + "/msg?status=4")), Ids{deleted});

    post(R"({"n":4})");
    const std::string last = post(R"({"n":5})");
    ASSERT_EQ(world.received.size(), 3U);
    world.call(Method::post, "/app/app/msg/expunge-all-contents");
    world.advance(10s);
    EXPECT_EQ(world.received.size(), 3U);
    EXPECT_TRUE(is_gone(last));
}

TEST_F(NativeContent, ManyAreExpunged) {
    const std::string first = message("");
    const std::string second = message(R"(,"eventId":"second")");
    const std::string third = message("");
    world.call(Method::post, "/app", R"({"name":"Other","uid":"other"})");
    const std::string path = "/app/app/msg/bulk-expunge";
    const auto expunge = [&](const std::string& body) {
        return world.call(Method::post, path, body);
    };
    const Answer done = expunge(R"({"ids":["second",")" + first + R"(","nobody","second"]})");
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(done.body, R"({"results":{"second":"expunged",")" + first +
                             R"(":"expunged","nobody":"not-found"}})");
    EXPECT_TRUE(is_gone(first));
    EXPECT_TRUE(is_gone(second));
    // Once more is no mistake; another application's is not there.
    EXPECT_EQ(expunge(R"({"ids":[")" + first + "\"]}").body,
              R"({"results":{")" + first + R"(":"expunged"}})");
    EXPECT_EQ(
        world.call(Method::post, "/app/other/msg/bulk-expunge", R"({"ids":[")" + third + "\"]}")
            .body,
        R"({"results":{")" + third + R"(":"not-found"}})");
    EXPECT_FALSE(is_gone(third));
    for (const char* nothing : {"", "{}", R"({"ids":[]})", R"({"ids":null})"})
        EXPECT_EQ(expunge(nothing).body, R"({"results":{}})") << nothing;
    std::string many = R"({"ids":["0")";
    for (int i = 1; i <= 250; ++i) many += ",\"" + std::to_string(i) + '"';
    EXPECT_EQ(expunge(many + "]}").status, 422);
    EXPECT_EQ(expunge(R"({"ids":"second"})").status, 422);
    world.reads_work = false;
    EXPECT_EQ(expunge(R"({"ids":[")" + third + "\"]}").status, 503);
    world.reads_work = true;
    const std::string portal = world.token(world.organization, app);
    EXPECT_EQ(world.call(Method::post, path, "{}", portal).status, 403);
}

TEST_F(NativeContent, ItExpires) {
    const std::pair<const char*, Duration> cases[] = {
        {R"(,"payloadRetentionPeriod":5)", std::chrono::days(5)},
        {R"(,"payloadRetentionHours":2)", 2h},
        {R"(,"payloadRetentionHours":2,"payloadRetentionPeriod":null)", 2h},
    };
    for (const auto& [members, life] : cases) {
        const std::string id = message(members);
        world.advance(life - 1s);
        EXPECT_NE(get("/app/app/msg/" + id).body.find(R"("payload":{},)"), std::string::npos);
        world.advance(1s);
        EXPECT_NE(get("/app/app/msg/" + id).body.find(R"("payload":{"expired":true},)"),
                  std::string::npos)
            << members;
    }
}

}  // namespace
}  // namespace posthaste::test
