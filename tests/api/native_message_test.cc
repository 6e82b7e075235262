// Messages over the wire: the wire contract's rows 28 to 31, 36, 37 and 21, and what their traps are.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

// An application with an endpoint that wants everything, made below the API that makes endpoints.
class NativeMessages : public testing::Test {
protected:
    void SetUp() override {
        app = world.call(Method::post, "/app", R"({"name":"App","uid":"app"})").text("id");
        endpoint = make_endpoint(R"({"url":"http://receiver.test/all"})");
    }

    std::string make_endpoint(const std::string& body) {
        const Answer made = world.call(Method::post, "/app/app/endpoint", body);
        if (made.status != 201) throw std::runtime_error(made.body);
        return made.text("id");
    }
    Answer post(const std::string& body, const std::string& query = {}) {
        return world.call(Method::post, "/app/app/msg" + query, body);
    }
    Answer get(const std::string& path) { return world.call(Method::get, path); }
    Answer post_keyed(const std::string& key, const std::string& body) {
        return world.send(Method::post, "/api/v1/app/app/msg", body, keyed(key));
    }
    World::Headers keyed(const std::string& key) {
        return {{"Authorization", "Bearer " + world.token(world.organization)},
                {"Idempotency-Key", key}};
    }
    std::string message(const std::string& members) {
        const Answer made = post(R"({"eventType":"user.signup","payload":{})" + members + "}");
        if (made.status != 202) throw std::runtime_error(made.body);
        return made.text("id");
    }
    static std::vector<std::string> ids(const Answer& list) {
        std::vector<std::string> result;
        const boost::json::value parsed = list.json();
        for (const auto& item : parsed.as_object().at("data").as_array())
            result.emplace_back(item.as_object().at("id").as_string());
        return result;
    }
    using Ids = std::vector<std::string>;

    World world;
    std::string app;
    std::string endpoint;
};

TEST_F(NativeMessages, OneIsCreatedShownAndDelivered) {
    const Answer made = post(
        R"({"eventType":"user.signup","payload":{"b":[1,{"d":0,"c":1.50}],"a":"\u00e9"},)"
        R"("eventId":"evt-1","channels":["one","two","one"],"tags":["vip","two words","vip"]})");
    ASSERT_EQ(made.status, 202) << made.body;
    const std::string id = made.text("id");
    EXPECT_TRUE(id.starts_with("msg_")) << id;
    EXPECT_EQ(id.size(), 31U);
    const std::string body =
        "{\"eventId\":\"evt-1\",\"eventType\":\"user.signup\",\"payload\":{\"a\":\"\xc3\xa9\","
        "\"b\":[1,{\"c\":1.50,\"d\":0}]},\"channels\":[\"one\",\"two\"],\"tags\":[\"vip\",\"two "
        "words\"],\"id\":\"" +
        id + "\",\"timestamp\":\"2026-01-02T03:04:05.123456Z\"}";
    EXPECT_EQ(made.body, body);
    EXPECT_EQ(get("/app/app/msg/" + id).body, body);
    EXPECT_EQ(get("/app/" + app + "/msg/evt-1").body, body);
    EXPECT_EQ(get("/app/app/msg").body, "{\"data\":[" + body + "],\"iterator\":\"" + id +
                                            "\",\"prevIterator\":\"-" + id + "\",\"done\":true}");
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].body, R"({"b":[1,{"d":0,"c":1.50}],"a":"\u00e9"})");
}

TEST_F(NativeMessages, ContentIsLeftOutOnDemand) {
    const Answer made = post(R"({"eventType":"a","payload":{"x":1}})", "?with_content=false");
    EXPECT_EQ(made.status, 202);
    EXPECT_NE(made.body.find(R"("payload":{},)"), std::string::npos) << made.body;
    const std::string path = "/app/app/msg/" + made.text("id");
    EXPECT_NE(get(path + "?with_content=false").body.find(R"("payload":{},)"), std::string::npos);
    EXPECT_NE(get("/app/app/msg?with_content=false").body.find(R"("payload":{},)"),
              std::string::npos);
    EXPECT_NE(get(path).body.find(R"("payload":{"x":1},)"), std::string::npos);
}

// What arrives is what was sent, to the byte, whatever JSON makes of it.
TEST_F(NativeMessages, PayloadsAreDeliveredAsTheyCame) {
    struct Row {
        std::string payload;
        std::string shown;
    };
    const Row rows[] = {
        {R"({ "a" :	1 })", R"({"a":1})"},
        {R"({"n":12345678901234567890123456789012345678901234567890})",
         R"({"n":12345678901234567890123456789012345678901234567890})"},
        {R"({"n":1e400,"m":-0.0,"k":1.0E+2})", R"({"k":1.0E+2,"m":-0.0,"n":1e400})"},
        {"{\"\xf0\x9f\x98\x80\":\"\\ud83d\\ude00\",\"a\\/b\":\"\\u0000\"}",
         "{\"a/b\":\"\\u0000\",\"\xf0\x9f\x98\x80\":\"\xf0\x9f\x98\x80\"}"},
        {R"({"a":1,"a":2})", R"({"a":2})"},
        {"{}", "{}"},
        {"{\"text\":\"" + std::string(100'000, 'x') + "\"}",
         "{\"text\":\"" + std::string(100'000, 'x') + "\"}"},
    };
    for (const Row& row : rows) {
        world.received.clear();
        const Answer made = post(R"({"eventType":"a","payload":)" + row.payload + "}");
        ASSERT_EQ(made.status, 202) << made.body;
        EXPECT_NE(made.body.find("\"payload\":" + row.shown + ",\"channels\":null"),
                  std::string::npos)
            << made.body.substr(0, 300);
        ASSERT_EQ(world.received.size(), 1U);
        EXPECT_EQ(world.received[0].body, row.payload);
    }
}

TEST_F(NativeMessages, RawPayloadIsDeliveredInstead) {
    const Answer made =
        post(R"({"eventType":"a","payload":{},)"
             R"("transformationsParams":{"rawPayload":"not\n{json}","headers":{}}})");
    ASSERT_EQ(made.status, 202) << made.body;
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].body, "not\n{json}");
}

TEST_F(NativeMessages, DataIsAnotherNameOfPayload) {
    ASSERT_EQ(post(R"({"eventType":"a","data":{"x":1}})").status, 202);
    EXPECT_EQ(world.received.at(0).body, R"({"x":1})");
}

TEST_F(NativeMessages, WhatIsWrongIsSaid) {
    struct Row {
        std::string body;
        std::string part;  // of the answer
    };
    const std::string start = R"({"eventType":"a","payload":{},)";
    const Row rows[] = {
        {"", "value_error.jsondecode"},
        {"null", "value_error.jsondecode"},
        {"{", "value_error.jsondecode"},
        {R"({"payload":{}})", "missing field `eventType`"},
        {R"({"eventType":"a"})", "missing field `payload`"},
        {R"({"eventType":"","payload":{}})", "event_type"},
        {R"({"eventType":"a b","payload":{}})", "event_type"},
        {R"({"eventType":7,"payload":{}})", "value_error.jsondecode"},
        {R"({"eventType":"a","payload":[]})", "value_error.jsondecode"},
        {R"({"eventType":"a","payload":null})", "payload"},
        {R"({"eventType":"a","payload":"{}"})", "value_error.jsondecode"},
        {R"({"eventType":"a","payload":{},"payload":{}})", "duplicate field"},
        {start + R"("eventId":"msg_x"})", "uid"},
        {start + R"("eventId":"a/b"})", "uid"},
        {start + R"("channels":[]})", "channels"},
        {start + R"("channels":["1","2","3","4","5","6"]})", "channels"},
        {start + R"("channels":["a b"]})", "channels"},
        {start + R"("payloadRetentionPeriod":4})", "payload_retention_period"},
        {start + R"("payloadRetentionPeriod":91})", "payload_retention_period"},
        {start + R"("transformationsParams":{"rawPayload":1}})", "rawPayload"},
    };
    for (const Row& row : rows) {
        const Answer refused = post(row.body);
        EXPECT_EQ(refused.status, 422) << row.body << " " << refused.body;
        EXPECT_TRUE(refused.body.starts_with(R"({"detail":[{"loc":["body")")) << refused.body;
        EXPECT_NE(refused.body.find(row.part), std::string::npos) << row.body << refused.body;
    }
    EXPECT_EQ(ids(get("/app/app/msg")), Ids{});
    EXPECT_EQ(post(R"({"eventType":"a","payload":{}})", "?with_content=yes").status, 400);
    EXPECT_EQ(world.call(Method::post, "/app/app/msg", std::string((2u << 20) + 1, ' ')).status,
              413);
}

// The body says whether the application is to be made, so it is read before the application is looked for.
TEST_F(NativeMessages, ABadBodyIsSaidBeforeAMissingApplication) {
    const auto post_to = [&](const std::string& name, const std::string& body) {
        return world.call(Method::post, "/app/" + name + "/msg", body).status;
    };
    for (const char* bad : {"", "{", "{}", R"({"eventType":"a","payload":1})"}) {
        EXPECT_EQ(post_to("nobody", bad), 422) << bad;
        EXPECT_EQ(post_to("app", bad), 422) << bad;
    }
    EXPECT_EQ(post_to("nobody", R"({"eventType":"a","payload":{}})"), 404);
    // Nobody learns that way which applications another organization has.
    const std::string stranger = world.token("org_somebody_else");
    EXPECT_EQ(world.call(Method::post, "/app/app/msg", "{}", stranger).status, 422);
    EXPECT_EQ(world.call(Method::post, "/app/nobody/msg", "{}", stranger).status, 422);
}

TEST_F(NativeMessages, NullsAreAsGoodAsNothing) {
    const Answer made = post(R"({"eventType":"a","payload":{},"eventId":null,"channels":null,)"
                             R"("application":null,"transformationsParams":null})");
    EXPECT_EQ(made.status, 202) << made.body;
}

TEST_F(NativeMessages, AnEventIdIsTakenForEver) {
    const std::string first = message(R"(,"eventId":"once")");
    const Answer again = post(R"({"eventType":"b","payload":{"other":1},"eventId":"once"})");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.body, R"({"code":"conflict","detail":"A conflict has occurred"})");
    EXPECT_EQ(get("/app/app/msg/once").text("id"), first);
    // In another application it is free.
    ASSERT_EQ(world.call(Method::post, "/app", R"({"name":"Other","uid":"other"})").status, 201);
    EXPECT_EQ(world
                  .call(Method::post, "/app/other/msg",
                        R"({"eventType":"b","payload":{},"eventId":"once"})")
                  .status,
              202);
}

TEST_F(NativeMessages, ARepeatIsAnsweredLikeTheFirst) {
    const Answer first = post_keyed("k1", R"({"eventType":"a","payload":{"n":1},"eventId":"e"})");
    ASSERT_EQ(first.status, 202) << first.body;
    world.advance(1h);
    // The body does not count, not even a name that is taken.
    for (const char* body : {R"({"eventType":"a","payload":{"n":1},"eventId":"e"})",
                             R"({"eventType":"b","payload":{"n":2}})"}) {
        const Answer again = post_keyed("k1", body);
        EXPECT_EQ(again.status, 202);
        EXPECT_EQ(again.body, first.body);
    }
    EXPECT_EQ(world.received.size(), 1U);
    // Another key, another target, no key: other requests.
    EXPECT_NE(post_keyed("k2", R"({"eventType":"a","payload":{}})").text("id"), first.text("id"));
    EXPECT_NE(world
                  .send(Method::post, "/api/v1/app/app/msg?with_content=true",
                        R"({"eventType":"a","payload":{}})", keyed("k1"))
                  .text("id"),
              first.text("id"));
    EXPECT_NE(message(""), first.text("id"));
    // A refusal is not kept.
    EXPECT_EQ(post_keyed("k3", R"({"eventType":"a"})").status, 422);
    EXPECT_EQ(post_keyed("k3", R"({"eventType":"a","payload":{}})").status, 202);
    // After twelve hours the key is free again.
    world.advance(12h);
    EXPECT_NE(post_keyed("k1", R"({"eventType":"a","payload":{}})").text("id"), first.text("id"));
}

TEST_F(NativeMessages, RepeatsAtTheSameTimeMakeOneMessage) {
    const auto [first, second] =
        world.post_two("/api/v1/app/app/msg", R"({"eventType":"a","payload":{}})", keyed("k"));
    EXPECT_EQ(first.status, 202);
    EXPECT_EQ(second.status, 202);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(world.received.size(), 1U);
    EXPECT_EQ(ids(get("/app/app/msg")), Ids{first.text("id")});
}

TEST_F(NativeMessages, AnApplicationIsMadeOnTheWay) {
    const std::string with_uid = R"({"eventType":"a","payload":{},"application":{"name":"New",)";
    EXPECT_EQ(world.call(Method::post, "/app/new/msg", R"({"eventType":"a","payload":{}})").status,
              404);
    EXPECT_EQ(world.call(Method::post, "/app/new/msg", with_uid + R"("uid":"else"}})").status, 422);
    EXPECT_EQ(world.call(Method::post, "/app/new/msg", with_uid + R"("metadata":{}}})").status,
              422);
    EXPECT_EQ(world.call(Method::post, "/app/new/msg", with_uid + R"("uid":"new"}})").status, 202);
    EXPECT_EQ(get("/app/new").text("name"), "New");
    EXPECT_EQ(ids(get("/app/new/msg")).size(), 1U);
    // It is there now: the member is ignored.
    EXPECT_EQ(world.call(Method::post, "/app/new/msg", with_uid + R"("uid":"else"}})").status, 202);
}

TEST_F(NativeMessages, MessagesMadeInSequenceAreInOrder) {
    Ids made;
    for (int i = 0; i < 40; ++i) made.push_back(message(""));
    EXPECT_TRUE(std::is_sorted(made.begin(), made.end()));
    std::reverse(made.begin(), made.end());
    EXPECT_EQ(ids(get("/app/app/msg")), made);
}

TEST_F(NativeMessages, ListsGoBothWays) {
    Ids made;
    for (int i = 0; i < 5; ++i) {
        made.insert(made.begin(), message(""));
        world.advance(1s);
    }
    const Answer first = get("/app/app/msg?limit=2");
    EXPECT_EQ(ids(first), (Ids{made[0], made[1]}));
    EXPECT_EQ(first.text("iterator"), made[1]);
    EXPECT_EQ(first.text("prevIterator"), "-" + made[0]);
    EXPECT_FALSE(first.json().as_object().at("done").as_bool());
    const Answer second = get("/app/app/msg?limit=2&iterator=" + made[1]);
    EXPECT_EQ(ids(second), (Ids{made[2], made[3]}));
    const Answer last = get("/app/app/msg?limit=2&iterator=" + made[3]);
    EXPECT_EQ(ids(last), Ids{made[4]});
    EXPECT_TRUE(last.json().as_object().at("done").as_bool());
    const Answer empty = get("/app/app/msg?limit=2&iterator=" + made[4]);
    EXPECT_EQ(empty.body, R"({"data":[],"iterator":null,"done":true})");
    // Backwards the page keeps its order, and `done` means the other end.
    const Answer back = get("/app/app/msg?limit=2&iterator=-" + made[3]);
    EXPECT_EQ(ids(back), (Ids{made[1], made[2]}));
    EXPECT_FALSE(back.json().as_object().at("done").as_bool());
    const Answer front = get("/app/app/msg?limit=2&iterator=-" + made[1]);
    EXPECT_EQ(ids(front), Ids{made[0]});
    EXPECT_TRUE(front.json().as_object().at("done").as_bool());
}

TEST_F(NativeMessages, WindowsFollowIds) {
    // At 03:04:05.123456, and a second later each.
    Ids made;
    for (int i = 0; i < 4; ++i) {
        made.push_back(message(""));
        world.advance(1s);
    }
    const std::string second = "2026-01-02T03:04:06.123456Z";
    const std::string third = "2026-01-02%2003:04:07.123456789%20UTC";
    // `after` takes in the time's own slot, `before` does not.
    EXPECT_EQ(ids(get("/app/app/msg?after=" + second)), (Ids{made[3], made[2], made[1]}));
    EXPECT_EQ(ids(get("/app/app/msg?before=" + second)), Ids{made[0]});
    EXPECT_EQ(ids(get("/app/app/msg?after=" + second + "&before=" + third)), Ids{made[1]});
    // `after` alone begins with the oldest, newest first all the same; the way on leads to the newer ones.
    const Answer oldest = get("/app/app/msg?limit=2&after=" + second);
    EXPECT_EQ(ids(oldest), (Ids{made[2], made[1]}));
    EXPECT_FALSE(oldest.json().as_object().at("done").as_bool());
    EXPECT_EQ(ids(get("/app/app/msg?limit=2&after=" + second + "&iterator=-" + made[2])),
              Ids{made[3]});
    EXPECT_EQ(ids(get("/app/app/msg?limit=2&after=" + second + "&iterator=" + made[3])),
              (Ids{made[2], made[1]}));
    // Without a bound only 90 days are searched, with one the 90 days on its other side.
    world.advance(std::chrono::days(91));
    EXPECT_EQ(ids(get("/app/app/msg")), Ids{});
    EXPECT_EQ(ids(get("/app/app/msg?after=" + second)).size(), 3U);
    EXPECT_EQ(ids(get("/app/app/msg?before=" + third)).size(), 2U);
    EXPECT_EQ(ids(get("/app/app/msg?before=2026-04-02T03:04:00Z")).size(), 4U);
    EXPECT_EQ(ids(get("/app/app/msg?before=2026-04-03T03:04:00Z")).size(), 0U);
    EXPECT_EQ(ids(get("/app/app/msg?after=2025-10-01T03:04:00Z")).size(), 0U);
    EXPECT_EQ(get("/app/app/msg?before=yesterday").status, 400);
}

TEST_F(NativeMessages, ListsAreNarrowed) {
    const std::string a =
        post(R"({"eventType":"a","payload":{},"channels":["x"],"tags":["t","u v"]})").text("id");
    const std::string b = post(R"({"eventType":"b","payload":{},"channels":["x","y"]})").text("id");
    const std::string c = post(R"({"eventType":"c","payload":{}})").text("id");
    EXPECT_EQ(ids(get("/app/app/msg?channel=x")), (Ids{b, a}));
    EXPECT_EQ(ids(get("/app/app/msg?channel=y")), Ids{b});
    EXPECT_EQ(ids(get("/app/app/msg?event_types=a")), Ids{a});
    for (const std::string& path :
         Ids{"/app/app/msg?", "/app/app/endpoint/" + endpoint + "/msg?"}) {
        EXPECT_EQ(ids(get(path + "tag=t")), Ids{a}) << path;
        EXPECT_EQ(ids(get(path + "tag=u%20v")), Ids{a}) << path;
        EXPECT_EQ(ids(get(path + "tag=u")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "tag=t&channel=y")), Ids{}) << path;
    }
    for (const char* query :
         {"event_types=a,c", "event_types=a%2Cc", "event_types=a&event_types=c",
          "event_types[]=a&event_types[]=c", "event_types[0]=a&event_types[1]=c"})
        EXPECT_EQ(ids(get(std::string("/app/app/msg?") + query)), (Ids{c, a})) << query;
    EXPECT_EQ(get("/app/app/msg?limit=300").status, 422);
    EXPECT_EQ(get("/app/app/msg?limit=x").status, 400);
    EXPECT_EQ(get("/app/app/msg?iterator=ep_2ZkPNdBrWLR4oJpVNxEOyJiLN2e").status, 422);
    EXPECT_EQ(get("/app/app/msg?iterator=msg_%21").status, 422);
}

TEST_F(NativeMessages, OnlyThoseWhoWantItGetIt) {
    make_endpoint(R"({"url":"http://receiver.test/x","channels":["x"]})");
    make_endpoint(R"({"url":"http://receiver.test/off","disabled":true})");
    message("");
    EXPECT_EQ(world.received.size(), 1U);
    message(R"(,"channels":["x"])");
    EXPECT_EQ(world.received.size(), 3U);
    message(R"(,"channels":["y"])");
    EXPECT_EQ(world.received.size(), 4U);
    const Answer one =
        world.call(Method::post, "/app/app/msg/precheck/active", R"({"eventType":"any"})");
    EXPECT_EQ(one.status, 200);
    EXPECT_EQ(one.body, R"({"active":true})");
    ASSERT_EQ(world.call(Method::delete_, "/app/app/endpoint/" + endpoint).status, 204);
    const std::string in_channel = R"({"eventType":"any","channels":["x"]})";
    EXPECT_EQ(world.call(Method::post, "/app/app/msg/precheck/active", in_channel).body,
              R"({"active":true})");
    EXPECT_EQ(
        world.call(Method::post, "/app/app/msg/precheck/active", R"({"eventType":"any"})").body,
        R"({"active":false})");
}

TEST_F(NativeMessages, PayloadsAreCheckedWhereTheirTypeSaysSo) {
    const std::string type = R"(,"description":"","schemas":{"1":{"type":"object",)"
                             R"("properties":{"a":{"properties":{"b":{"type":"string"}}}}}}})";
    for (const char* mode : {"off", "warn", "reject"}) {
        const std::string name = std::string("type.") + mode;
        const Answer made =
            world.call(Method::post, "/event-type",
                       R"({"name":")" + name + R"(","payloadValidation":")" + mode + "\"" + type);
        ASSERT_EQ(made.status, 201) << made.body;
    }
    const auto send = [this](const std::string& name, const std::string& payload) {
        return post(R"({"eventType":"type.)" + name + R"(","payload":)" + payload + "}");
    };
    const std::string good = R"({"a":{"b":"text"}})";
    const std::string bad = R"({"a":{"b":7}})";
    for (const char* mode : {"off", "warn", "reject"}) {
        const Answer answer = send(mode, good);
        EXPECT_EQ(answer.status, 202) << answer.body;
        EXPECT_EQ(answer.headers.find("warning:"), std::string::npos);
    }
    EXPECT_EQ(send("off", bad).status, 202);
    const Answer warned = send("warn", bad);
    EXPECT_EQ(warned.status, 202);
    EXPECT_NE(warned.headers.find("warning: 299 - \"The payload of msg_"), std::string::npos);
    EXPECT_NE(warned.headers.find("/a/b"), std::string::npos) << warned.headers;
    world.received.clear();
    const Answer refused = send("reject", bad);
    EXPECT_EQ(refused.status, 422);
    EXPECT_TRUE(refused.body.starts_with(R"({"detail":[{"loc":["body","payload","a","b"],"msg":")"))
        << refused.body;
    EXPECT_TRUE(world.received.empty());
}

// Large payloads, which are read another way, reach filters as small ones do.
TEST_F(NativeMessages, FiltersSeePayloadsOfAnySize) {
    ASSERT_EQ(world.call(Method::delete_, "/app/app/endpoint/" + endpoint).status, 204);
    make_endpoint(R"({"url":"http://receiver.test/f","filter":{"kind":"wanted"}})");
    for (const std::size_t size : {std::size_t{10}, std::size_t{200'000}}) {
        const std::string rest = R"(","text":")" + std::string(size, 'x') + R"("}})";
        world.received.clear();
        EXPECT_EQ(post(R"({"eventType":"a","payload":{"kind":"other)" + rest).status, 202);
        EXPECT_TRUE(world.received.empty());
        EXPECT_EQ(post(R"({"eventType":"a","payload":{"kind":"wanted)" + rest).status, 202);
        EXPECT_EQ(world.received.size(), 1U);
    }
}

TEST_F(NativeMessages, DestinationsAndTheirStates) {
    world.otherwise = answer(500, "no");
    const std::string failing = message("");
    const std::string of_message = "/app/app/msg/" + failing + "/endpoint";
    const std::string of_endpoint = "/app/app/endpoint/" + endpoint + "/msg";
    const Answer sending = get(of_message);
    EXPECT_EQ(sending.status, 200);
    const std::string shown =
        R"({"data":[{"id":")" + endpoint +
        R"(","url":"http://receiver.test/all","description":"","uid":null,"rateLimit":null,)"
        R"("throttleRate":null,"version":1,"disabled":false,"eventTypes":null,"filterTypes":null,)"
        R"("channels":null,"createdAt":"2026-01-02T03:04:05.123456Z",)"
        R"("updatedAt":"2026-01-02T03:04:05.123456Z","status":3,"statusText":"sending",)"
        R"("nextAttempt":"2026-01-02T03:04:)";
    EXPECT_TRUE(sending.body.starts_with(shown)) << sending.body;
    EXPECT_TRUE(sending.body.ends_with(R"(,"done":true})")) << sending.body;
    EXPECT_EQ(ids(get(of_endpoint + "?status=3")), Ids{failing});
    EXPECT_EQ(ids(get(of_endpoint + "?status=0")), Ids{});
    EXPECT_EQ(ids(get(of_endpoint + "?status=1")), Ids{});
    const Answer listed = get(of_endpoint);
    EXPECT_NE(listed.body.find(R"(,"status":3,"statusText":"sending","nextAttempt":"2026)"),
              std::string::npos)
        << listed.body;

    world.otherwise = answer(200, "yes");
    world.advance(10s);
    EXPECT_NE(get(of_message).body.find(R"("status":0,"statusText":"success","nextAttempt":null})"),
              std::string::npos);
    EXPECT_EQ(ids(get(of_endpoint + "?status=0")), Ids{failing});
    EXPECT_EQ(ids(get(of_endpoint + "?status=3")), Ids{});
    EXPECT_NE(get(of_endpoint).body.find(R"(,"status":0,"statusText":"success"})"),
              std::string::npos);

    world.otherwise = answer(500, "no");
    const std::string dead = message("");
    world.advance(std::chrono::days(3));
    EXPECT_EQ(ids(get(of_endpoint + "?status=2")), Ids{dead});
    EXPECT_NE(get("/app/app/msg/" + dead + "/endpoint")
                  .body.find(R"("status":2,"statusText":"fail","nextAttempt":null})"),
              std::string::npos);
    // A deleted endpoint is still where it was sent.
    ASSERT_EQ(world.call(Method::delete_, "/app/app/endpoint/" + endpoint).status, 204);
    EXPECT_EQ(ids(get("/app/app/msg/" + dead + "/endpoint")), Ids{endpoint});
    EXPECT_EQ(get(of_endpoint).status, 404);
}

TEST_F(NativeMessages, Resending) {
    const std::string id = message("");
    ASSERT_EQ(world.received.size(), 1U);
    const std::string path = "/app/app/msg/" + id + "/endpoint/" + endpoint + "/resend";
    const Answer resent = world.call(Method::post, path);
    EXPECT_EQ(resent.status, 202);
    EXPECT_EQ(resent.body, "{}");
    world.advance(1s);
    ASSERT_EQ(world.received.size(), 2U);
    EXPECT_EQ(world.received[0].header("webhook-id"), world.received[1].header("webhook-id"));
    const Answer attempts = get("/app/app/attempt/msg/" + id);
    EXPECT_NE(attempts.body.find(R"("triggerType":1)"), std::string::npos) << attempts.body;
    EXPECT_NE(attempts.body.find(R"("triggerType":0)"), std::string::npos) << attempts.body;
    // To an endpoint that came later and would not have wanted it.
    const std::string late =
        make_endpoint(R"({"url":"http://receiver.test/late","channels":["other"]})");
    const std::string to_late = "/app/app/msg/" + id + "/endpoint/" + late + "/resend";
    EXPECT_EQ(world.call(Method::post, to_late).status, 202);
    world.advance(1s);
    EXPECT_EQ(world.received.size(), 3U);
    EXPECT_EQ(ids(get("/app/app/msg/" + id + "/endpoint")), (Ids{endpoint, late}));
}

TEST_F(NativeMessages, StrangersSeeNothing) {
    const std::string id = message("");
    const std::string stranger = world.token("org_stranger");
    const std::string other_app = world.call(Method::post, "/app", R"({"name":"B"})").text("id");
    const std::string of_other = world.token(world.organization, other_app);
    const std::string of_app = world.token(world.organization, app);
    const std::string msg = "/app/app/msg/" + id;
    const Ids paths = {"/app/app/msg",
                       msg,
                       msg + "/endpoint",
                       msg + "/attempt",
                       "/app/app/attempt/msg/" + id,
                       "/app/app/attempt/endpoint/" + endpoint,
                       "/app/app/endpoint/" + endpoint + "/msg",
                       "/app/app/endpoint/" + endpoint + "/stats"};
    for (const std::string& path : paths) {
        EXPECT_EQ(world.call(Method::get, path, "", stranger).status, 404) << path;
        EXPECT_EQ(world.call(Method::get, path, "", of_other).status, 404) << path;
        EXPECT_EQ(world.call(Method::get, path, "", of_app).status, 200) << path;
        EXPECT_EQ(world.call(Method::get, path, "", "nonsense").status, 401) << path;
    }
    EXPECT_EQ(get("/app/" + other_app + "/msg/" + id).status, 404);
    // What only organizations may do.
    const std::string body = R"({"eventType":"a","payload":{}})";
    EXPECT_EQ(world.call(Method::post, "/app/app/msg", body, of_app).status, 403);
    EXPECT_EQ(world.call(Method::post, "/app/app/msg", body, stranger).status, 404);
    EXPECT_EQ(world.call(Method::delete_, "/app/app/msg/" + id + "/content", "", of_app).status,
              403);
}

}  // namespace
}  // namespace posthaste::test
