// Mailboxes and what is handed in for them, as the mailboxes API's clients see it. Names start with the id of the requirement
// (docs/requirements.md).

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "domain/signing.h"
#include "tests/api/mailboxes_world.h"

namespace posthaste::test {
namespace {

using Mailboxes = MailboxesTest;

constexpr const char* kDefaults =
    R"("is_active":true,"event_types":null,"secret":null,"max_attempts":3,"retry_delays":null,)"
    R"("timeout":5,"rate_limit":null})";

// ---- mailboxes

TEST_F(Mailboxes, S2_01_created_with_a_key_of_its_own) {
    const Answer created =
        world.post("/api/mailboxes",
                   R"({"name":"My App Events","target_url":"https://webhook.example.com/events"})");
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.content_type, "application/json");
    EXPECT_EQ(created.body, R"({"id":")" + created.text("id") + R"(","api_key":")" +
                                created.text("api_key") +
                                R"(","name":"My App Events","target_url":)"
                                R"("https://webhook.example.com/events","created_at":")" +
                                kWorldStart + "\"," + kDefaults);
    EXPECT_TRUE(parse_uuid(created.text("id")).has_value());
    EXPECT_GE(created.text("api_key").size(), 43U);
    const Answer second = world.post("/api/mailboxes/", R"({"name":"b","target_url":"http://h"})");
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.text("target_url"), "http://h/");
    EXPECT_NE(second.text("api_key"), created.text("api_key"));
}

TEST_F(Mailboxes, S2_01_listed_in_order_of_creation) {
    EXPECT_EQ(world.get("/api/mailboxes").body, "[]");
    const std::string first =
        world.post("/api/mailboxes", R"({"name":"a","target_url":"http://a"})").body;
    const std::string second =
        world.post("/api/mailboxes", R"({"name":"b","target_url":"http://b"})").body;
    world.subscribe(R"({"target_url":"http://other"})");
    EXPECT_EQ(world.get("/api/mailboxes").body, "[" + first + "," + second + "]");
    EXPECT_EQ(world.get("/api/mailboxes/?skip=1&limit=5").body, "[" + second + "]");
    EXPECT_EQ(world.get("/subscriptions/").json().as_array().size(), 1U);
}

TEST_F(Mailboxes, a_producer_may_keep_its_key) {
    const Mailbox mailbox = create(R"(,"api_key":"books-secret-key")");
    EXPECT_EQ(mailbox.key, "books-secret-key");
    EXPECT_EQ(hand_in(mailbox).status, 200);
}

TEST_F(Mailboxes, what_is_wrong_with_a_mailbox_is_said) {
    const struct {
        const char* members;  // beside a valid name and target_url
        const char* type;
        const char* loc;
        const char* message;
    } cases[] = {
        {R"("name":1)", "string_type", R"(["body","name"])", "Input should be a valid string"},
        {R"("name":"")", "string_too_short", R"(["body","name"])",
         "String should have at least 1 character"},
        {R"("target_url":"ftp://h")", "url_scheme", R"(["body","target_url"])",
         "URL scheme should be 'http' or 'https'"},
        {R"("target_url":"orders")", "url_parsing", R"(["body","target_url"])",
         "Input should be a valid URL, relative URL without a base"},
        {R"("api_key":"short")", "value_error", R"(["body","api_key"])",
         "Value error, a key has 16 to 200 visible ASCII characters, and no spaces"},
        {R"("api_key":"sixteen or more ?")", "value_error", R"(["body","api_key"])",
         "Value error, a key has 16 to 200 visible ASCII characters, and no spaces"},
        {R"("api_key":7)", "string_type", R"(["body","api_key"])",
         "Input should be a valid string"},
        {R"("is_active":"maybe")", "bool_parsing", R"(["body","is_active"])",
         "Input should be a valid boolean, unable to interpret input"},
        {R"("event_types":"a")", "list_type", R"(["body","event_types"])",
         "Input should be a valid list"},
        {R"("max_attempts":0)", "greater_than_equal", R"(["body","max_attempts"])",
         "Input should be greater than or equal to 1"},
        {R"("max_attempts":51)", "less_than_equal", R"(["body","max_attempts"])",
         "Input should be less than or equal to 50"},
        {R"("max_attempts":1.5)", "int_type", R"(["body","max_attempts"])",
         "Input should be a valid integer"},
        {R"("retry_delays":1)", "list_type", R"(["body","retry_delays"])",
         "Input should be a valid list"},
        {R"("retry_delays":[])", "too_short", R"(["body","retry_delays"])",
         "List should have at least 1 item after validation, not 0"},
        {R"("retry_delays":[1,"2"])", "float_type", R"(["body","retry_delays",1])",
         "Input should be a valid number"},
        {R"("retry_delays":[-1])", "greater_than_equal", R"(["body","retry_delays",0])",
         "Input should be greater than or equal to 0"},
        {R"("timeout":0)", "greater_than_equal", R"(["body","timeout"])",
         "Input should be greater than or equal to 0.1"},
        {R"("timeout":301)", "less_than_equal", R"(["body","timeout"])",
         "Input should be less than or equal to 300"},
        {R"("rate_limit":0)", "greater_than_equal", R"(["body","rate_limit"])",
         "Input should be greater than or equal to 1"},
    };
    for (const auto& row : cases) {
        const Answer refused =
            world.post("/api/mailboxes",
                       R"({"name":"n","target_url":"http://h",)" + std::string(row.members) + "}");
        ASSERT_EQ(refused.status, 422) << row.members << refused.body;
        const auto problems = refused.json().at("detail").as_array();
        ASSERT_EQ(problems.size(), 1U) << refused.body;
        EXPECT_EQ(problems[0].at("type").as_string(), row.type) << row.members;
        EXPECT_EQ(problems[0].at("loc"), boost::json::parse(row.loc)) << row.members;
        EXPECT_EQ(problems[0].at("msg").as_string(), row.message) << row.members;
    }
    EXPECT_EQ(world.post("/api/mailboxes", "{}").body,
              R"({"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required",)"
              R"("input":{}},{"type":"missing","loc":["body","target_url"],"msg":"Field required",)"
              R"("input":{}}]})");
    EXPECT_EQ(world.post("/api/mailboxes", "").status, 422);
    EXPECT_EQ(world.get("/api/mailboxes").body, "[]");
}

TEST_F(Mailboxes, S2_50_changed_and_deleted) {
    const Mailbox mailbox = create();
    const std::string path = "/api/mailboxes/" + mailbox.id;
    const Answer changed =
        change(mailbox, R"({"name":"New","target_url":"http://new","is_active":false,)"
                        R"("event_types":["a"],"secret":"s","max_attempts":5,)"
                        R"("retry_delays":[0.5,60],"timeout":30,"rate_limit":10})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body, R"({"id":")" + mailbox.id + R"(","api_key":")" + mailbox.key +
                                R"(","name":"New","target_url":"http://new/","created_at":")" +
                                kWorldStart +
                                R"(","is_active":false,"event_types":["a"],"secret":"s",)"
                                R"("max_attempts":5,"retry_delays":[0.5,60],"timeout":30,)"
                                R"("rate_limit":10})");
    EXPECT_EQ(world.get(path).body, changed.body);
    EXPECT_EQ(change(mailbox, "{}").body, changed.body);
    // Null takes a setting back, and a key is not changed here.
    const Answer reset =
        change(mailbox, R"({"is_active":true,"event_types":null,"secret":null,)"
                        R"("max_attempts":null,"retry_delays":null,"timeout":null,)"
                        R"("rate_limit":null,"api_key":"another-secret-key"})");
    EXPECT_NE(reset.body.find(kDefaults), std::string::npos) << reset.body;
    EXPECT_EQ(reset.text("api_key"), mailbox.key);

    EXPECT_EQ(world.remove(path).body, reset.body);
    for (const Answer& gone : {world.get(path), world.remove(path), change(mailbox, "{}"),
                               world.post(path + "/rotate-key", "")}) {
        EXPECT_EQ(gone.status, 404);
        EXPECT_EQ(gone.body, R"({"detail":"Mailbox not found"})");
    }
    EXPECT_EQ(hand_in(mailbox).status, 401);
    EXPECT_EQ(world.get("/api/mailboxes/x").status, 422);
}

TEST_F(Mailboxes, a_new_key_ends_the_old_one) {
    const Mailbox mailbox = create();
    const Answer rotated = world.post("/api/mailboxes/" + mailbox.id + "/rotate-key", "");
    EXPECT_EQ(rotated.status, 200);
    EXPECT_EQ(rotated.text("id"), mailbox.id);
    EXPECT_EQ(hand_in(mailbox).status, 401);
    EXPECT_EQ(hand_in({mailbox.id, rotated.text("api_key")}).status, 200);
}

// ---- handing in

TEST_F(Mailboxes, S2_02_S2_03_S2_38_an_event_gets_a_tracking_number) {
    const Mailbox mailbox = create();
    const Answer queued = hand_in(mailbox);
    EXPECT_EQ(queued.status, 200);
    EXPECT_EQ(queued.content_type, "application/json");
    const std::string number = queued.text("tracking_number");
    EXPECT_TRUE(parse_uuid(number).has_value());
    EXPECT_EQ(queued.body, R"({"tracking_number":")" + number + R"(","status":"queued"})");
    ASSERT_EQ(world.received.size(), 1U);
    EXPECT_EQ(world.received[0].url, kMailboxTarget);
    EXPECT_EQ(world.received[0].timeout, 5s);
    EXPECT_EQ(
        world
            .send(Method::post, "/webhooks/" + mailbox.id + "/", "{}", {{"X-API-Key", mailbox.key}})
            .status,
        200);
}

TEST_F(Mailboxes, S2_02_the_bytes_are_delivered_as_they_came_and_unsigned) {
    const Mailbox mailbox = create();
    for (const char* payload :
         {"{}", R"({ "b" : 1.0, "a":"\u00f6", "n":123456789012345678901234567890 })",
          R"({"event":7})"}) {
        world.received.clear();
        track(mailbox, payload);
        ASSERT_EQ(world.received.size(), 1U) << payload;
        EXPECT_EQ(world.received[0].body, payload);
        for (const char* name : {"webhook-signature", "X-Webhook-Signature", "X-Signature"})
            EXPECT_EQ(world.received[0].header(name), "") << name;
    }
}

TEST_F(Mailboxes, S2_06_the_key_decides) {
    const Mailbox mailbox = create();
    const Mailbox other = create();
    for (const Mailbox& wrong :
         std::vector<Mailbox>{{mailbox.id, other.key},
                              {mailbox.id, mailbox.key + "x"},
                              {mailbox.id, ""},
                              {kUnknownUuid, mailbox.key},
                              {"mailbox_123abc", mailbox.key},
                              {world.subscribe(R"({"target_url":"http://h"})"), mailbox.key}}) {
        const Answer refused = hand_in(wrong);
        EXPECT_EQ(refused.status, 401) << wrong.id;
        EXPECT_EQ(refused.body, R"({"detail":"Invalid API Key"})");
    }
    EXPECT_TRUE(world.received.empty());
}

TEST_F(Mailboxes, S2_06_a_missing_key_and_what_is_no_object_are_422) {
    const Mailbox mailbox = create();
    const std::string no_key =
        R"({"type":"missing","loc":["header","x-api-key"],"msg":"Field required","input":null})";
    const Answer missing = world.post("/webhooks/" + mailbox.id, kMailboxPayload);
    EXPECT_EQ(missing.status, 422);
    EXPECT_EQ(missing.body, R"({"detail":[)" + no_key + "]}");
    const std::string no_dict =
        R"({"type":"dict_type","loc":["body"],"msg":"Input should be a valid dictionary",)"
        R"("input":[1]})";
    EXPECT_EQ(hand_in(mailbox, "[1]").body, R"({"detail":[)" + no_dict + "]}");
    EXPECT_EQ(world.post("/webhooks/" + mailbox.id, "[1]").body,
              R"({"detail":[)" + no_key + "," + no_dict + "]}");
    EXPECT_EQ(hand_in(mailbox, "").body,
              R"({"detail":[{"type":"missing","loc":["body"],"msg":"Field required",)"
              R"("input":null}]})");
    const Answer broken = hand_in(mailbox, "{bad");
    EXPECT_EQ(broken.status, 422);
    EXPECT_NE(broken.body.find(R"("type":"json_invalid")"), std::string::npos);
}

TEST_F(Mailboxes, S2_07_nothing_is_promised_that_is_not_stored) {
    const Mailbox mailbox = create();
    world.fate = CommitFate::refused;
    const Answer refused = hand_in(mailbox);
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.headers.find("retry-after: 1\r\n"), std::string::npos) << refused.headers;
    EXPECT_TRUE(world.received.empty());
}

TEST_F(Mailboxes, S2_08_the_answer_does_not_wait_for_the_target) {
    const Mailbox mailbox = create();
    world.hold = true;
    const std::string number = track(mailbox);
    EXPECT_EQ(listed(number), "pending 0");
    world.hold = false;
    world.release();
    world.settle();
    EXPECT_EQ(listed(number), "delivered 1");
}

TEST_F(Mailboxes, what_other_apis_hand_in_is_no_mailbox_s_concern) {
    const Mailbox mailbox = create();
    world.post("/order", R"({"order_id": 123, "user_id": 7, "amount": 49.9})");
    EXPECT_TRUE(world.received.empty());
    const std::string other =
        world.ingest(world.subscribe(R"({"target_url":"http://h"})"), kMailboxPayload);
    EXPECT_EQ(world.get("/api/webhooks").body, "[]");
    EXPECT_EQ(world.get("/api/webhooks/" + other).body, R"({"event":null,"attempts":[]})");
    EXPECT_EQ(world.post("/api/webhooks/" + other + "/retry", "").status, 404);
}

// ---- retries

TEST_F(Mailboxes, S2_09_S2_10_S2_11_three_attempts_after_2_and_4_seconds_then_failed) {
    const Mailbox mailbox = create();
    world.otherwise = answer(500);
    const std::string number = track(mailbox);
    EXPECT_EQ(listed(number), "pending 1");
    world.advance(2200ms);
    EXPECT_EQ(listed(number), "pending 2");
    world.advance(4400ms);
    EXPECT_EQ(listed(number), "failed 3") << "at once, not after one more gap";
    world.advance(1h);
    expect_gaps(world, {2000, 4000});
}

TEST_F(Mailboxes, S2_09_attempts_can_be_configured_for_a_mailbox) {
    const Mailbox mailbox = create(R"(,"max_attempts":5)");
    world.otherwise = answer(500);
    track(mailbox);
    world.advance(1h);
    expect_gaps(world, {2000, 4000, 8000, 16000});
}

TEST_F(Mailboxes, S2_44_a_retry_policy_of_its_own) {
    const Mailbox mailbox = create(R"(,"max_attempts":5,"retry_delays":[1],"timeout":0.5)");
    world.otherwise = answer(500);
    track(mailbox);
    world.advance(1h);
    expect_gaps(world, {1000, 1000, 1000, 1000});
    EXPECT_EQ(world.received[0].timeout, 500ms);

    world.received.clear();
    EXPECT_EQ(change(mailbox, R"({"max_attempts":1})").status, 200);
    const std::string number = track(mailbox);
    EXPECT_EQ(listed(number), "failed 1");
}

TEST_F(Mailboxes, only_2xx_is_success_and_redirects_are_not_followed) {
    const Mailbox mailbox = create(R"(,"max_attempts":1)");
    for (const auto& [status, expected] : std::vector<std::pair<int, std::string>>{
             {200, "delivered 1"}, {204, "delivered 1"}, {301, "failed 1"}, {404, "failed 1"}}) {
        world.answers = {answer(status)};
        EXPECT_EQ(listed(track(mailbox)), expected) << status;
    }
}

TEST_F(Mailboxes, S2_42_a_rate_limit_of_its_own) {
    const Mailbox mailbox = create(R"(,"rate_limit":2)");
    const Mailbox free = create();
    for (int i = 0; i < 6; ++i) track(mailbox);
    for (int i = 0; i < 6; ++i) track(free);
    EXPECT_LT(world.received.size(), 12U);
    world.advance(10s);
    EXPECT_EQ(world.received.size(), 12U);
    for (const auto& row : rows()) EXPECT_EQ(row.at("status").as_string(), "delivered");
}

TEST_F(Mailboxes, S2_48_deliveries_are_signed_when_there_is_a_secret) {
    const Mailbox mailbox = create(R"(,"secret":"my_secret_key")");
    const std::string number = track(mailbox);
    ASSERT_EQ(world.received.size(), 1U);
    const Received& request = world.received[0];
    const auto key = parse_secret("my_secret_key");
    ASSERT_TRUE(key);
    EXPECT_EQ(
        verify_standard(*key, request.header("webhook-id"), request.header("webhook-timestamp"),
                        request.header("webhook-signature"), request.body, world.now()),
        Verification::valid);
}

TEST_F(Mailboxes, S2_49_events_can_be_filtered) {
    const Mailbox mailbox = create(R"(,"event_types":["order.created"])");
    const Answer skipped = hand_in(mailbox);
    EXPECT_EQ(skipped.status, 200);
    EXPECT_EQ(skipped.body, R"({"tracking_number":null,"status":"skipped",)"
                            R"("message":"Event type 'order.completed' not subscribed"})");
    EXPECT_EQ(hand_in(mailbox, R"({"event":7})").text("status"), "skipped");
    EXPECT_EQ(hand_in(mailbox, R"({"event":"order.created"})").text("status"), "queued");
    EXPECT_EQ(hand_in(mailbox, R"({"order":1})").text("status"), "queued");
    EXPECT_EQ(world.received.size(), 2U);
    EXPECT_EQ(rows().size(), 2U);
}

TEST_F(Mailboxes, an_inactive_one_accepts_nothing_and_what_waits_waits) {
    const Mailbox mailbox = create();
    world.otherwise = answer(500);
    const std::string number = track(mailbox);
    change(mailbox, R"({"is_active":false})");
    world.otherwise = answer(200);
    world.advance(1h);
    EXPECT_EQ(world.received.size(), 1U);
    EXPECT_EQ(listed(number), "pending 1");
    const Answer refused = hand_in(mailbox);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, R"({"detail":"Mailbox is not active"})");
    change(mailbox, R"({"is_active":true})");
    EXPECT_EQ(listed(number), "delivered 2");
}

}  // namespace
}  // namespace posthaste::test
