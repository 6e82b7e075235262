// The orders API as its clients see it. Names start with the id of the requirement (docs/requirements.md).

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>

#include "api/orders/target.h"
#include "base/bytes.h"
#include "domain/signing.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

// As the original's own example sends it.
constexpr const char* kExample = R"({"order_id": 123, "user_id": 7, "amount": 49.9})";
constexpr const char* kReceived =
    R"({"message":"Order received","order":{"order_id":123,"user_id":7,"amount":49.9}})";
constexpr const char* kTarget = "http://seller.test/orders";
constexpr const char* kSecret = "supersecret123";

class Orders : public testing::Test {
protected:
    // As at the start of a server with such settings.
    Result<void> start(const std::string& target, std::optional<std::string> secret = kSecret) {
        world.settings.orders_target = target;
        world.settings.orders_secret = std::move(secret);
        const Result<void> kept = world.run(
            orders::keep_target(&world.engine().directory(), &world.settings, world.now()));
        world.settle();
        return kept;
    }
    Answer order(const std::string& body = kExample) { return world.post("/order", body); }

    // The native API, for the organization that owns the target.
    Answer native(Method method, const std::string& path, const std::string& body = {}) {
        const std::string token = world.token(to_base62("org", world.settings.organization));
        return world.call(method, app() + path, body, token);
    }
    std::string app() { return "/app/" + to_base62("app", world.settings.application); }

    std::vector<std::string> urls() {
        std::vector<std::string> all;
        for (const Received& request : world.received) all.push_back(request.url);
        world.received.clear();
        return all;
    }

    World world;
};

using Urls = std::vector<std::string>;

TEST_F(Orders, S0_01_accepts_an_order_and_answers_with_it) {
    ASSERT_TRUE(start(kTarget));
    const Answer received = order();
    EXPECT_EQ(received.status, 200);
    EXPECT_EQ(received.content_type, "application/json");
    EXPECT_EQ(received.body, kReceived);
    EXPECT_EQ(world.post("/order/", kExample).body, kReceived);
}

TEST_F(Orders, S0_01_reads_lax_numbers_and_drops_what_is_more) {
    const struct {
        const char* body;
        const char* order;
    } cases[] = {
        {R"({"order_id":"5","user_id":7.9,"amount":50})",
         R"({"order_id":5,"user_id":7,"amount":50.0})"},
        {R"({"amount":"1e16","note":"fast","user_id":true,"order_id":-1})",
         R"({"order_id":-1,"user_id":1,"amount":1e+16})"},
        {R"({"order_id":123456789012345678901234567890,"user_id":1,"amount":0.00001})",
         R"({"order_id":123456789012345678901234567890,"user_id":1,"amount":1e-05})"},
    };
    for (const auto& row : cases) {
        const Answer received = order(row.body);
        EXPECT_EQ(received.status, 200) << row.body;
        EXPECT_EQ(received.body,
                  std::string(R"({"message":"Order received","order":)") + row.order + "}");
    }
}

std::string refused(const std::string& problems) { return R"({"detail":[)" + problems + "]}"; }

TEST_F(Orders, S0_01_says_what_is_wrong_in_the_words_of_the_original) {
    ASSERT_TRUE(start(kTarget));
    const std::string no_dict =
        R"({"loc":["body"],"msg":"value is not a valid dict","type":"type_error.dict"})";
    const std::string no_body =
        R"({"loc":["body"],"msg":"field required","type":"value_error.missing"})";
    const struct {
        std::string body;
        std::string problems;
        World::Headers headers;
    } cases[] = {
        {R"({"user_id":7,"amount":1})",
         R"({"loc":["body","order_id"],"msg":"field required","type":"value_error.missing"})",
         {}},
        {R"({"order_id":"x","user_id":7,"amount":1})",
         R"({"loc":["body","order_id"],"msg":"value is not a valid integer",)"
         R"("type":"type_error.integer"})",
         {}},
        {"{bad",
         R"j({"loc":["body",1],"msg":"Expecting property name enclosed in double quotes: line 1 )j"
         R"j(column 2 (char 1)","type":"value_error.jsondecode","ctx":{"msg":"Expecting property )j"
         R"j(name enclosed in double quotes","doc":"{bad","pos":1,"lineno":1,"colno":2}})j",
         {}},
        {"", no_body, {}},
        {"", no_body, {{"content-type", "application/x-www-form-urlencoded"}}},
        {"null", no_body, {}},
        {"[1]", no_dict, {}},
        {kExample, no_dict, {{"content-type", "application/x-www-form-urlencoded"}}},
        {kExample, no_dict, {{"Content-Type", "text/plain; charset=utf-8"}}},
        {kExample, no_dict, {{"content-type", "application/jsonx"}}},
        {kExample, no_dict, {{"content-type", "application/a/b+json"}}},
        {kExample, no_dict, {{"content-type", "json"}}},
    };
    for (const auto& row : cases) {
        const Answer answer = world.send(Method::post, "/order", row.body, row.headers);
        EXPECT_EQ(answer.status, 422) << row.body;
        EXPECT_EQ(answer.body, refused(row.problems)) << row.body;
    }
    EXPECT_TRUE(world.received.empty());
    for (const char* type : {"application/json", "Application/JSON ; charset=utf-8",
                             "application/vnd.orders+json", ""})
        EXPECT_EQ(world.send(Method::post, "/order", kExample, {{"content-type", type}}).body,
                  kReceived)
            << type;
}

TEST_F(Orders, S0_01_answers_other_methods_and_paths_as_the_original) {
    const Answer other = world.get("/order");
    EXPECT_EQ(other.status, 405);
    EXPECT_EQ(other.body, R"({"detail":"Method Not Allowed"})");
    EXPECT_NE(other.headers.find("allow: POST"), std::string::npos);
    const Answer unknown = world.get("/orders");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, R"({"detail":"Not Found"})");
}

TEST_F(Orders, S0_02_the_target_gets_the_order_as_it_came) {
    ASSERT_TRUE(start(kTarget));
    const std::string more = R"( {"note" : "gr\u00fcn", "order_id": "1", "user_id":2,"amount":3} )";
    order();
    order(more);
    ASSERT_EQ(world.received.size(), 2U);
    for (const Received& request : world.received) {
        EXPECT_EQ(request.url, kTarget);
        EXPECT_EQ(request.timeout, 10s);
        EXPECT_EQ(request.header("X-Event-Name"), "order_creation");
        EXPECT_EQ(request.header("X-Signature"), to_hex(hmac_sha256(kSecret, request.body)));
        EXPECT_EQ(verify_standard(*parse_secret(kSecret), request.header("webhook-id"),
                                  request.header("webhook-timestamp"),
                                  request.header("webhook-signature"), request.body, world.now()),
                  Verification::valid);
    }
    EXPECT_EQ(world.received[0].body, kExample);
    EXPECT_EQ(world.received[1].body, more);
    // For an order that is written in canonical form, the signature is the original's.
    order(R"({"amount":49.9,"order_id":123,"user_id":7})");
    EXPECT_EQ(world.received[2].header("X-Signature"),
              "1b672b787a3640e4ca14337cfebfc9c00e6ac16d85b3ede929d8566b89b58306");
}

TEST_F(Orders, S0_02_without_a_secret_nothing_is_signed) {
    ASSERT_TRUE(start(kTarget, std::nullopt));
    order();
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].header("X-Event-Name"), "order_creation");
    EXPECT_EQ(world.received[0].headers.find("ignature"), std::string::npos);
}

TEST_F(Orders, S0_02_redirects_are_failures) {
    ASSERT_TRUE(start(kTarget));
    world.answers.push_back(answer(302));
    order();
    world.advance(1s);
    EXPECT_EQ(world.received.size(), 2U);
}

TEST_F(Orders, S0_03_the_answer_does_not_wait_for_the_target) {
    ASSERT_TRUE(start(kTarget));
    world.hold = true;
    EXPECT_EQ(order().body, kReceived);
    EXPECT_EQ(world.received.size(), 1U) << "under way";
    world.release();
}

TEST_F(Orders, S0_02_every_subscribed_endpoint_gets_it_too) {
    ASSERT_TRUE(start(kTarget));
    const auto subscribe = [&](const std::string& url, const std::string& more) {
        world.subscribe(R"({"target_url":")" + url + "\"" + more + "}");
    };
    subscribe("http://all.test/", "");
    subscribe("http://some.test/", R"(,"event_types":["a","order_creation"])");
    subscribe("http://other.test/", R"(,"event_types":["order.created"])");
    const auto filtered = [&](const std::string& url, const std::string& filter) {
        const Answer made = native(Method::post, "/endpoint",
                                   R"({"url":")" + url + R"(","filter":)" + filter + "}");
        ASSERT_EQ(made.status, 201) << made.body;
    };
    filtered("http://large.test/", R"({"amount":{"$gte":100}})");
    filtered("http://small.test/", R"({"amount":{"$lt":100}})");
    order();
    EXPECT_EQ(urls(),
              (Urls{kTarget, "http://all.test/", "http://some.test/", "http://small.test/"}));
}

TEST_F(Orders, S0_02_without_a_target_the_subscribed_endpoints_are_left) {
    ASSERT_TRUE(start(""));
    EXPECT_EQ(order().body, kReceived);
    EXPECT_TRUE(world.received.empty());
    world.subscribe(R"({"target_url":"http://all.test/"})");
    EXPECT_EQ(order().body, kReceived);
    EXPECT_EQ(urls(), Urls{"http://all.test/"});
}

TEST_F(Orders, S0_20_the_target_follows_the_settings_and_stays_one_endpoint) {
    ASSERT_TRUE(start(""));
    EXPECT_EQ(native(Method::get, "/endpoint/orders-target").status, 404) << "never set";
    ASSERT_TRUE(start(kTarget));
    const std::string id = native(Method::get, "/endpoint/orders-target").text("id");
    // What was changed by hand and is no setting stays.
    ASSERT_EQ(native(Method::patch, "/endpoint/orders-target", R"({"rateLimit":7})").status, 200);

    world.otherwise = answer(500);
    order();
    ASSERT_TRUE(start("", std::nullopt));
    EXPECT_TRUE(native(Method::get, "/endpoint/orders-target").json().at("disabled").as_bool());
    order();
    world.advance(1h);
    EXPECT_EQ(urls(), Urls{kTarget}) << "what waits goes on waiting, and nothing new comes";

    world.otherwise = answer(200);
    ASSERT_TRUE(start("http://new.test/", "other"));
    world.advance(1s);
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].url, "http://new.test/");
    EXPECT_EQ(world.received[0].header("X-Signature"), to_hex(hmac_sha256("other", kExample)));
    const auto shown = native(Method::get, "/endpoint/orders-target").json();
    EXPECT_EQ(shown.at("id").as_string(), id);
    EXPECT_EQ(shown.at("url").as_string(), "http://new.test/");
    EXPECT_FALSE(shown.at("disabled").as_bool());
    EXPECT_EQ(shown.at("rateLimit").as_int64(), 7);
}

TEST_F(Orders, a_target_that_was_deleted_comes_back_at_the_next_start) {
    ASSERT_TRUE(start(kTarget));
    ASSERT_EQ(native(Method::delete_, "/endpoint/orders-target").status, 204);
    order();
    EXPECT_TRUE(urls().empty());
    ASSERT_TRUE(start(kTarget));
    order();
    EXPECT_EQ(urls(), Urls{kTarget});
}

TEST_F(Orders, somebody_elses_endpoint_is_not_made_the_target) {
    world.subscribe(R"({"target_url":"http://all.test/"})");  // so that the application is there
    ASSERT_EQ(
        native(Method::post, "/endpoint", R"({"url":"http://theirs.test/","uid":"orders-target"})")
            .status,
        201);
    const Result<void> kept = start(kTarget);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, ErrorCode::exists);
    EXPECT_EQ(native(Method::get, "/endpoint/orders-target").json().at("url").as_string(),
              "http://theirs.test/");
}

std::vector<double> gaps(const World& world) {
    std::vector<double> result;
    for (std::size_t i = 1; i < world.received.size(); ++i)
        result.push_back(
            std::chrono::duration<double>(world.received[i].at - world.received[i - 1].at).count());
    return result;
}

TEST_F(Orders, S0_29_retries_after_1_2_4_8_seconds_at_most_and_half_at_least) {
    ASSERT_TRUE(start(kTarget));
    world.otherwise = answer(500, "no");
    order();
    world.advance(1h);
    const double most[] = {1, 2, 4, 8};
    const std::vector<double> found = gaps(world);
    ASSERT_EQ(found.size(), 4U) << "five attempts";
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_GE(found[i], most[i] / 2);
        EXPECT_LE(found[i], most[i] + 0.01);
    }
}

TEST_F(Orders, S0_30_orders_that_failed_together_do_not_return_together) {
    ASSERT_TRUE(start(kTarget));
    for (int i = 0; i < 50; ++i) {
        world.answers.push_back(answer(500));
        order();
    }
    world.received.clear();
    world.advance(1s);
    ASSERT_EQ(world.received.size(), 50U);
    std::map<std::int64_t, int> in_50_ms;
    for (const Received& request : world.received) ++in_50_ms[to_micros(request.at) / 50'000];
    for (const auto& [when, count] : in_50_ms) EXPECT_LT(count, 25);
}

TEST_F(Orders, S0_21_S0_35_S0_36_every_attempt_is_kept_with_what_was_sent_and_answered) {
    ASSERT_TRUE(start(kTarget));
    world.answers.push_back(answer(503, "later"));
    order();
    world.advance(1s);
    const auto attempts = native(Method::get, "/attempt/endpoint/orders-target").json();
    const auto& list = attempts.at("data").as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].at("responseStatusCode").as_int64(), 200);
    EXPECT_EQ(list[1].at("responseStatusCode").as_int64(), 503);
    EXPECT_EQ(list[1].at("response").as_string(), "later");
    EXPECT_EQ(list[1].at("statusText").as_string(), "fail");
    EXPECT_FALSE(list[1].at("timestamp").as_string().empty());
    const auto messages = native(Method::get, "/endpoint/orders-target/msg").json();
    const auto& message = messages.at("data").as_array().at(0);
    EXPECT_EQ(message.at("eventType").as_string(), "order_creation");
    EXPECT_EQ(boost::json::serialize(message.at("payload")),
              R"({"amount":4.99E1,"order_id":123,"user_id":7})");
}

TEST_F(Orders, S0_22_S0_37_what_failed_for_good_can_be_sent_again) {
    ASSERT_TRUE(start(kTarget));
    world.otherwise = answer(500);
    order();
    world.advance(1h);
    world.otherwise = answer(200);
    world.received.clear();
    const Answer recovery = native(Method::post, "/endpoint/orders-target/recover",
                                   R"({"since":"2026-01-02T00:00:00Z"})");
    ASSERT_EQ(recovery.status, 202) << recovery.body;
    world.advance(10s);
    EXPECT_EQ(urls(), Urls{kTarget});
}

TEST_F(Orders, S0_24_a_rate_holds_for_the_target) {
    ASSERT_TRUE(start(kTarget));
    ASSERT_EQ(native(Method::patch, "/endpoint/orders-target", R"({"rateLimit":10})").status, 200);
    for (int i = 0; i < 100; ++i) order();
    world.advance(60s);
    ASSERT_EQ(world.received.size(), 100U) << "none is lost";
    for (std::size_t i = 10; i < world.received.size(); ++i)
        EXPECT_GE(world.received[i].at - world.received[i - 10].at, 1s) << i;
}

TEST_F(Orders, a_store_that_cannot_commit_is_503_with_advice_and_heals) {
    ASSERT_TRUE(start(kTarget));
    world.fate = CommitFate::refused;
    const Answer refused = order();
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.headers.find("retry-after: 1\r\n"), std::string::npos);
    world.fate = CommitFate::applied;
    world.advance(10s);
    EXPECT_EQ(order().body, kReceived);
}

TEST_F(Orders, in_required_mode_credentials_say_whose_order_it_is) {
    ASSERT_TRUE(start(kTarget));
    world.settings.auth = AuthMode::required;
    const Answer anonymous = order();
    EXPECT_EQ(anonymous.status, 401);
    EXPECT_EQ(anonymous.body, R"({"detail":"Not authenticated"})");
    const auto order_of = [&](const std::string& organization) {
        return world.send(Method::post, "/order", kExample,
                          {{"Authorization", "Bearer " + world.token(organization)}});
    };
    EXPECT_EQ(order_of("org_stranger").body, kReceived);
    EXPECT_TRUE(urls().empty()) << "the target is another organization's";
    EXPECT_EQ(order_of(to_base62("org", world.settings.organization)).body, kReceived);
    EXPECT_EQ(urls(), Urls{kTarget});
}

TEST(Greeting, S0_the_originals_words_when_asked_for) {
    World world;
    EXPECT_EQ(world.get("/").body, R"({"message":"Welcome to Webhook Delivery Service"})");
    world.settings.greeting = Greeting::orders;
    EXPECT_EQ(world.get("/").body,
              R"({"message":"FastAPI webhook dispatcher is running","env":"development"})");
    world.settings.environment = "sta\"ging";
    EXPECT_EQ(world.get("/").body,
              R"({"message":"FastAPI webhook dispatcher is running","env":"sta\"ging"})");
    EXPECT_EQ(world.send(Method::get, "/", {}, {{"Accept", "text/html"}}).content_type,
              "text/html; charset=utf-8");
}

}  // namespace
}  // namespace posthaste::test
