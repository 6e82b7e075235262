// The dashboard's API over the wire: deliveries of all APIs in one list, one delivery with everything about it, endpoints of all
// APIs. Rows S0-35 to S0-37 of the requirements.

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <set>
#include <string>
#include <vector>

#include "api/authenticator.h"
#include "tests/api/people.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

namespace json = boost::json;

constexpr OrganizationId kNeighbour{0x0190'0000'0009'7000ULL, 0x8000'0000'0000'0009ULL};

std::string text(const json::value& object, std::string_view member) {
    return std::string(object.at(member).as_string());
}

class Dashboard : public testing::Test {
protected:
    // An application with an endpoint, by the native API.
    void SetUp() override {
        world.settings.organization =
            organization_id(kDefaultOrganization);  // as the server has it
        app = world.call(Method::post, "/app", R"({"name":"Shop","uid":"shop"})").text("id");
        endpoint = make_endpoint("http://one.test/hook", "one");
    }

    std::string make_endpoint(const std::string& url, const std::string& description) {
        return world
            .call(Method::post, "/app/shop/endpoint",
                  R"({"url":")" + url + R"(","description":")" + description + R"("})")
            .text("id");
    }
    std::string hand_in(const std::string& type, const std::string& more = {}) {
        const Answer made =
            world.call(Method::post, "/app/shop/msg",
                       R"({"eventType":")" + type + R"(","payload":{"n":1})" + more + "}");
        EXPECT_EQ(made.status, 202) << made.body;
        world.settle();
        return made.text("id");
    }
    json::value list(const std::string& query = {}) {
        const Answer answer = world.get("/api/v1/delivery" + query);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }
    std::vector<std::string> types(const std::string& query) {
        std::vector<std::string> all;
        const json::value page = list(query);
        for (const json::value& row : page.at("data").as_array())
            all.push_back(text(row, "eventType"));
        return all;
    }
    Answer detail(const std::string& message, const std::string& to) {
        return world.get("/api/v1/delivery/" + message + "/" + to);
    }

    World world;
    std::string app;
    std::string endpoint;
};

using Types = std::vector<std::string>;

TEST_F(Dashboard, S0_35_shows_the_deliveries_of_all_apis_in_one_list) {
    hand_in("native.sent", R"(,"eventId":"first")");
    const std::string subscription =
        world.subscribe(R"({"target_url":"http://two.test/hook","event_types":["sub.sent"]})");
    world.advance(1s);
    world.answers.push_back(answer(500, "broken"));
    world.ingest(subscription, R"({"event":"sub.sent"})");
    world.settle();
    const Answer mailbox =
        world.post("/api/mailboxes", R"({"name":"Orders","target_url":"http://three.test/hook"})");
    world.advance(1s);
    world.send(Method::post, "/webhooks/" + mailbox.text("id"), R"({"event":"box.sent"})",
               {{"x-api-key", mailbox.text("api_key")}});
    world.settle();

    const json::value page = list();
    const json::array& rows = page.at("data").as_array();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_TRUE(page.at("done").as_bool());
    EXPECT_EQ(text(rows[0], "eventType"), "box.sent") << "newest first";
    EXPECT_EQ(text(rows[0], "endpointName"), "Orders");
    EXPECT_EQ(text(rows[0], "status"), "delivered");
    EXPECT_EQ(text(rows[1], "eventType"), "sub.sent");
    EXPECT_EQ(text(rows[1], "url"), "http://two.test/hook");
    EXPECT_EQ(text(rows[1], "status"), "pending");
    EXPECT_EQ(rows[1].at("attemptCount").as_int64(), 1);
    EXPECT_EQ(rows[1].at("lastStatusCode").as_int64(), 500);
    EXPECT_FALSE(rows[1].at("nextAttemptAt").is_null());
    EXPECT_EQ(text(rows[2], "eventType"), "native.sent");
    EXPECT_EQ(text(rows[2], "eventId"), "first");
    EXPECT_EQ(text(rows[2], "appId"), app);
    EXPECT_EQ(text(rows[2], "appName"), "Shop");
    EXPECT_EQ(text(rows[2], "endpointId"), endpoint);
    EXPECT_EQ(text(rows[2], "createdAt"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(text(rows[2], "lastAttemptAt"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(rows[2].at("lastStatusCode").as_int64(), 200);
    EXPECT_TRUE(rows[2].at("nextAttemptAt").is_null());
}

TEST_F(Dashboard, S0_35_narrows_the_list) {
    const std::string other = make_endpoint("http://other.test/Hook", "Warehouse");
    world.answers = {answer(200), answer(500)};
    hand_in("a.paid", R"(,"eventId":"uid-1")");
    world.advance(1s);
    world.answers.clear();
    world.otherwise = answer(204);
    const std::string second = hand_in("b.paid");
    struct Case {
        std::string query;
        Types types;
    };
    const Case cases[] = {
        {"", {"b.paid", "b.paid", "a.paid", "a.paid"}},
        {"?status=pending", {"a.paid"}},
        {"?status=delivered", {"b.paid", "b.paid", "a.paid"}},
        {"?status=delivered&status=pending&limit=3", {"b.paid", "b.paid", "a.paid"}},
        {"?status=failed", {}},
        {"?eventType=a.paid", {"a.paid", "a.paid"}},
        {"?eventType=a.paid&eventType=b.paid&endpointId=" + other, {"b.paid", "a.paid"}},
        {"?appId=shop&endpointId=" + endpoint, {"b.paid", "a.paid"}},
        {"?after=2026-01-02T03:04:06Z", {"b.paid", "b.paid"}},
        {"?before=2026-01-02T03:04:06Z", {"a.paid", "a.paid"}},
        {"?search=" + second, {"b.paid", "b.paid"}},
        {"?search=uid-1", {"a.paid", "a.paid"}},
        {"?search=B.PA", {"b.paid", "b.paid"}},
        {"?search=ware", {"b.paid", "a.paid"}},
        {"?search=other.test/hook&status=pending", {"a.paid"}},
        {"?search=" + endpoint, {"b.paid", "a.paid"}},
        {"?search=nothing", {}},
        {"?search=msg_000000000000000000000000000", {}},
    };
    for (const Case& c : cases) EXPECT_EQ(types(c.query), c.types) << c.query;
}

TEST_F(Dashboard, the_list_is_read_page_by_page_both_ways) {
    make_endpoint("http://other.test/", "");
    for (int i = 0; i < 3; ++i) hand_in("t" + std::to_string(i));
    std::set<std::string> seen;
    std::string query = "?limit=2";
    json::value page;
    for (int pages = 1; pages <= 3; ++pages) {
        page = list(query);
        ASSERT_EQ(page.at("data").as_array().size(), 2U);
        EXPECT_EQ(page.at("done").as_bool(), pages == 3);
        for (const json::value& row : page.at("data").as_array())
            EXPECT_TRUE(seen.insert(text(row, "msgId") + text(row, "endpointId")).second);
        query = "?limit=2&iterator=" + text(page, "iterator");
    }
    EXPECT_EQ(types("?limit=2&iterator=" + text(page, "prevIterator")), (Types{"t1", "t1"}));
    EXPECT_EQ(types(query), Types{}) << "nothing is behind the last";
}

TEST_F(Dashboard, bad_queries_are_refused_naming_the_field) {
    struct Case {
        const char* query;
        int status;
        const char* field;
    };
    constexpr Case kCases[] = {
        {"/delivery?limit=0", 422, "limit"},
        {"/delivery?limit=251", 422, "limit"},
        {"/delivery?limit=x", 400, "limit"},
        {"/delivery?iterator=nonsense", 422, "iterator"},
        {"/delivery?iterator=msg_000000000000000000000000000", 422, "iterator"},
        {"/delivery?status=done", 422, "status"},
        {"/delivery?status=pending&status=", 422, "status"},
        {"/delivery?appId=a%20b", 422, "appId"},
        {"/delivery?endpointId=", 422, "endpointId"},
        {"/delivery?before=yesterday", 400, "before"},
        {"/delivery?after=1", 400, "after"},
        {"/endpoints?health=ill", 422, "health"},
        {"/endpoints?iterator=x", 422, "iterator"},
        {"/endpoints?iterator=-ep_000000000000000000000000001", 422, "iterator"},
        {"/endpoints?limit=-1", 400, "limit"},
    };
    for (const Case& c : kCases) {
        const Answer answer = world.get("/api/v1" + std::string(c.query));
        EXPECT_EQ(answer.status, c.status) << c.query << answer.body;
        EXPECT_NE(answer.body.find(c.field), std::string::npos) << c.query << answer.body;
    }
    for (const char* part : {"/delivery", "/endpoints"}) {
        const Answer answer =
            world.get("/api/v1" + std::string(part) + "?search=" + std::string(501, 'x'));
        EXPECT_EQ(answer.status, 422);
        EXPECT_NE(answer.body.find("search"), std::string::npos);
    }
    EXPECT_EQ(world.get("/api/v1/delivery?appId=unknown").status, 404);
    EXPECT_EQ(world.get("/api/v1/delivery?endpointId=unknown").status, 404);
}

TEST_F(Dashboard, S0_36_shows_payload_and_headers_of_request_and_response) {
    world.call(Method::patch, "/app/shop/endpoint/" + endpoint + "/headers",
               R"({"headers":{"X-Shop":"7","Authorization":"Bearer hidden"}})");
    world.advance(1s);
    world.answers = {answer(500, "try later"),
                     failure(AttemptOutcome::timed_out, "No answer came within 30 s.")};
    const std::string message = hand_in("order.paid");
    world.advance(2h);

    const Answer answered = detail(message, endpoint);
    ASSERT_EQ(answered.status, 200) << answered.body;
    EXPECT_EQ(answered.body.find("hidden"), std::string::npos);
    const json::value delivery = answered.json();
    EXPECT_EQ(text(delivery, "status"), "delivered");
    EXPECT_EQ(json::serialize(delivery.at("payload")), R"({"n":1})");
    EXPECT_EQ(json::serialize(delivery.at("headers")), R"({"Authorization":"***","X-Shop":"7"})");
    const json::array& attempts = delivery.at("attempts").as_array();
    ASSERT_EQ(attempts.size(), 3U);
    EXPECT_EQ(attempts[0].at("number").as_int64(), 3) << "newest first";
    EXPECT_EQ(text(attempts[0], "outcome"), "delivered");
    EXPECT_EQ(text(attempts[1], "outcome"), "timed_out");
    EXPECT_EQ(text(attempts[1], "error"), "No answer came within 30 s.");
    EXPECT_TRUE(attempts[1].at("statusCode").is_null());
    EXPECT_TRUE(attempts[1].at("responseBody").is_null());
    EXPECT_EQ(text(attempts[2], "outcome"), "rejected");
    EXPECT_EQ(attempts[2].at("statusCode").as_int64(), 500);
    EXPECT_EQ(text(attempts[2], "responseBody"), "try later");
    EXPECT_TRUE(attempts[2].at("error").is_null());
    EXPECT_EQ(text(attempts[2], "trigger"), "scheduled");
    // What each request really carried.
    ASSERT_EQ(world.received.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const json::value& sent = attempts[2 - i].at("requestHeaders");
        for (const char* name :
             {"webhook-id", "webhook-timestamp", "webhook-signature", "svix-signature", "X-Shop"})
            EXPECT_EQ(text(sent, name), world.received[i].header(name)) << name;
        EXPECT_EQ(text(sent, "Authorization"), "***");
    }
}

TEST_F(Dashboard, S0_36_shows_the_headers_of_every_answer) {
    TransportResult lost = failure(AttemptOutcome::broken, "The connection was lost.");
    lost.status = 200;
    lost.headers = "Content-Length: 9\n";
    world.answers = {answer(503, "busy", "Via: a\nSet-Cookie: ***\nvia: \"b\"\nEmpty: \n+2\n"),
                     lost, failure(AttemptOutcome::timed_out, "No answer came."), answer(200)};
    const std::string message = hand_in("order.paid");
    world.advance(24h);
    const json::value delivery = detail(message, endpoint).json();
    const json::array& attempts = delivery.at("attempts").as_array();
    const struct {
        std::string_view headers;
        int left_out;
    } expected[] = {
        {R"([])", 0},
        {"null", 0},
        {R"([{"name":"Content-Length","value":"9"}])", 0},
        {R"([{"name":"Via","value":"a"},{"name":"Set-Cookie","value":"***"},)"
         R"({"name":"via","value":"\"b\""},{"name":"Empty","value":""}])",
         2},
    };
    ASSERT_EQ(attempts.size(), std::size(expected));
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        EXPECT_EQ(json::serialize(attempts[i].at("responseHeaders")), expected[i].headers);
        EXPECT_EQ(attempts[i].at("responseHeadersLeftOut").as_int64(), expected[i].left_out);
    }
    EXPECT_EQ(text(attempts[2], "error"), "The connection was lost.");
    EXPECT_EQ(attempts[2].at("statusCode").as_int64(), 200);
    EXPECT_TRUE(attempts[2].at("responseBody").is_null());
}

// Who deletes an answer deletes its headers.
TEST_F(Dashboard, S0_36_an_expunged_answer_has_no_headers) {
    world.answers = {answer(200, "personal", "X-Customer: Ada\n")};
    const std::string message = hand_in("order.paid");
    const auto attempt = [&] { return detail(message, endpoint).json().at("attempts").at(0); };
    EXPECT_EQ(json::serialize(attempt().at("responseHeaders")),
              R"([{"name":"X-Customer","value":"Ada"}])");
    const std::string path =
        "/app/shop/msg/" + message + "/attempt/" + text(attempt(), "id") + "/content";
    ASSERT_EQ(world.call(Method::delete_, path).status, 204);
    EXPECT_EQ(text(attempt(), "responseBody"), "EXPUNGED");
    EXPECT_TRUE(attempt().at("responseHeaders").is_null());
}

// What cannot be known exactly is not shown.
TEST_F(Dashboard, S0_36_headers_are_not_guessed_once_the_endpoint_changed) {
    const std::string message = hand_in("order.paid");
    EXPECT_FALSE(
        detail(message, endpoint).json().at("attempts").at(0).at("requestHeaders").is_null());
    world.advance(1s);
    world.call(Method::post, "/app/shop/endpoint/" + endpoint + "/secret/rotate", "{}");
    EXPECT_TRUE(
        detail(message, endpoint).json().at("attempts").at(0).at("requestHeaders").is_null());
}

TEST_F(Dashboard, an_expunged_payload_is_null) {
    const std::string message = hand_in("order.paid");
    EXPECT_EQ(world.call(Method::delete_, "/app/shop/msg/" + message + "/content").status, 204);
    const json::value delivery = detail(message, endpoint).json();
    EXPECT_TRUE(delivery.at("payload").is_null());
    EXPECT_TRUE(delivery.at("attempts").at(0).at("requestHeaders").is_null());
}

TEST_F(Dashboard, S0_37_resends_deliveries_of_every_api) {
    hand_in("native.sent");
    world.ingest(world.subscribe(R"({"target_url":"http://two.test/hook"})"), R"({"a":1})");
    const Answer mailbox =
        world.post("/api/mailboxes", R"({"name":"Orders","target_url":"http://three.test/hook"})");
    world.send(Method::post, "/webhooks/" + mailbox.text("id"), R"({"event":"box.sent"})",
               {{"x-api-key", mailbox.text("api_key")}});
    world.settle();
    const json::value page = list();
    ASSERT_EQ(page.at("data").as_array().size(), 3U);
    for (const json::value& row : page.at("data").as_array()) {
        const std::size_t before = world.received.size();
        const std::string path =
            "/api/v1/delivery/" + text(row, "msgId") + "/" + text(row, "endpointId");
        EXPECT_EQ(world.post(path + "/resend", "").status, 202) << path;
        world.settle();
        ASSERT_EQ(world.received.size(), before + 1);
        EXPECT_EQ(world.received.back().url, text(row, "url"));
        const json::value after = world.get(path).json();
        EXPECT_EQ(after.at("attemptCount").as_int64(), 2);
        EXPECT_EQ(text(after.at("attempts").at(0), "trigger"), "manual");
    }
}

TEST_F(Dashboard, what_there_is_not_is_not_found) {
    const std::string message = hand_in("order.paid");
    const std::string other = make_endpoint("http://other.test/", "");
    for (const auto& [id, to] : std::vector<std::pair<std::string, std::string>>{
             {message, other},  // no target of it
             {message, "ep_000000000000000000000000001"},
             {"msg_000000000000000000000000001", endpoint},
             {"nonsense", endpoint},
             {message, "nonsense"}}) {
        EXPECT_EQ(detail(id, to).status, 404) << id << " " << to;
        EXPECT_EQ(world.post("/api/v1/delivery/" + id + "/" + to + "/resend", "").status, 404);
    }
}

TEST_F(Dashboard, lists_endpoints_of_all_apis) {
    world.subscribe(R"({"target_url":"http://two.test/hook","event_types":["a"]})");
    world.post("/api/mailboxes", R"({"name":"Orders","target_url":"http://three.test/hook"})");
    const json::value page = world.get("/api/v1/endpoints").json();
    std::set<std::string> apis;
    for (const json::value& row : page.at("data").as_array()) {
        apis.insert(text(row, "api"));
        EXPECT_TRUE(row.at("isActive").as_bool());
        EXPECT_EQ(text(row, "health"), "healthy");
        EXPECT_TRUE(row.at("failingSince").is_null());
        EXPECT_EQ(row.at("pending").as_int64(), 0);
    }
    EXPECT_EQ(apis, (std::set<std::string>{"native", "subscriptions", "mailboxes"}));

    std::size_t found = 0;
    std::string query = "?limit=1";
    for (;;) {
        const json::value one = world.get("/api/v1/endpoints" + query).json();
        found += one.at("data").as_array().size();
        if (one.at("done").as_bool()) break;
        ASSERT_LE(found, 3U);
        query = "?limit=1&iterator=" + text(one, "iterator");
    }
    EXPECT_EQ(found, 3U);
    const auto names = [&](const std::string& search) {
        Types all;
        const json::value found_now = world.get("/api/v1/endpoints?search=" + search).json();
        for (const json::value& row : found_now.at("data").as_array())
            all.push_back(text(row, "url"));
        return all;
    };
    EXPECT_EQ(names("two.TEST"), Types{"http://two.test/hook"});
    EXPECT_EQ(names("orders"), Types{"http://three.test/hook"});
    EXPECT_EQ(names(endpoint), Types{"http://one.test/hook"});
    EXPECT_EQ(names("nothing"), Types{});
}

TEST_F(Dashboard, switches_endpoints_of_every_api_off_and_on) {
    world.subscribe(R"({"target_url":"http://two.test/hook"})");
    world.post("/api/mailboxes", R"({"name":"Orders","target_url":"http://three.test/hook"})");
    const json::value page = world.get("/api/v1/endpoints").json();
    for (const json::value& row : page.at("data").as_array()) {
        const std::string path = "/api/v1/endpoints/" + text(row, "id");
        for (const bool is_active : {false, false, true}) {
            const Answer patched = world.send(
                Method::patch, path, is_active ? R"({"isActive":true})" : R"({"isActive":false})");
            EXPECT_EQ(patched.status, 200) << patched.body;
            EXPECT_EQ(patched.json().at("isActive").as_bool(), is_active);
        }
    }
    const std::string path = "/api/v1/endpoints/" + endpoint;
    world.send(Method::patch, path, R"({"isActive":false})");
    world.advance(1s);
    EXPECT_EQ(world.send(Method::patch, path, R"({})").status, 422);
    EXPECT_EQ(world.send(Method::patch, path, R"({"isActive":1})").status, 422);
    EXPECT_EQ(world.send(Method::patch, "/api/v1/endpoints/ep_1", R"({"isActive":true})").status,
              404);
}

TEST_F(Dashboard, deliveries_that_wait_are_counted) {
    world.otherwise = answer(500);
    hand_in("a");
    hand_in("b");
    const json::value page = world.get("/api/v1/endpoints").json();
    EXPECT_EQ(page.at("data").at(0).at("pending").as_int64(), 2);
}

// A token of an application, or a user of one, sees what belongs to it; another organization sees nothing.
TEST_F(Dashboard, each_sees_their_own) {
    world.call(Method::post, "/app", R"({"name":"Other","uid":"other"})");
    const std::string theirs =
        world.call(Method::post, "/app/other/endpoint", R"({"url":"http://theirs.test/"})")
            .text("id");
    const std::string theirs_sent =
        world.call(Method::post, "/app/other/msg", R"({"eventType":"theirs","payload":{}})")
            .text("id");
    const std::string ours_sent = hand_in("ours");
    People people(world);
    const auto application = ApplicationId(*parse_base62("app", app));
    const World::Headers limited[] = {
        People::bearer(world.token(world.organization, app)),
        People::bearer(people.add_key(KeyScope::read, application)),
    };
    for (const World::Headers& credentials : limited) {
        const auto get = [&](const std::string& path) {
            return world.send(Method::get, "/api/v1" + path, "", credentials);
        };
        const json::value page = get("/delivery").json();
        ASSERT_EQ(page.at("data").as_array().size(), 1U);
        EXPECT_EQ(text(page.at("data").at(0), "eventType"), "ours");
        const json::value endpoints = get("/endpoints").json();
        ASSERT_EQ(endpoints.at("data").as_array().size(), 1U);
        EXPECT_EQ(text(endpoints.at("data").at(0), "id"), endpoint);
        EXPECT_EQ(get("/delivery/" + ours_sent + "/" + endpoint).status, 200);
        EXPECT_EQ(get("/delivery/" + theirs_sent + "/" + theirs).status, 404);
        EXPECT_EQ(get("/delivery?appId=other").status, 404);
        EXPECT_EQ(get("/delivery?endpointId=" + theirs).status, 404);
        EXPECT_EQ(get("/delivery?search=" + theirs_sent).json().at("data").as_array().size(), 0U);
        EXPECT_EQ(get("/delivery?search=theirs").json().at("data").as_array().size(), 0U);
        EXPECT_EQ(get("/endpoints?iterator=" + theirs).status, 404);
        EXPECT_EQ(
            world.send(Method::post, "/api/v1/delivery/" + theirs_sent + "/" + theirs + "/resend",
                       "", credentials)
                    .status /
                100,
            4);
    }
    const World::Headers neighbour = People::bearer(people.add_key(KeyScope::full, {}, kNeighbour));
    for (const char* path : {"/api/v1/delivery", "/api/v1/endpoints"}) {
        const json::value page = world.send(Method::get, path, "", neighbour).json();
        EXPECT_TRUE(page.at("data").as_array().empty()) << path;
        EXPECT_TRUE(page.at("done").as_bool());
    }
}

TEST_F(Dashboard, a_store_that_cannot_read_is_said) {
    world.reads_work = false;
    EXPECT_EQ(world.get("/api/v1/delivery").status, 503);
}

}  // namespace
}  // namespace posthaste::test
