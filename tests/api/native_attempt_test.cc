// Attempts, counts, examples, background tasks and pollers over the wire: rows 18 to 20, 32 to 35 and §1b of the wire contract,
// and what the hosted product adds.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

using Ids = std::vector<std::string>;

Ids ids(const Answer& list) {
    Ids result;
    const boost::json::value parsed = list.json();
    for (const auto& item : parsed.as_object().at("data").as_array())
        result.emplace_back(item.as_object().at("id").as_string());
    return result;
}

// An application with one endpoint.
class NativeAttempts : public testing::Test {
protected:
    void SetUp() override {
        app = world.call(Method::post, "/app", R"({"name":"App","uid":"app"})").text("id");
        endpoint = make_endpoint(R"({"url":"http://receiver.test/one","uid":"one"})");
    }

    std::string make_endpoint(const std::string& body) {
        const Answer made = world.call(Method::post, "/app/app/endpoint", body);
        if (made.status != 201) throw std::runtime_error(made.body);
        return made.text("id");
    }
    Answer get(const std::string& path) { return world.call(Method::get, path); }
    Answer post(const std::string& path, const std::string& body = {}) {
        return world.call(Method::post, path, body);
    }
    std::string message(const std::string& members = {}) {
        const Answer made =
            post("/app/app/msg", R"({"eventType":"user.signup","payload":{"a":1})" + members + "}");
        if (made.status != 202) throw std::runtime_error(made.body);
        return made.text("id");
    }
    // Two attempts of one message, a failed one and a good one, newest first; ten seconds later.
    std::string two_attempts() {
        world.answers.push_back(answer(503, "try later"));
        world.answers.push_back(answer(200, "thanks"));
        const std::string id = message(R"(,"tags":["vip"])");
        world.advance(10s);
        return id;
    }

    World world;
    std::string app;
    std::string endpoint;
};

TEST_F(NativeAttempts, OneIsShownInEveryList) {
    world.answers.push_back(answer(404, R"({"error":"\u00e9"})"));
    const std::string id = message();
    const Answer list = get("/app/app/attempt/endpoint/one");
    ASSERT_EQ(list.status, 200) << list.body;
    ASSERT_EQ(ids(list).size(), 1U);
    const std::string attempt = ids(list)[0];
    EXPECT_TRUE(attempt.starts_with("atmpt_"));
    const std::string body =
        "{\"id\":\"" + attempt +
        R"(","url":"http://receiver.test/one","response":"{\"error\":\"\\u00e9\"}",)"
        R"("responseStatusCode":404,"responseDurationMs":0,"status":2,"statusText":"fail",)"
        R"("triggerType":0,"msgId":")" +
        id + R"(","endpointId":")" + endpoint + R"(","timestamp":"2026-01-02T03:04:05.123456Z"})";
    const std::string page = "{\"data\":[" + body + "],\"iterator\":\"" + attempt +
                             "\",\"prevIterator\":\"-" + attempt + "\",\"done\":true}";
    EXPECT_EQ(list.body, page);
    EXPECT_EQ(get("/app/app/attempt/endpoint/" + endpoint).body, page);
    EXPECT_EQ(get("/app/app/attempt/msg/" + id).body, page);
    EXPECT_EQ(get("/app/app/attempt/msg/" + id + "?endpoint_id=one").body, page);
    // Deprecated paths.
    EXPECT_EQ(get("/app/app/msg/" + id + "/attempt").body, page);
    EXPECT_EQ(get("/app/app/msg/" + id + "/endpoint/one/attempt").body, page);
    EXPECT_EQ(get("/app/app/msg/" + id + "/attempt/" + attempt).body, body);
}

TEST_F(NativeAttempts, ListsAreNarrowed) {
    const std::string id = two_attempts();
    for (const std::string& path :
         Ids{"/app/app/attempt/endpoint/one?", "/app/app/attempt/msg/" + id + "?"}) {
        const Ids both = ids(get(path));
        ASSERT_EQ(both.size(), 2U) << path;
        const Ids good{both[0]};
        const Ids failed{both[1]};
        EXPECT_EQ(ids(get(path + "status=0")), good) << path;
        EXPECT_EQ(ids(get(path + "status=2")), failed) << path;
        EXPECT_EQ(ids(get(path + "status=1")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "status=3")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "status=4&expanded_statuses=true")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "status_code_class=200")), good) << path;
        EXPECT_EQ(ids(get(path + "status_code_class=500")), failed) << path;
        EXPECT_EQ(ids(get(path + "status_code_class=0")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "event_types=user.signup")), both) << path;
        EXPECT_EQ(ids(get(path + "event_types=other")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "channel=x")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "tag=vip")), both) << path;
        EXPECT_EQ(ids(get(path + "tag=x")), Ids{}) << path;
        EXPECT_EQ(ids(get(path + "limit=1")), good) << path;
        EXPECT_EQ(ids(get(path + "limit=1&iterator=" + both[0])), failed) << path;
        EXPECT_EQ(ids(get(path + "limit=1&iterator=-" + both[1])), good) << path;
        EXPECT_EQ(ids(get(path + "before=2026-01-02T03:04:06Z")), failed) << path;
        EXPECT_EQ(ids(get(path + "after=2026-01-02T03:04:05.123456Z")), both) << path;
        EXPECT_EQ(ids(get(path + "after=2026-01-02T03:04:06Z")), good) << path;
        EXPECT_EQ(get(path + "status=9").status, 400) << path;
        EXPECT_EQ(get(path + "status_code_class=600").status, 400) << path;
        EXPECT_EQ(get(path + "limit=251").status, 422) << path;
        EXPECT_EQ(get(path + "iterator=" + id).status, 422) << path;
        const Answer without = get(path + "with_content=false");
        EXPECT_NE(without.body.find(R"("response":"{}",)"), std::string::npos);
        EXPECT_EQ(without.body.find("thanks"), std::string::npos);
    }
    EXPECT_EQ(get("/app/app/attempt/msg/" + id + "?endpoint_id=nobody").status, 404);
}

TEST_F(NativeAttempts, TheirMessageIsShownWithThem) {
    const std::string id = message(R"(,"eventId":"m","tags":["vip"])");
    const std::string path = "/app/app/attempt/endpoint/one";
    const std::string shown =
        R"("timestamp":"2026-01-02T03:04:05.123456Z","msg":{"eventId":"m",)"
        R"("eventType":"user.signup","payload":{},"channels":null,"tags":["vip"],"id":")" +
        id + R"(","timestamp":"2026-01-02T03:04:05.123456Z"}})";
    for (const char* content : {"", "&with_content=false"})
        EXPECT_NE(get(path + "?with_msg=true" + content).body.find(shown), std::string::npos);
    EXPECT_EQ(get(path + "?with_msg=false").body, get(path).body);
    EXPECT_EQ(get(path).body.find("\"msg\""), std::string::npos);
    EXPECT_EQ(get(path + "?with_msg=1").status, 400);
}

TEST_F(NativeAttempts, ConnectionFailuresHaveCodeZero) {
    world.answers.push_back(failure(AttemptOutcome::connect_failed, "connection refused"));
    message();
    const Answer list = get("/app/app/attempt/endpoint/one?status_code_class=0");
    EXPECT_NE(list.body.find(R"("response":"connection refused","responseStatusCode":0,)"),
              std::string::npos)
        << list.body;
}

TEST_F(NativeAttempts, ContentIsExpunged) {
    const std::string id = two_attempts();
    const std::string attempt = ids(get("/app/app/attempt/msg/" + id))[1];
    const std::string path = "/app/app/msg/" + id + "/attempt/" + attempt;
    EXPECT_NE(get(path).body.find("try later"), std::string::npos);
    EXPECT_EQ(world.call(Method::delete_, path + "/content").status, 204);
    EXPECT_EQ(get(path).text("response"), "EXPUNGED");
    EXPECT_NE(get("/app/app/attempt/endpoint/one").body.find("thanks"), std::string::npos);
    EXPECT_EQ(get("/app/app/attempt/endpoint/one").body.find("try later"), std::string::npos);
    const std::string other = message();
    EXPECT_EQ(get("/app/app/msg/" + other + "/attempt/" + attempt).status, 404);
    EXPECT_EQ(get("/app/app/msg/" + id + "/attempt/nonsense").status, 404);
}

TEST_F(NativeAttempts, StatsCountAttempts) {
    const std::string path = "/app/app/endpoint/one/stats";
    EXPECT_EQ(get(path).body, R"({"success":0,"pending":0,"sending":0,"fail":0,"canceled":0,)"
                              R"("health":"healthy"})");
    two_attempts();
    world.otherwise = answer(500, "no");
    message();
    world.advance(1s);
    const std::string health = R"("health":"suspect","failingSince":"2026-01-02T03:04:)";
    EXPECT_TRUE(get(path).body.starts_with(
        R"({"success":1,"pending":0,"sending":1,"fail":2,"canceled":0,)" + health))
        << get(path).body;
    EXPECT_TRUE(get(path + "?since=2026-01-02T03:04:00Z&until=2026-01-02T03:04:06Z")
                    .body.starts_with(
                        R"({"success":0,"pending":0,"sending":1,"fail":1,"canceled":0,)" + health));
    for (const char* range : {"until=2026-01-02T04:00:00Z", "since=2025-12-01T00:00:00Z",
                              "since=2026-01-02T03:04:05Z&until=2026-01-02T03:04:04Z"}) {
        const Answer refused = get(path + "?" + range);
        EXPECT_EQ(refused.status, 400) << range;
        EXPECT_EQ(refused.text("code"), "invalid_range") << range;
    }
    EXPECT_EQ(get(path + "?since=2025-12-05T03:04:00Z&until=2026-01-02T03:04:05Z").status, 200);
}

TEST_F(NativeAttempts, ExamplesAreSent) {
    const std::string path = "/app/app/endpoint/one/send-example";
    const Answer ping = post(path, R"({"eventType":"svix.ping"})");
    EXPECT_EQ(ping.status, 200) << ping.body;
    EXPECT_NE(ping.body.find(R"("eventType":"svix.ping","payload":{},)"), std::string::npos);
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].body, R"({"success":true})");
    EXPECT_EQ(get("/app/app/msg/" + ping.text("id")).status, 200);

    EXPECT_EQ(post(path, R"({"eventType":"nobody.knows"})").status, 404);
    ASSERT_EQ(post("/event-type", R"({"name":"bare","description":""})").status, 201);
    const Answer bare = post(path, R"({"eventType":"bare"})");
    EXPECT_EQ(bare.status, 400);
    EXPECT_EQ(bare.text("code"), "invalid_scheme");
    ASSERT_EQ(
        post("/event-type", R"({"name":"rich","description":"","schemas":{"1":{"type":"object",)"
                            R"("examples":[{"b":[1],"a":"]"},{"c":3}]}}})")
            .status,
        201);
    EXPECT_EQ(post(path, R"({"eventType":"rich"})").status, 200);
    ASSERT_EQ(world.received.size(), 2U);
    EXPECT_EQ(world.received[1].body, R"({"b":[1],"a":"]"})");
    EXPECT_EQ(post(path, R"({"eventType":"rich","exampleIndex":1})").status, 200);
    ASSERT_EQ(world.received.size(), 3U);
    EXPECT_EQ(world.received[2].body, R"({"c":3})");
    EXPECT_EQ(post(path, R"({"eventType":"rich","exampleIndex":2})").text("code"),
              "invalid_scheme");
    EXPECT_EQ(post(path, R"({"eventType":"rich","exampleIndex":-1})").status, 422);
    // Only to that endpoint, and only if it wants such events.
    make_endpoint(R"({"url":"http://receiver.test/two"})");
    const std::string narrow =
        make_endpoint(R"({"url":"http://receiver.test/three","eventTypes":["bare"]})");
    EXPECT_EQ(
        post("/app/app/endpoint/" + narrow + "/send-example", R"({"eventType":"rich"})").status,
        200);
    EXPECT_EQ(world.received.size(), 3U);
    EXPECT_EQ(post(path, "{}").status, 422);
}

TEST_F(NativeAttempts, RecoveryIsATask) {
    world.otherwise = answer(500, "no");
    const std::string lost = message();
    world.advance(std::chrono::days(3));
    world.otherwise = answer(200);
    world.received.clear();
    const std::string path = "/app/app/endpoint/one/recover";
    const Answer started = post(path, R"({"since":"2026-01-01T00:00:00Z"})");
    ASSERT_EQ(started.status, 202) << started.body;
    const std::string task = started.text("id");
    EXPECT_EQ(started.body, R"({"id":")" + task +
                                R"(","status":"running","task":"endpoint.recover",)"
                                R"("updatedAt":"2026-01-05T03:04:05.123456Z"})");
    world.advance(1min);
    ASSERT_EQ(world.received.size(), 1U);
    const Answer finished = get("/background-task/" + task);
    EXPECT_EQ(finished.status, 200);
    EXPECT_EQ(finished.text("status"), "finished") << finished.body;
    EXPECT_TRUE(finished.body.starts_with(R"({"data":{"messagesSent":1},"id":")" + task))
        << finished.body;
    EXPECT_EQ(ids(get("/app/app/endpoint/one/msg?status=0")), Ids{lost});
    EXPECT_EQ(ids(get("/background-task")), Ids{task});
    EXPECT_EQ(ids(get("/background-task?status=finished&task=endpoint.recover&limit=1")),
              Ids{task});
    EXPECT_EQ(ids(get("/background-task?status=running")), Ids{});
    EXPECT_EQ(get("/background-task?status=unknown").status, 400);
    EXPECT_EQ(get("/background-task?task=unknown").status, 400);
    EXPECT_EQ(get("/background-task/qtask_000000000000000000000000001").status, 404);
    EXPECT_EQ(world.call(Method::get, "/background-task/" + task, "", world.token("org_b")).status,
              404);

    EXPECT_EQ(post(path, "{}").status, 422);
    EXPECT_EQ(post(path, R"({"since":"2025-12-20T00:00:00Z"})").status, 422);
    EXPECT_EQ(
        post(path, R"({"since":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"})").status,
        422);
    EXPECT_EQ(
        post("/app/app/endpoint/nobody/recover", R"({"since":"2026-01-01T00:00:00Z"})").status,
        404);
}

TEST_F(NativeAttempts, OtherTasksStart) {
    const std::string since = R"("since":"2026-01-01T00:00:00Z")";
    message();
    struct Row {
        Method method;
        std::string path;
        std::string body;
        std::string task;
        std::string data;
    };
    const std::string late = make_endpoint(R"({"url":"http://receiver.test/late"})");
    const Row rows[] = {
        {Method::post, "/app/app/endpoint/" + late + "/replay-missing", "{" + since + "}",
         "endpoint.replay", R"({"messagesSent":1})"},
        {Method::post, "/app/app/endpoint/one/bulk-replay",
         "{" + since + R"(,"status":0,"eventTypes":["user.signup"],"statusCodeClass":200})",
         "endpoint.bulk-replay", R"({"messagesSent":1})"},
        {Method::post, "/app/app/endpoint/one/bulk-replay", "{" + since + R"(,"tag":"other"})",
         "endpoint.bulk-replay", R"({"messagesSent":0})"},
        {Method::post, "/stats/usage/app",
         "{" + since + R"(,"until":"2026-01-03T00:00:00Z","appIds":["app","nobody"]})",
         "application.stats", R"({"appStats":[{"appId":")" + app},
        {Method::put, "/stats/usage/event-types", "", "event-type.aggregate",
         R"({"event_types":[)"},
        {Method::post, "/app/app/msg/expunge-all-contents", "", "application.purge_content",
         R"({"messagesPurged":1})"},
    };
    for (const Row& row : rows) {
        const Answer started = world.call(row.method, row.path, row.body);
        ASSERT_EQ(started.status, 202) << row.path << started.body;
        EXPECT_EQ(started.text("task"), row.task);
        world.advance(1min);
        const Answer finished = get("/background-task/" + started.text("id"));
        EXPECT_EQ(finished.text("status"), "finished") << row.task;
        EXPECT_TRUE(finished.body.starts_with("{\"data\":" + row.data)) << finished.body;
    }
    EXPECT_EQ(world.received.size(), 3U);
    const std::string span = "{" + since + R"(,"until":"2026-01-03T00:00:00Z")";
    const Answer stats = post("/stats/usage/app", span + R"(,"appIds":["app","nobody"]})");
    EXPECT_TRUE(stats.body.starts_with(R"({"unresolvedAppIds":["nobody"],"id":"qtask_)"))
        << stats.body;
    EXPECT_EQ(post("/stats/usage/app", span + R"(,"appIds":["nobody"]})").status, 422);
    EXPECT_EQ(post("/app/app/endpoint/one/bulk-replay", "{" + since + R"(,"statusCodeClass":201})")
                  .status,
              422);
}

TEST_F(NativeAttempts, DeadLettersAreDrivenAgain) {
    world.otherwise = answer(500, "no");
    message();
    world.advance(std::chrono::days(3));
    world.otherwise = answer(200);
    world.received.clear();
    const Answer asked = post("/admin/redrive-dlq");
    EXPECT_EQ(asked.status, 204);
    EXPECT_EQ(asked.body, "");
    world.advance(1min);
    EXPECT_EQ(world.received.size(), 1U);
}

TEST_F(NativeAttempts, PollersReadInOrder) {
    const Answer nothing = get("/app/app/poller/any");
    EXPECT_EQ(nothing.body,
              R"({"data":[],"iterator":"msg_000000000000000000000000000","done":true})");
    Ids made;
    for (int i = 0; i < 3; ++i) {
        made.push_back(message(i == 1 ? R"(,"channels":["x"])" : ""));
        world.advance(1s);
    }
    const Answer first = get("/app/app/poller/any?limit=2");
    EXPECT_EQ(ids(first), (Ids{made[0], made[1]}));
    EXPECT_NE(first.body.find(R"("payload":{"a":1},)"), std::string::npos);
    EXPECT_EQ(first.text("iterator"), made[1]);
    EXPECT_FALSE(first.json().as_object().at("done").as_bool());
    const Answer second = get("/app/app/poller/any?limit=2&iterator=" + made[1]);
    EXPECT_EQ(ids(second), Ids{made[2]});
    EXPECT_TRUE(second.json().as_object().at("done").as_bool());
    const Answer end = get("/app/app/poller/any?iterator=" + made[2]);
    EXPECT_EQ(end.body, R"({"data":[],"iterator":")" + made[2] + R"(","done":true})");
    EXPECT_EQ(ids(get("/app/app/poller/any?channel=x")), Ids{made[1]});
    EXPECT_EQ(ids(get("/app/app/poller/any?event_type=other")), Ids{});
    EXPECT_EQ(ids(get("/app/app/poller/any?after=2026-01-02T03:04:06.123456Z")),
              (Ids{made[1], made[2]}));
    // An endpoint as the sink narrows the stream.
    make_endpoint(
        R"({"url":"http://receiver.test/x","uid":"pull","channels":["x"],"disabled":true})");
    EXPECT_EQ(ids(get("/app/app/poller/pull")), Ids{made[1]});
    EXPECT_EQ(get("/app/app/poller/ep_000000000000000000000000001").status, 404);
    EXPECT_EQ(get("/app/app/poller/any?limit=251").status, 422);
}

TEST_F(NativeAttempts, ConsumersKeepTheirPlace) {
    const Ids made{message(), message(), message()};
    const std::string path = "/app/app/poller/any/consumer/me";
    EXPECT_EQ(ids(get(path + "?limit=2")), (Ids{made[0], made[1]}));
    // Not confirmed: again.
    EXPECT_EQ(ids(get(path + "?limit=2")), (Ids{made[0], made[1]}));
    EXPECT_EQ(ids(get(path + "?limit=2&iterator=" + made[1])), Ids{made[2]});
    EXPECT_EQ(ids(get(path)), Ids{made[2]});
    EXPECT_EQ(ids(get("/app/app/poller/any/consumer/other")), made);
    const Answer sought = post(path + "/seek", R"({"after":"2026-01-02T03:04:05.123456Z"})");
    EXPECT_EQ(sought.status, 200) << sought.body;
    EXPECT_EQ(ids(get(path)), made);
    EXPECT_EQ(ids(get("/app/app/poller/any?iterator=" + sought.text("iterator"))), made);
    EXPECT_EQ(post(path + "/seek", "{}").status, 422);
}

}  // namespace
}  // namespace posthaste::test
