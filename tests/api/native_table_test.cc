// The native API's operations in one table, a row each: method, path, request, status, answer. The rows follow the numbers of
// the contract that the API keeps (1a: documented, 1b: not documented but served); details of each are in the other files.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

// '*' stands for any text: ids and times differ from run to run.
bool fits(std::string_view pattern, std::string_view text) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    pattern.remove_prefix(star + 1);
    for (std::size_t at = star; at <= text.size(); ++at)
        if (fits(pattern, text.substr(at))) return true;
    return false;
}

TEST(NativeTable, patterns_fit_what_they_should) {
    EXPECT_TRUE(fits("a*c*", "abc"));
    EXPECT_TRUE(fits("", ""));
    EXPECT_FALSE(fits("a*c", "abcd"));
    EXPECT_FALSE(fits("ab", "abc"));
}

struct Row {
    const char* number;
    Method method;
    const char* path;  // {attempt}: the id of the message's first attempt
    const char* body;
    int status;
    const char* answer;
};

constexpr auto kGet = Method::get;
constexpr auto kPost = Method::post;
constexpr auto kPut = Method::put;
constexpr auto kPatch = Method::patch;
constexpr auto kDelete = Method::delete_;

constexpr const char* kEndpoint =
    R"({"id":"ep_*","url":"http://r.example/","description":"*","uid":"e","rateLimit":null,"throttleRate":null,)"
    R"("version":1,"disabled":false,"eventTypes":null,"filterTypes":null,"channels":null,"filter":null,)"
    R"("createdAt":"2026-*Z","updatedAt":"2026-*Z","metadata":{}})";
constexpr const char* kMessage =
    R"({"eventId":"m","eventType":"t","payload":{"b":1},"channels":null,"id":"msg_*","timestamp":"2026-*Z"})";
constexpr const char* kAttempt =
    R"({"id":"atmpt_*","url":"http://r.example/","response":"*","responseStatusCode":200,"responseDurationMs":*,)"
    R"("status":0,"statusText":"success","triggerType":0,"msgId":"msg_*","endpointId":"ep_*","timestamp":"2026-*Z"})";
constexpr const char* kTask =
    R"({"id":"qtask_*","status":"running","task":"endpoint.recover","updatedAt":"2026-*Z"})";

const Row kRows[] = {
    {"1a-2", kPost, "/app", R"({"name":"A","uid":"a"})", 201,
     R"({"uid":"a","name":"A","throttleRate":null,"id":"app_*","createdAt":"2026-*Z","updatedAt":"2026-*Z","metadata":{}})"},
    {"1a-1", kGet, "/app", "", 200,
     R"({"data":[{"uid":"a",*}],"iterator":"app_*","prevIterator":"-app_*","done":true})"},
    {"1a-3", kGet, "/app/a", "", 200, R"({"uid":"a","name":"A",*})"},
    {"1a-4", kPut, "/app/a", R"({"name":"B","uid":"a"})", 200, R"({"uid":"a","name":"B",*})"},
    {"1a-5", kPatch, "/app/a", R"({"name":"C"})", 200, R"({"uid":"a","name":"C",*})"},
    {"1a-23", kPost, "/event-type",
     R"({"name":"t","description":"d","schemas":{"1":{"examples":[{"x":1}]}}})", 201,
     R"({"name":"t","description":"d","archived":false,"deprecated":false,"schemas":{"1":{"examples":[{"x":1}]}},*})"},
    {"1a-22", kGet, "/event-type", "", 200,
     R"({"data":[{"name":"t",*"schemas":null,*}],*"done":true})"},
    {"1a-24", kGet, "/event-type/t", "", 200,
     R"({"name":"t",*"createdAt":"2026-*Z","updatedAt":"2026-*Z"})"},
    {"1a-25", kPut, "/event-type/u", R"({"description":"made"})", 201,
     R"({"name":"u","description":"made",*})"},
    {"1a-26", kPatch, "/event-type/u", R"({"description":"p"})", 200,
     R"({"name":"u","description":"p",*})"},
    {"1a-27", kDelete, "/event-type/u?expunge=true", "", 204, ""},
    {"1a-8", kPost, "/app/a/endpoint", R"({"url":"http://r.example","uid":"e"})", 201, kEndpoint},
    {"1a-7", kGet, "/app/a/endpoint", "", 200,
     R"({"data":[{"id":"ep_*}],"iterator":"ep_*","prevIterator":"-ep_*","done":true})"},
    {"1a-9", kGet, "/app/a/endpoint/e", "", 200, kEndpoint},
    {"1a-10", kPut, "/app/a/endpoint/e", R"({"url":"http://r.example/","uid":"e"})", 200,
     kEndpoint},
    {"1a-11", kPatch, "/app/a/endpoint/e", R"({"description":"mine"})", 200, kEndpoint},
    {"1a-14", kPut, "/app/a/endpoint/e/headers", R"({"headers":{"X-A":"1","Authorization":"s"}})",
     204, ""},
    {"1a-15", kPatch, "/app/a/endpoint/e/headers", R"({"headers":{"X-B":"2","X-A":null}})", 204,
     ""},
    {"1a-13", kGet, "/app/a/endpoint/e/headers", "", 200,
     R"({"headers":{"X-B":"2"},"sensitive":["Authorization"]})"},
    {"1a-16", kGet, "/app/a/endpoint/e/secret", "", 200, R"({"key":"whsec_*"})"},
    {"1a-17", kPost, "/app/a/endpoint/e/secret/rotate", "{}", 204, ""},
    {"1a-29", kPost, "/app/a/msg", R"({"eventType":"t","payload":{"b":1},"eventId":"m"})", 202,
     kMessage},
    {"1a-28", kGet, "/app/a/msg", "", 200,
     R"({"data":[{"eventId":"m",*}],"iterator":"msg_*","prevIterator":"-msg_*","done":true})"},
    {"1a-30", kGet, "/app/a/msg/m", "", 200, kMessage},
    {"1a-32", kGet, "/app/a/attempt/endpoint/e", "", 200,
     R"({"data":[{"id":"atmpt_*}],"iterator":"atmpt_*","done":true})"},
    {"1a-33", kGet, "/app/a/attempt/msg/m", "", 200,
     R"({"data":[{"id":"atmpt_*}],"iterator":"atmpt_*","done":true})"},
    {"1a-34", kGet, "/app/a/msg/m/attempt/{attempt}", "", 200, kAttempt},
    {"1b-1", kPost, "/auth/dashboard-access/a", "null", 200, R"({"url":"http*","token":"*.*.*"})"},
    {"1b-2", kGet, "/app/a/msg/m/attempt", "", 200, R"({"data":[{"id":"atmpt_*}],*"done":true})"},
    {"1b-3", kGet, "/app/a/msg/m/endpoint/e/attempt", "", 200,
     R"({"data":[{"id":"atmpt_*}],*"done":true})"},
    {"1b-4", kPost, "/admin/redrive-dlq", "", 204, ""},
    {"1a-35", kDelete, "/app/a/msg/m/attempt/{attempt}/content", "", 204, ""},
    {"1a-36", kGet, "/app/a/msg/m/endpoint", "", 200,
     R"({"data":[{"id":"ep_*"status":0,"statusText":"success","nextAttempt":null}],*"done":true})"},
    {"1a-21", kGet, "/app/a/endpoint/e/msg", "", 200,
     R"({"data":[{"eventId":"m",*"status":0,*"statusText":"success"*}],*"done":true})"},
    {"1a-37", kPost, "/app/a/msg/m/endpoint/e/resend", "", 202, "{}"},
    {"1a-18", kGet, "/app/a/endpoint/e/stats", "", 200,
     R"({"success":2,"pending":0,"sending":0,"fail":0,"canceled":0,"health":"healthy"})"},
    {"1a-19", kPost, "/app/a/endpoint/e/send-example", R"({"eventType":"t"})", 200,
     R"({"eventId":null,"eventType":"t","payload":{},*})"},
    {"1a-20", kPost, "/app/a/endpoint/e/recover", R"({"since":"2026-01-02T00:00:00Z"})", 202,
     kTask},
    {"1a-31", kDelete, "/app/a/msg/m/content", "", 204, ""},
    {"1a-31", kGet, "/app/a/msg/m", "", 200,
     R"({"eventId":"m","eventType":"t","payload":{"expired":true},*})"},
    {"1a-38", kPost, "/auth/app-portal-access/a", "{}", 200, R"({"url":"http*","token":"*.*.*"})"},
    {"1a-39", kPost, "/auth/logout", "", 501,
     R"({"code":"not_implemented","detail":"This API endpoint is not yet implemented."})"},
    {"1a-40", kGet, "/health", "", 200,
     R"({"database":{"status":"ok"},"queue":{"status":"ok"},"cache":{"status":"ok"}})"},
    {"1a-40", Method::head, "/health", "", 200, "*"},
    {"1a-41", kGet, "/health/ping", "", 204, ""},
    {"1b-5", kGet, "/openapi.json", "", 200, R"({*"openapi": "3.1.0",*)"},
    {"1a-12", kDelete, "/app/a/endpoint/e", "", 204, ""},
    {"1a-12", kGet, "/app/a/endpoint/e", "", 404,
     R"({"code":"not_found","detail":"Entity not found"})"},
    {"1a-6", kDelete, "/app/a", "", 204, ""},
    {"1a-6", kGet, "/app/a", "", 404, R"({"code":"not_found","detail":"Entity not found"})"},
};

TEST(NativeTable, every_operation_answers_as_its_row_says) {
    World world;
    world.otherwise = answer(200, "ok");
    std::string attempt;
    for (const Row& row : kRows) {
        SCOPED_TRACE(std::string(row.number) + " " + row.path);
        std::string path = row.path;
        if (const std::size_t at = path.find("{attempt}"); at != std::string::npos) {
            const Answer listed = world.call(Method::get, "/app/a/attempt/msg/m");
            attempt = listed.json().at("data").at(0).at("id").as_string();
            path.replace(at, std::string_view("{attempt}").size(), attempt);
        }
        const Answer got = world.call(row.method, path, row.body);
        EXPECT_EQ(got.status, row.status) << got.body;
        EXPECT_TRUE(fits(row.answer, got.body)) << got.body.substr(0, 1000);
        world.settle();
        // The next row is another moment.
        world.advance(1ms);
    }
}

}  // namespace
}  // namespace posthaste::test
