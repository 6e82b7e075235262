// The subscriptions API as its clients see it. Names start with the id of the requirement (docs/requirements.md).

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "domain/signing.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr const char* kExample =
    R"({"target_url":"http://example.com/webhook","secret":"my_secret_key",)"
    R"("event_types":["user.created","user.updated"]})";
constexpr const char* kUnknown = "0190a5b2-7c3d-7abc-8def-0123456789ab";

std::string subscription_json(const std::string& id, const std::string& url,
                              const std::string& secret, const std::string& types,
                              const std::string& active = "true") {
    return R"({"target_url":")" + url + R"(","secret":)" + secret + R"(,"event_types":)" + types +
           R"(,"id":")" + id + R"(","created_at":"2026-01-02T03:04:05.123456","is_active":)" +
           active + "}";
}

TEST(Subscriptions, S1_01_created_with_every_field_and_status_200) {
    World world;
    const Answer created = world.post("/subscriptions/", kExample);
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.content_type, "application/json");
    EXPECT_EQ(created.body,
              subscription_json(created.text("id"), "http://example.com/webhook",
                                R"("my_secret_key")", R"(["user.created","user.updated"])"));
    EXPECT_TRUE(parse_uuid(created.text("id")).has_value());
}

// The original showed them to everybody; where credentials are required, whoever may read gets to see none.
TEST(Subscriptions, secrets_are_masked_where_credentials_are_required_and_still_sign) {
    World world;
    world.settings.auth = AuthMode::required;
    const World::Headers token = {
        {"Authorization", "Bearer " + world.token(to_base62("org", world.settings.organization))}};
    const Answer created = world.send(Method::post, "/subscriptions/", kExample, token);
    ASSERT_EQ(created.status, 200) << created.body;
    const std::string path = "/subscriptions/" + created.text("id");
    for (const Answer& answer : {created, world.send(Method::get, path, "", token),
                                 world.send(Method::get, "/subscriptions", "", token),
                                 world.send(Method::put, path, R"({"event_types":null})", token)}) {
        EXPECT_EQ(answer.status, 200);
        EXPECT_NE(answer.body.find(R"("secret":null)"), std::string::npos) << answer.body;
        EXPECT_EQ(answer.body.find("my_secret_key"), std::string::npos) << answer.body;
    }
    // Masked is not gone.
    world.send(Method::post, "/webhooks/ingest/" + created.text("id"), R"({"event":"e"})", token);
    ASSERT_EQ(world.received.size(), 1u);
    const Received& got = world.received[0];
    const auto key = parse_secret("my_secret_key");
    EXPECT_EQ(verify_standard(*key, got.header("webhook-id"), got.header("webhook-timestamp"),
                              got.header("webhook-signature"), got.body, world.now()),
              Verification::valid);
    EXPECT_EQ(world.send(Method::delete_, path, "", token).body.find("my_secret_key"),
              std::string::npos);
}

TEST(Subscriptions, S1_36_secret_and_event_types_are_optional) {
    World world;
    const Answer created = world.post("/subscriptions/", R"({"target_url":"http://h"})");
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.body, subscription_json(created.text("id"), "http://h/", "null", "null"));
    const Answer nulls = world.post(
        "/subscriptions/", R"({"target_url":"http://h","secret":null,"event_types":null})");
    EXPECT_EQ(nulls.body, subscription_json(nulls.text("id"), "http://h/", "null", "null"));
}

TEST(Subscriptions, an_empty_secret_is_none_and_unknown_members_are_ignored) {
    World world;
    const Answer created = world.post(
        "/subscriptions/",
        R"({"target_url":" HTTP://H.example:80/a?b=c ","secret":"","event_types":[],"is_active":false,"x":{}})");
    EXPECT_EQ(created.body,
              subscription_json(created.text("id"), "http://h.example/a?b=c", "null", "[]"));
}

TEST(Subscriptions, a_private_address_is_accepted_at_creation) {
    World world;
    for (const char* url : {"http://127.0.0.1:9/x", "http://10.0.0.1/", "http://[::1]:8080/"}) {
        const Answer created =
            world.post("/subscriptions/", std::string(R"({"target_url":")") + url + R"("})");
        EXPECT_EQ(created.status, 200) << url;
        EXPECT_EQ(created.text("target_url"), url);
    }
}

TEST(Subscriptions, S1_02_get_list_update_delete) {
    World world;
    const std::string id = world.subscribe(kExample);
    const std::string as_created =
        subscription_json(id, "http://example.com/webhook", R"("my_secret_key")",
                          R"(["user.created","user.updated"])");
    EXPECT_EQ(world.get("/subscriptions/" + id).body, as_created);
    EXPECT_EQ(world.get("/subscriptions/").body, "[" + as_created + "]");

    const Answer updated = world.put("/subscriptions/" + id, R"({"is_active":false})");
    EXPECT_EQ(updated.status, 200);
    EXPECT_EQ(updated.body,
              subscription_json(id, "http://example.com/webhook", R"("my_secret_key")",
                                R"(["user.created","user.updated"])", "false"));
    EXPECT_EQ(world.get("/subscriptions/" + id).body, updated.body);

    const Answer removed = world.remove("/subscriptions/" + id);
    EXPECT_EQ(removed.status, 200);
    EXPECT_EQ(removed.body, updated.body);
    const Answer again = world.remove("/subscriptions/" + id);
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(again.body, R"({"detail":"Subscription not found"})");
    EXPECT_EQ(world.get("/subscriptions/" + id).status, 404);
    EXPECT_EQ(world.put("/subscriptions/" + id, "{}").status, 404);
    EXPECT_EQ(world.get("/subscriptions").body, "[]");
}

struct UpdateCase {
    const char* body;
    const char* url = "http://example.com/webhook";
    const char* secret = R"("my_secret_key")";
    const char* types = R"(["user.created","user.updated"])";
    const char* active = "true";
};

TEST(Subscriptions, S1_02_update_changes_what_is_mentioned_only) {
    const UpdateCase cases[] = {
        {"{}"},
        {R"({"target_url":"https://other.example"})", "https://other.example/"},
        {R"({"secret":"new"})", "http://example.com/webhook", R"("new")"},
        {R"({"secret":null})", "http://example.com/webhook", "null"},
        {R"({"event_types":["a"]})", "http://example.com/webhook", R"("my_secret_key")",
         R"(["a"])"},
        {R"({"event_types":null})", "http://example.com/webhook", R"("my_secret_key")", "null"},
        {R"({"is_active":"off"})", "http://example.com/webhook", R"("my_secret_key")",
         R"(["user.created","user.updated"])", "false"},
        {R"({"is_active":0})", "http://example.com/webhook", R"("my_secret_key")",
         R"(["user.created","user.updated"])", "false"},
        {R"({"is_active":1.0})"},
        {R"({"is_active":"YES"})"},
    };
    for (const UpdateCase& c : cases) {
        World world;
        const std::string id = world.subscribe(kExample);
        const Answer updated = world.put("/subscriptions/" + id, c.body);
        EXPECT_EQ(updated.status, 200) << c.body;
        EXPECT_EQ(updated.body, subscription_json(id, c.url, c.secret, c.types, c.active));
        EXPECT_EQ(world.get("/subscriptions/" + id).body, updated.body);
    }
}

TEST(Subscriptions, S1_02_lists_by_skip_and_limit_in_order_of_creation) {
    World world;
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i)
        ids.push_back(world.subscribe(R"({"target_url":"http://h/)" + std::to_string(i) + "\"}"));
    struct Case {
        const char* query;
        std::size_t first;
        std::size_t count;
    };
    for (const Case& c : {Case{"", 0, 5},
                          {"?limit=2", 0, 2},
                          {"?skip=3", 3, 2},
                          {"?skip=1&limit=3", 1, 3},
                          {"?limit=0", 0, 0},
                          {"?skip=9", 0, 0},
                          {"?limit=%31", 0, 1},
                          {"?limit=1000&skip=4", 4, 1},
                          {"?skip=99999999999999999999", 0, 0},
                          {"?limit=1&limit=2", 0, 2}}) {
        const Answer page = world.get(std::string("/subscriptions/") + c.query);
        ASSERT_EQ(page.status, 200) << c.query;
        const auto list = page.json();
        ASSERT_EQ(list.as_array().size(), c.count) << c.query;
        for (std::size_t i = 0; i < c.count; ++i)
            EXPECT_EQ(list.as_array()[i].as_object().at("id").as_string(), ids[c.first + i]);
    }
}

TEST(Subscriptions, S1_20_an_update_takes_effect_at_once) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://old"})");
    world.put("/subscriptions/" + id, R"({"target_url":"http://new","secret":"s"})");
    world.ingest(id, "{}");
    ASSERT_EQ(world.received.size(), 1u);
    EXPECT_EQ(world.received[0].url, "http://new/");
    EXPECT_EQ(world.received[0].header("X-Webhook-Signature"), to_hex(hmac_sha256("s", "{}")));
}

TEST(Ingest, S1_04_accepts_and_delivers_the_same_bytes) {
    World world;
    const std::string id = world.subscribe(kExample);
    const std::string payload =
        "{\"event\": \"user.created\",  \"data\":\t{\"id\": 123, \"name\": \"J\\u00f6hn "
        "\xC3\xB6\"}}\n";
    const Answer accepted = world.post("/webhooks/ingest/" + id, payload);
    EXPECT_EQ(accepted.status, 202);
    const std::string delivery = accepted.text("delivery_id");
    EXPECT_EQ(accepted.body,
              R"({"message":"Webhook accepted for delivery","delivery_id":")" + delivery + "\"}");
    ASSERT_EQ(world.received.size(), 1u);
    EXPECT_EQ(world.received[0].body, payload);
    EXPECT_EQ(world.received[0].header("X-Webhook-Delivery-ID"), delivery);
    EXPECT_EQ(world.received[0].header("X-Webhook-Subscription-ID"), id);
    EXPECT_EQ(world.received[0].timeout, 10s);  // S1-16
}

TEST(Ingest, S1_35_any_object_passes_byte_for_byte) {
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    const std::vector<std::string> payloads = {
        "{}",
        "  {}  ",
        R"({"n": 123456789012345678901234567890})",
        R"({"n": -123456789012345678901234567890, "event": "user.created"})",
        R"({"n": 1e400, "m": 1.000000000000000000001})",
        R"({"event": "user.created", "lone": "\ud800"})",
        R"({"a": {"b": [1, 2, {"c": null}]}, "": 0})",
        R"({"event": "user.created", "event": "user.updated"})",
        "{\"text\": \"\xF0\x9F\x93\xAE \\ud83d\\udcee\"}",
        R"({"deep": )" + deep + "}",
        R"({"large": ")" + std::string(300'000, 'x') + R"(", "event": "user.created"})",
    };
    World world;
    const std::string id = world.subscribe(kExample);
    for (const std::string& payload : payloads) {
        world.received.clear();
        const Answer accepted = world.post("/webhooks/ingest/" + id, payload);
        EXPECT_EQ(accepted.status, 202) << payload.substr(0, 100);
        ASSERT_EQ(world.received.size(), 1u) << payload.substr(0, 100);
        EXPECT_EQ(world.received[0].body, payload);
    }
}

TEST(Ingest, S1_09_filters_by_event_type) {
    struct Case {
        const char* filter;
        const char* payload;
        const char* skipped;  // the type in the message; null: delivered
    };
    const Case cases[] = {
        {R"(["a.b"])", R"({"event":"a.b"})", nullptr},
        {R"(["a.b"])", R"({"event":"order.x"})", "order.x"},
        {R"(["a.b"])", R"({"event":"A.B"})", "A.B"},
        {R"(["a.b"])", R"({"event":""})", ""},
        {R"(["a.b"])", R"({"other":1})", nullptr},             // no member "event": no filter
        {R"(["a.b"])", R"({"data":{"event":"x"}})", nullptr},  // only the top level counts
        {R"(["a.b"])", R"({"event":null})", "null"},
        {R"(["a.b"])", R"({"event":123456789012345678901234567890})",
         "123456789012345678901234567890"},
        {R"(["a.b"])", R"({"event":["a.b"]})", R"([\"a.b\"])"},
        {R"(["a.b"])", R"({"event":"x","event":"a.b"})", nullptr},  // the last one counts
        {R"(["a.b"])", R"({"event":"a.b","event":"x"})", "x"},
        {R"(["a.b"])", R"({"\u0065vent":"x"})", "x"},
        {R"(["a\nb"])", R"({"event":"a\nb"})", nullptr},
        {R"(["a.b"])", R"({"event":"\"q\""})", R"(\"q\")"},
        {"[]", R"({"event":"order.x"})", nullptr},
        {"null", R"({"event":"order.x"})", nullptr},
        {"null", R"({"event":7})", nullptr},
    };
    for (const Case& c : cases) {
        World world;
        const std::string id = world.subscribe(
            std::string(R"({"target_url":"http://h","event_types":)") + c.filter + "}");
        const Answer answer = world.post("/webhooks/ingest/" + id, c.payload);
        EXPECT_EQ(answer.status, 202) << c.payload;
        EXPECT_EQ(world.received.empty(), c.skipped != nullptr) << c.payload;
        if (c.skipped == nullptr) {
            EXPECT_NE(answer.body.find("delivery_id"), std::string::npos) << answer.body;
            continue;
        }
        EXPECT_EQ(answer.body, std::string(R"({"message":"Event type ')") + c.skipped +
                                   R"(' not subscribed","status":"skipped"})");
    }
}

TEST(Ingest, inactive_and_unknown_subscriptions) {
    World world;
    const std::string id = world.subscribe(kExample);
    world.put("/subscriptions/" + id, R"({"is_active":false})");
    const Answer inactive = world.post("/webhooks/ingest/" + id, "{}");
    EXPECT_EQ(inactive.status, 400);
    EXPECT_EQ(inactive.body, R"({"detail":"Subscription is not active"})");
    world.remove("/subscriptions/" + id);
    for (const std::string& unknown : {id, std::string(kUnknown)}) {
        const Answer gone = world.post("/webhooks/ingest/" + unknown, "{}");
        EXPECT_EQ(gone.status, 404);
        EXPECT_EQ(gone.body, R"({"detail":"Subscription not found"})");
    }
    EXPECT_TRUE(world.received.empty());
}

TEST(Ingest, S1_10_signs_with_the_secret_only) {
    World world;
    const std::string signed_id =
        world.subscribe(R"({"target_url":"http://h","secret":"my_secret_key"})");
    const std::string bare_id = world.subscribe(R"({"target_url":"http://h"})");
    // The vectors of the original.
    world.ingest(
        signed_id,
        R"({"event": "user.created", "data": {"id": 123, "name": "John Doe", "email": "john@example.com"}})");
    world.ingest(signed_id,
                 R"({"event": "user.created", "data": {"id": 123, "name": "J\u00f6hn"}})");
    world.ingest(bare_id, "{}");
    ASSERT_EQ(world.received.size(), 3u);
    EXPECT_EQ(world.received[0].header("X-Webhook-Signature"),
              "79e538f177cc3504faf4e361fee2bfdd8f963d412c0093ea08e1795a4da3045c");
    EXPECT_EQ(world.received[1].header("X-Webhook-Signature"),
              "f3abff3f083fba7aa9576d2f8d342564dfe6e18b72b47f14ec871da5c4d338f3");
    EXPECT_EQ(world.received[2].header("X-Webhook-Signature"), "");
}

TEST(Ingest, S1_11_checks_the_inbound_signature) {
    const std::string body = R"({"event": "user.created"})";
    const std::string good = to_hex(hmac_sha256("my_secret_key", body));
    std::string upper = good;
    for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    struct Case {
        std::string query;
        int status;
    };
    const Case cases[] = {
        {"", 202},
        {"?signature=" + good, 202},
        {"?signature=" + upper, 202},
        {"?a=b&signature=" + good + "&c", 202},
        {"?signature=", 202},  // not given
        {"?signature", 202},
        {"?signature=%" + to_hex(good.substr(0, 1)) + good.substr(1), 202},
        {"?signature=" + good.substr(1), 401},
        {"?signature=0" + good, 401},
        {"?signature=" + to_hex(hmac_sha256("other", body)), 401},
        {"?signature=" + to_hex(hmac_sha256("my_secret_key", body + " ")), 401},
        {"?signature=sha256%3D" + good, 401},
        {"?signature=xyz", 401},
        {"?signature=" + good + "&signature=00", 401},
        {"?Signature=00", 202},
    };
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h","secret":"my_secret_key"})");
    for (const Case& c : cases) {
        const Answer answer = world.post("/webhooks/ingest/" + id + c.query, body);
        EXPECT_EQ(answer.status, c.status) << c.query;
        const bool is_refusal = answer.body == R"({"detail":"Invalid signature"})";
        EXPECT_EQ(is_refusal, c.status == 401) << c.query;
    }
    const std::string no_secret = world.subscribe(R"({"target_url":"http://h"})");
    EXPECT_EQ(world.post("/webhooks/ingest/" + no_secret + "?signature=00", body).status, 202);
}

TEST(Ingest, S1_11_accepts_both_readings_of_an_encoded_secret) {
    World world;
    const std::string id =
        world.subscribe(R"({"target_url":"http://h","secret":"whsec_c2VjcmV0"})");
    for (const char* key : {"secret", "whsec_c2VjcmV0"})
        EXPECT_EQ(
            world
                .post("/webhooks/ingest/" + id + "?signature=" + to_hex(hmac_sha256(key, "{}")),
                      "{}")
                .status,
            202);
    EXPECT_EQ(
        world
            .post("/webhooks/ingest/" + id + "?signature=" + to_hex(hmac_sha256("c2VjcmV0", "{}")),
                  "{}")
            .status,
        401);
}

TEST(Ingest, ids_in_every_spelling) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    std::string bare;
    std::string upper;
    for (const char c : id) {
        if (c != '-') bare += c;
        upper += c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    }
    const std::string encoded = "%3" + id.substr(0, 1) + id.substr(1);
    for (const std::string& spelling :
         {id, bare, upper, encoded, "%7B" + id + "%7D", "{" + id + "}", "urn:uuid:" + id})
        EXPECT_EQ(world.post("/webhooks/ingest/" + spelling, "{}").status, 202) << spelling;
}

TEST(Ingest, a_store_that_cannot_commit_is_503_with_advice_and_heals) {
    for (const CommitFate fate :
         {CommitFate::refused, CommitFate::unknown_lost, CommitFate::unknown_applied}) {
        World world;
        const std::string id = world.subscribe(R"({"target_url":"http://h"})");
        const std::string doomed = world.subscribe(R"({"target_url":"http://h"})");
        world.fate = fate;
        const Answer refused = world.post("/webhooks/ingest/" + id, "{}");
        EXPECT_EQ(refused.status, 503);
        EXPECT_NE(refused.headers.find("retry-after: 1\r\n"), std::string::npos);
        EXPECT_FALSE(refused.text("detail").empty());
        EXPECT_EQ(world.post("/subscriptions/", kExample).status, 503);
        EXPECT_EQ(world.put("/subscriptions/" + id, "{}").status, 503);
        EXPECT_EQ(world.remove("/subscriptions/" + doomed).status, 503);
        world.fate = CommitFate::applied;
        world.advance(10s);
        // A change in doubt shows as the store really has it.
        EXPECT_EQ(world.get("/subscriptions/" + doomed).status,
                  fate == CommitFate::unknown_applied ? 404 : 200);
        EXPECT_EQ(world.post("/webhooks/ingest/" + id, "{}").status, 202);
    }
}

TEST(Ingest, a_stopping_server_is_503_and_closes) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    world.stop_engine();
    const Answer refused = world.post("/webhooks/ingest/" + id, "{}");
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.close);
    EXPECT_NE(refused.headers.find("retry-after: "), std::string::npos);
}

TEST(Status, S1_05_attempts_newest_first_with_every_field) {
    World world;
    world.answers.push_back(answer(500, std::string(300, 'e')));
    world.answers.push_back(failure(AttemptOutcome::connect_failed, "Connection refused."));
    const std::string id = world.subscribe(kExample);
    const std::string delivery = world.ingest(id, R"({"event":"user.created"})");
    const std::string common = R"({"delivery_id":")" + delivery + R"(","subscription_id":")" + id +
                               R"(","attempt_number":)";

    const Answer first = world.get("/status/delivery/" + delivery);
    EXPECT_EQ(first.status, 200);
    const std::string first_id =
        std::string(first.json().as_array().at(0).as_object().at("id").as_string());
    const std::string first_attempt = common + R"(1,"status_code":500,"success":false,"error":")" +
                                      std::string(255, 'e') + R"(","id":")" + first_id +
                                      R"(","timestamp":"2026-01-02T03:04:05.123456"})";
    EXPECT_EQ(first.body, "[" + first_attempt + "]");
    EXPECT_TRUE(parse_uuid(first_id).has_value());

    world.advance(60s);  // the second attempt is due after 10 to 11 seconds and fails
    world.advance(60s);  // the third after 30 to 33 more and succeeds
    const Answer all = world.get("/status/delivery/" + delivery);
    const auto list = all.json();
    ASSERT_EQ(list.as_array().size(), 3u);
    const auto& third = list.as_array()[0].as_object();
    EXPECT_EQ(third.at("attempt_number").as_int64(), 3);
    EXPECT_EQ(third.at("status_code").as_int64(), 200);
    EXPECT_TRUE(third.at("success").as_bool());
    EXPECT_TRUE(third.at("error").is_null());
    const auto& second = list.as_array()[1].as_object();
    EXPECT_EQ(second.at("attempt_number").as_int64(), 2);
    EXPECT_TRUE(second.at("status_code").is_null());
    EXPECT_FALSE(second.at("success").as_bool());
    EXPECT_EQ(second.at("error").as_string(), "Connection refused.");
    EXPECT_TRUE(all.body.ends_with(first_attempt + "]"));  // its id is the same at every look

    std::set<std::string> ids;
    for (const auto& attempt : list.as_array())
        ids.emplace(attempt.as_object().at("id").as_string());
    EXPECT_EQ(ids.size(), 3u);
}

TEST(Status, S1_25_a_delivery_without_attempts_is_an_empty_list) {
    World world;
    world.hold = true;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    const std::string delivery = world.ingest(id, "{}");
    EXPECT_EQ(world.received.size(), 1u);
    EXPECT_EQ(world.get("/status/delivery/" + delivery).body, "[]");
    EXPECT_EQ(world.get("/health/worker").body,
              R"({"status":"healthy","workers":3,"queue_size":1})");
    world.release();
    EXPECT_NE(world.get("/status/delivery/" + delivery).body, "[]");
    EXPECT_EQ(world.get("/health/worker").body,
              R"({"status":"healthy","workers":3,"queue_size":0})");
}

TEST(Status, error_text_is_valid_and_cut_at_255_characters) {
    std::string expected;
    for (int i = 0; i < 255; ++i) expected += "\xC3\xB6";
    std::string long_text;
    for (int i = 0; i < 400; ++i) long_text += "\xC3\xB6";
    struct Case {
        std::string response;
        std::string error;
    };
    const Case cases[] = {
        {"", ""},
        {"short", "short"},
        {long_text, expected},
        {"bad \xFF byte", "bad \xEF\xBF\xBD byte"},
        {"\"quoted\"\\\n\t", "\"quoted\"\\\n\t"},
    };
    for (const Case& c : cases) {
        World world;
        world.otherwise = answer(503, c.response);
        const std::string id = world.subscribe(R"({"target_url":"http://h"})");
        const std::string delivery = world.ingest(id, "{}");
        const auto list = world.get("/status/delivery/" + delivery).json();
        EXPECT_EQ(list.as_array().at(0).as_object().at("error").as_string(), c.error);
    }
}

TEST(Status, S1_06_recent_attempts_of_a_subscription) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    const std::string other = world.subscribe(R"({"target_url":"http://h"})");
    EXPECT_EQ(world.get("/status/subscription/" + id).body, "[]");
    std::vector<std::string> deliveries;
    for (int i = 0; i < 25; ++i) {
        deliveries.push_back(world.ingest(id, "{}"));
        world.ingest(other, "{}");
        world.advance(1s);
    }
    struct Case {
        const char* query;
        std::size_t count;
    };
    for (const Case& c : {Case{"", 20}, {"?limit=3", 3}, {"?limit=1000", 25}, {"?limit=0", 0}}) {
        const Answer answer = world.get("/status/subscription/" + id + c.query);
        EXPECT_EQ(answer.status, 200);
        const auto list = answer.json();
        ASSERT_EQ(list.as_array().size(), c.count) << c.query;
        for (std::size_t i = 0; i < c.count; ++i) {
            const auto& attempt = list.as_array()[i].as_object();
            EXPECT_EQ(attempt.at("delivery_id").as_string(), deliveries[24 - i]);
            EXPECT_EQ(attempt.at("subscription_id").as_string(), id);
        }
    }
}

TEST(Status, unknown_and_deleted_objects) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    const std::string delivery = world.ingest(id, "{}");
    EXPECT_EQ(world.remove("/subscriptions/" + id).status, 200);  // deliveries are no obstacle
    const Answer gone = world.get("/status/subscription/" + id);
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, R"({"detail":"Subscription not found"})");
    EXPECT_EQ(world.get("/status/delivery/" + delivery).json().as_array().size(), 1u);
    const Answer unknown = world.get(std::string("/status/delivery/") + kUnknown);
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, R"({"detail":"Delivery not found"})");
}

TEST(Status, a_store_that_cannot_read_is_503) {
    World world;
    const std::string id = world.subscribe(R"({"target_url":"http://h"})");
    const std::string delivery = world.ingest(id, "{}");
    world.reads_work = false;
    EXPECT_EQ(world.get("/status/delivery/" + delivery).status, 503);
    EXPECT_EQ(world.get("/status/subscription/" + id).status, 503);
    const Answer workers = world.get("/health/worker");
    EXPECT_EQ(workers.status, 200);
    EXPECT_EQ(workers.text("status"), "unhealthy");
    EXPECT_FALSE(workers.text("error").empty());
}

// Seconds between the requests a receiver saw.
std::vector<double> gaps(const World& world) {
    std::vector<double> result;
    for (std::size_t i = 1; i < world.received.size(); ++i)
        result.push_back(
            std::chrono::duration<double>(world.received[i].at - world.received[i - 1].at).count());
    return result;
}

struct RetryCase {
    std::optional<std::uint32_t> attempts_max;
    std::optional<Duration> base;
    std::vector<double> least;
    double spread;  // the largest gap is least × spread
};

TEST(Retries, S1_12_13_14_15_attempts_and_gaps) {
    const RetryCase cases[] = {
        {std::nullopt, std::nullopt, {10, 30, 60, 300}, 1.1},
        {2, std::nullopt, {10}, 1.1},
        {1, std::nullopt, {}, 1.1},
        {0, std::nullopt, {}, 1.1},
        {6, std::nullopt, {10, 30, 60, 300, 900}, 1.1},
        {8, std::nullopt, {10, 30, 60, 300, 900, 900, 900}, 1.1},
        {std::nullopt, 60s, {30, 60, 120, 240}, 2.0},  // base × 2ⁿ, full jitter above a half
    };
    for (const RetryCase& c : cases) {
        World world;
        world.settings.subscriptions_retry = subscriptions_retry(c.attempts_max, c.base);
        world.otherwise = answer(500, "no");
        const std::string id = world.subscribe(R"({"target_url":"http://h"})");
        const std::string delivery = world.ingest(id, "{}");
        world.advance(24h);
        const auto found = gaps(world);
        ASSERT_EQ(found.size(), c.least.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_GE(found[i], c.least[i]);
            EXPECT_LE(found[i], c.least[i] * c.spread + 0.01);
        }
        // S1-17: every attempt is kept and can be asked for.
        EXPECT_EQ(world.get("/status/delivery/" + delivery).json().as_array().size(),
                  c.least.size() + 1);
        EXPECT_EQ(world.get("/health/worker").body,
                  R"({"status":"healthy","workers":3,"queue_size":0})");
    }
}

TEST(Workflow, S1_33_create_ingest_deliver_retry_log) {
    World world;
    world.answers.push_back(answer(502, "bad gateway"));
    const std::string id = world.subscribe(kExample);
    const std::string payload = R"({"event":"user.updated","data":{}})";
    const std::string delivery = world.ingest(id, payload);
    world.advance(11s);
    ASSERT_EQ(world.received.size(), 2u);
    for (const Received& request : world.received) {
        EXPECT_EQ(request.body, payload);
        EXPECT_EQ(request.header("X-Webhook-Delivery-ID"), delivery);
        EXPECT_EQ(request.header("X-Webhook-Signature"),
                  to_hex(hmac_sha256("my_secret_key", payload)));
    }
    EXPECT_EQ(world.get("/status/subscription/" + id).body,
              world.get("/status/delivery/" + delivery).body);
}

}  // namespace
}  // namespace posthaste::test
