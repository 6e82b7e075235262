// Contacts ("subscribers" on the wire) as the contacts API's clients see them. Names start with the id of the requirement
// (docs/requirements.md).

#include <gtest/gtest.h>

#include "tests/api/contacts_world.h"

namespace posthaste::test {
namespace {

constexpr const char* kUnknown = "483c3ea2-5790-4d7f-a0fc-ee6b289cc0de";
constexpr const char* kNow = "2026-01-02T03:04:05.123456+00:00";

TEST(Subscribers, S3_05_created_with_every_field_and_status_201) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const Answer created = world.post(
        "/api/v1/subscribers",
        R"({"email":"user@example.com","first_name":"User","last_name":"Name","tags":[],)"
        R"("custom_fields":{},"status":"active","user_id":")" +
            user.uuid() + "\"}");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.content_type, "application/json");
    EXPECT_EQ(created.body,
              R"({"email":"user@example.com","first_name":"User","last_name":"Name","tags":[],)"
              R"("custom_fields":{},"status":"active","id":")" +
                  created.text("id") + R"(","user_id":")" + user.uuid() +
                  R"(","source":"manual","created_at":")" + kNow + R"(","updated_at":null})");
    EXPECT_TRUE(parse_uuid(created.text("id")).has_value());
}

TEST(Subscribers, S3_05_only_email_and_user_are_needed) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const Answer created = world.add_contact(user, " New@EXAMPLE.com ");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body,
              R"({"email":"New@example.com","first_name":null,"last_name":null,"tags":[],)"
              R"("custom_fields":{},"status":"active","id":")" +
                  created.text("id") + R"(","user_id":")" + user.uuid() +
                  R"(","source":"manual","created_at":")" + kNow + R"(","updated_at":null})");
}

TEST(Subscribers, custom_fields_come_back_as_they_were_sent) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const std::string fields =
        R"({ "n": 123456789012345678901234567890, "b": 1.0, "x": {"y":[1, "\u00f6"]} })";
    const Answer created =
        world.post("/api/v1/subscribers", R"({"email":"a@example.com","tags":["x","\"y\""],)"
                                          R"("custom_fields":)" +
                                              fields + R"(,"user_id":")" + user.uuid() + "\"}");
    ASSERT_EQ(created.status, 201) << created.body;
    EXPECT_NE(created.body.find(R"("tags":["x","\"y\""],"custom_fields":)" + fields + ","),
              std::string::npos)
        << created.body;
    const Answer read =
        world.send(Method::get, "/api/v1/subscribers/" + created.text("id"), {}, user.headers);
    EXPECT_EQ(read.body, created.body);
}

TEST(Subscribers, S3_06_the_user_must_exist) {
    ContactsWorld world;
    const Answer refused =
        world.post("/api/v1/subscribers",
                   std::string(R"({"email":"a@example.com","user_id":")") + kUnknown + "\"}");
    EXPECT_EQ(refused.status, 404);
    EXPECT_EQ(refused.body, R"({"detail":"User not found"})");
}

TEST(Subscribers, S3_05_an_address_is_once_in_a_list) {
    ContactsWorld world;
    const SignedIn ada = world.sign_in("ada@example.com");
    const SignedIn bob = world.sign_in("bob@example.com");
    EXPECT_EQ(world.add_contact(ada, "a@example.com").status, 201);
    for (const char* again : {"a@example.com", "A@Example.COM"}) {
        const Answer refused = world.add_contact(ada, again);
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(refused.body, R"({"detail":"Subscriber with this email already exists"})");
    }
    EXPECT_EQ(world.add_contact(bob, "a@example.com").status, 201);
    EXPECT_EQ(world.published.size(), 2u);
}

TEST(Subscribers, S3_07_creation_tells_the_users_webhooks) {
    ContactsWorld world;
    const SignedIn ada = world.sign_in("ada@example.com");
    const SignedIn bob = world.sign_in("bob@example.com");
    world.add_webhook(ada, "https://ada.example/hook");
    world.add_webhook(ada, "https://ada.example/deleted", R"(["subscriber.deleted"])");
    world.add_webhook(bob, "https://bob.example/hook");
    const Answer created =
        world.post("/api/v1/subscribers",
                   R"({"email":"j@example.com","first_name":"J\u00f6hn \ud83d\ude00","user_id":")" +
                       ada.uuid() + "\"}");
    ASSERT_EQ(created.status, 201) << created.body;
    ASSERT_EQ(world.received.size(), 1u);
    const Received& got = world.received[0];
    EXPECT_EQ(got.url, "https://ada.example/hook");
    ASSERT_EQ(world.published.size(), 1u);
    const std::string event_id = world.published[0].event_id;
    EXPECT_TRUE(parse_uuid(event_id).has_value());
    EXPECT_EQ(got.body,
              R"({"event_id": ")" + event_id +
                  R"(", "event_type": "subscriber.created", )"
                  R"("timestamp": "2026-01-02T03:04:05.123456", "data": {"subscriber": {"id": ")" +
                  created.text("id") +
                  R"(", "email": "j@example.com", "first_name": "J\u00f6hn \ud83d\ude00", )"
                  R"("last_name": null, "status": "active", )"
                  R"("created_at": "2026-01-02T03:04:05.123456+00:00"}}})");
    EXPECT_EQ(got.header("User-Agent"), "Whookfirm-Webhooks/1.0");
    EXPECT_EQ(got.timeout, 30s);
}

TEST(Subscribers, S3_08_publishing_is_told_with_the_lists_length) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const std::string first = world.add_contact(user, "a@example.com").text("id");
    world.add_contact(user, "b@example.com");
    world.send(Method::put, "/api/v1/subscribers/" + first, R"({"first_name":"A"})", user.headers);
    world.send(Method::delete_, "/api/v1/subscribers/" + first, {}, user.headers);
    ASSERT_EQ(world.published.size(), 4u);
    const std::pair<const char*, std::uint64_t> expected[] = {{"subscriber.created", 1},
                                                              {"subscriber.created", 2},
                                                              {"subscriber.updated", 2},
                                                              {"subscriber.deleted", 1}};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(world.published[i].type, expected[i].first);
        EXPECT_EQ(world.published[i].contacts, expected[i].second);
        EXPECT_EQ(world.published[i].user, user.id);
    }
}

TEST(Subscribers, S3_30_six_attempts_after_1_5_25_125_and_625_seconds) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    world.add_webhook(user, "https://ada.example/hook");
    world.otherwise = answer(500);
    world.add_contact(user, "a@example.com");
    world.advance(2000s);
    ASSERT_EQ(world.received.size(), 6u);
    const Duration gaps[] = {1s, 5s, 25s, 125s, 625s};
    for (std::size_t i = 0; i < 5; ++i) {
        const Duration gap = world.received[i + 1].at - world.received[i].at;
        EXPECT_GE(gap, gaps[i]);
        EXPECT_LE(gap, gaps[i] + gaps[i] / 10 + 1s);
        EXPECT_EQ(world.received[i + 1].body, world.received[0].body);  // S3-32
    }
}

TEST(Subscribers, updates_change_what_is_mentioned_and_tell) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    world.add_webhook(user, "https://ada.example/hook", R"(["subscriber.updated"])");
    const Answer created =
        world.post("/api/v1/subscribers",
                   R"({"email":"a@example.com","first_name":"A","tags":["x"],"user_id":")" +
                       user.uuid() + "\"}");
    const std::string path = "/api/v1/subscribers/" + created.text("id");
    struct Case {
        const char* body;
        const char* start;  // of the answer
    };
    const Case cases[] = {
        {R"({"status":"unsubscribed"})",
         R"({"email":"a@example.com","first_name":"A","last_name":null,"tags":["x"],"custom_fields":{},"status":"unsubscribed",)"},
        {R"({"first_name":null,"last_name":"B","tags":null,"status":null,"email":null,"custom_fields":null})",
         R"({"email":"a@example.com","first_name":null,"last_name":"B","tags":["x"],"custom_fields":{},"status":"unsubscribed",)"},
        {R"({"email":"b@example.com","tags":[],"custom_fields":{"k": 1},"status":"bounced"})",
         R"({"email":"b@example.com","first_name":null,"last_name":"B","tags":[],"custom_fields":{"k": 1},"status":"bounced",)"},
    };
    for (const Case& c : cases) {
        world.received.clear();
        const Answer changed = world.send(Method::put, path, c.body, user.headers);
        EXPECT_EQ(changed.status, 200) << c.body;
        EXPECT_TRUE(changed.body.starts_with(c.start)) << changed.body;
        EXPECT_TRUE(changed.body.ends_with(R"("updated_at":"2026-01-02T03:04:05.123456+00:00"})"));
        EXPECT_EQ(world.send(Method::get, path, {}, user.headers).body, changed.body);
        ASSERT_EQ(world.received.size(), 1u) << c.body;
        EXPECT_NE(world.received[0].body.find(R"("event_type": "subscriber.updated")"),
                  std::string::npos);
    }
    world.received.clear();
    EXPECT_EQ(world.send(Method::put, path, R"({"status":"bounced","x":1})", user.headers).status,
              200);
    EXPECT_TRUE(world.received.empty()) << "nothing changed";
    // The address it gave up is free, the one it took is not.
    EXPECT_EQ(world.add_contact(user, "a@example.com").status, 201);
    EXPECT_EQ(world.add_contact(user, "B@example.com").status, 400);
    const Answer taken =
        world.send(Method::put, path, R"({"email":"a@example.com"})", user.headers);
    EXPECT_EQ(taken.status, 400);
    EXPECT_EQ(taken.body, R"({"detail":"Subscriber with this email already exists"})");
}

TEST(Subscribers, deletion_tells_and_leaves_nothing) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    world.add_webhook(user, "https://ada.example/hook", R"(["subscriber.deleted"])");
    const std::string id = world.add_contact(user, "a@example.com").text("id");
    const std::string path = "/api/v1/subscribers/" + id;
    const Answer removed = world.send(Method::delete_, path, {}, user.headers);
    EXPECT_EQ(removed.status, 200);
    EXPECT_EQ(removed.body, R"({"message":"Subscriber deleted successfully"})");
    ASSERT_EQ(world.received.size(), 1u);
    EXPECT_NE(world.received[0].body.find(R"({"subscriber": {"id": ")" + id + "\""),
              std::string::npos);
    for (const Method method : {Method::get, Method::put, Method::delete_}) {
        const Answer gone = world.send(method, path, "{}", user.headers);
        EXPECT_EQ(gone.status, 404);
        EXPECT_EQ(gone.body, R"({"detail":"Subscriber not found"})");
    }
    EXPECT_EQ(world.add_contact(user, "a@example.com").status, 201);
}

TEST(Subscribers, lists_page_by_page_and_narrowed) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const SignedIn other = world.sign_in("other@example.com");
    for (int i = 0; i < 5; ++i) world.add_contact(user, "a" + std::to_string(i) + "@Example.com");
    world.add_contact(user, "b@example.org");
    world.add_contact(other, "c@example.com");
    world.post(
        "/api/v1/subscribers",
        R"({"email":"u@example.com","status":"unsubscribed","user_id":")" + user.uuid() + "\"}");
    struct Case {
        const char* query;
        std::vector<std::string> emails;
        const char* rest;
    };
    const std::vector<std::string> all = {"a0@example.com", "a1@example.com", "a2@example.com",
                                          "a3@example.com", "a4@example.com", "b@example.org",
                                          "u@example.com"};
    const Case cases[] = {
        {"", all, R"("total":7,"page":1,"per_page":50,"has_next":false,"has_prev":false})"},
        {"?page=1&per_page=3",
         {all.begin(), all.begin() + 3},
         R"("total":7,"page":1,"per_page":3,"has_next":true,"has_prev":false})"},
        {"?page=3&per_page=3",
         {all.begin() + 6, all.end()},
         R"("total":7,"page":3,"per_page":3,"has_next":false,"has_prev":true})"},
        {"?page=9", {}, R"("total":7,"page":9,"per_page":50,"has_next":false,"has_prev":true})"},
        {"?page=9223372036854775807&per_page=100",
         {},
         R"("total":7,"page":9223372036854775807,"per_page":100,"has_next":false,"has_prev":true})"},
        {"?search=EXAMPLE.ORG&status=",
         {"b@example.org"},
         R"("total":1,"page":1,"per_page":50,"has_next":false,"has_prev":false})"},
        {"?search=a&per_page=1&page=2&search=%61",
         {"a1@example.com"},
         R"("total":7,"page":2,"per_page":1,"has_next":true,"has_prev":true})"},
        {"?status=unsubscribed",
         {"u@example.com"},
         R"("total":1,"page":1,"per_page":50,"has_next":false,"has_prev":false})"},
        {"?status=bounced&search=",
         {},
         R"("total":0,"page":1,"per_page":50,"has_next":false,"has_prev":false})"},
    };
    for (const Case& c : cases) {
        const Answer page =
            world.send(Method::get, std::string("/api/v1/subscribers") + c.query, {}, user.headers);
        ASSERT_EQ(page.status, 200) << c.query << page.body;
        EXPECT_TRUE(page.body.ends_with("]," + std::string(c.rest))) << c.query << page.body;
        const auto value = page.json();
        std::vector<std::string> emails;
        for (const auto& item : value.at("items").as_array())
            emails.emplace_back(item.at("email").as_string());
        EXPECT_EQ(emails, c.emails) << c.query;
    }
}

struct BadCase {
    const char* body;  // "USER" stands for a user's id
    const char* detail;
};

TEST(Subscribers, bad_bodies_are_refused) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const BadCase cases[] = {
        {"", R"([{"type":"missing","loc":["body"],"msg":"Field required","input":null}])"},
        {"[]",
         R"([{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}])"},
        {"{}",
         R"([{"type":"missing","loc":["body","email"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","user_id"],"msg":"Field required","input":{}}])"},
        {R"({"x":[-1e400,{"y":1e400},1]})",
         R"([{"type":"missing","loc":["body","email"],"msg":"Field required","input":{"x":[null,{"y":null},1]}},{"type":"missing","loc":["body","user_id"],"msg":"Field required","input":{"x":[null,{"y":null},1]}}])"},
        {R"({"email":"user","user_id":"USER"})",
         R"([{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address: The email address is not valid. It must have exactly one @-sign.","input":"user","ctx":{"reason":"The email address is not valid. It must have exactly one @-sign."}}])"},
        {R"({"email":"user@host.local","user_id":"USER"})",
         R"([{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address: The part after the @-sign is a special-use or reserved name that cannot be used with email.","input":"user@host.local","ctx":{"reason":"The part after the @-sign is a special-use or reserved name that cannot be used with email."}}])"},
        {R"({"email":7,"user_id":"USER"})",
         R"([{"type":"string_type","loc":["body","email"],"msg":"Input should be a valid string","input":7}])"},
        {R"({"email":null,"user_id":"USER"})",
         R"([{"type":"string_type","loc":["body","email"],"msg":"Input should be a valid string","input":null}])"},
        {R"({"email":"a@example.com","user_id":"x"})",
         R"([{"type":"uuid_parsing","loc":["body","user_id"],"msg":"Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1","input":"x","ctx":{"error":"invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1"}}])"},
        {R"({"email":"a@example.com","user_id":5})",
         R"([{"type":"uuid_type","loc":["body","user_id"],"msg":"UUID input should be a string, bytes or UUID object","input":5}])"},
        {R"({"email":"a@example.com","user_id":"USER","status":"gone"})",
         R"([{"type":"enum","loc":["body","status"],"msg":"Input should be 'active', 'unsubscribed' or 'bounced'","input":"gone","ctx":{"expected":"'active', 'unsubscribed' or 'bounced'"}}])"},
        {R"({"email":"a@example.com","user_id":"USER","tags":"x"})",
         R"([{"type":"list_type","loc":["body","tags"],"msg":"Input should be a valid list","input":"x"}])"},
        {R"({"email":"a@example.com","user_id":"USER","tags":["x",1]})",
         R"([{"type":"string_type","loc":["body","tags",1],"msg":"Input should be a valid string","input":1}])"},
        {R"({"email":"a@example.com","user_id":"USER","custom_fields":[]})",
         R"([{"type":"dict_type","loc":["body","custom_fields"],"msg":"Input should be a valid dictionary","input":[]}])"},
        {R"({"email":"a@example.com","user_id":"USER","first_name":1})",
         R"([{"type":"string_type","loc":["body","first_name"],"msg":"Input should be a valid string","input":1}])"},
        {R"({"email":"a@example.com","user_id":"USER","last_name":"a\u0000b"})",
         R"([{"type":"value_error","loc":["body","last_name"],"msg":"Value error, the text holds a NUL character","input":"a\u0000b","ctx":{"error":"the text holds a NUL character"}}])"},
    };
    for (const BadCase& c : cases) {
        std::string body = c.body;
        if (const std::size_t at = body.find("USER"); at != std::string::npos)
            body.replace(at, 4, user.uuid());
        const Answer refused = world.post("/api/v1/subscribers", body);
        EXPECT_EQ(refused.status, 422) << c.body;
        EXPECT_EQ(refused.body, std::string(R"({"detail":)") + c.detail + "}") << c.body;
    }
    EXPECT_TRUE(world.published.empty());
}

TEST(Subscribers, bad_queries_and_paths_are_refused) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const std::pair<const char*, const char*> cases[] = {
        {"?page=0",
         R"([{"type":"greater_than_equal","loc":["query","page"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}])"},
        {"?page=x",
         R"([{"type":"int_parsing","loc":["query","page"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}])"},
        {"?per_page=101",
         R"([{"type":"less_than_equal","loc":["query","per_page"],"msg":"Input should be less than or equal to 100","input":"101","ctx":{"le":100}}])"},
        {"?per_page=0",
         R"([{"type":"greater_than_equal","loc":["query","per_page"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}])"},
        {"?status=gone",
         R"([{"type":"enum","loc":["query","status"],"msg":"Input should be 'active', 'unsubscribed' or 'bounced'","input":"gone","ctx":{"expected":"'active', 'unsubscribed' or 'bounced'"}}])"},
    };
    for (const auto& [query, detail] : cases) {
        const Answer refused =
            world.send(Method::get, std::string("/api/v1/subscribers") + query, {}, user.headers);
        EXPECT_EQ(refused.status, 422) << query;
        EXPECT_EQ(refused.body, std::string(R"({"detail":)") + detail + "}") << query;
    }
    EXPECT_EQ(world.send(Method::get, "/api/v1/subscribers/7", {}, user.headers).status, 422);
    EXPECT_EQ(world.send(Method::put, "/api/v1/subscribers/7", "{}", user.headers).status, 422);
    EXPECT_EQ(world.send(Method::delete_, "/api/v1/subscribers/7", {}, user.headers).status, 422);
}

TEST(Subscribers, S3_05_creation_alone_needs_no_login_in_open_mode) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    const std::string path = "/api/v1/subscribers/" + world.add_contact(user, "a@b.c").text("id");
    for (const auto& [method, target] : {std::pair{Method::get, std::string("/api/v1/subscribers")},
                                         {Method::get, path},
                                         {Method::put, path},
                                         {Method::delete_, path}}) {
        const Answer refused = world.send(method, target, "{}");
        EXPECT_EQ(refused.status, 401) << target;
        EXPECT_EQ(refused.body, R"({"detail":"Not authenticated"})");
        EXPECT_NE(refused.headers.find("www-authenticate: Bearer\r\n"), std::string::npos);
    }
    const Answer invalid =
        world.send(Method::get, path, {}, {{"Authorization", "Bearer no-token"}});
    EXPECT_EQ(invalid.status, 403);
    EXPECT_EQ(invalid.body, R"({"detail":"Could not validate credentials"})");
}

TEST(Subscribers, S3_35_no_user_sees_anothers_contacts) {
    for (const AuthMode mode : {AuthMode::open, AuthMode::required}) {
        ContactsWorld world;
        world.settings.auth = mode;
        const SignedIn ada = world.sign_in("ada@example.com");
        const SignedIn bob = world.sign_in("bob@example.com");
        const Answer created =
            world.send(Method::post, "/api/v1/subscribers",
                       R"({"email":"a@example.com","user_id":")" + ada.uuid() + "\"}", ada.headers);
        ASSERT_EQ(created.status, 201) << created.body;
        const std::string path = "/api/v1/subscribers/" + created.text("id");
        for (const Method method : {Method::get, Method::put, Method::delete_})
            EXPECT_EQ(world.send(method, path, "{}", bob.headers).status, 404);
        EXPECT_TRUE(world.send(Method::get, "/api/v1/subscribers", {}, bob.headers)
                        .body.starts_with(R"({"items":[],"total":0,)"));
        EXPECT_EQ(world.send(Method::get, path, {}, ada.headers).status, 200);
    }
}

TEST(Subscribers, in_required_mode_one_adds_to_ones_own_list_only) {
    ContactsWorld world;
    world.settings.auth = AuthMode::required;
    const SignedIn ada = world.sign_in("ada@example.com");
    const SignedIn bob = world.sign_in("bob@example.com");
    const SignedIn viewer = world.sign_in("viewer@example.com", Role::viewer);
    EXPECT_EQ(world.add_contact(ada, "a@example.com").status, 401);
    const std::string body = R"({"email":"a@example.com","user_id":")" + ada.uuid() + "\"}";
    const Answer hidden = world.send(Method::post, "/api/v1/subscribers", body, bob.headers);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(hidden.body, R"({"detail":"User not found"})");
    EXPECT_EQ(world.send(Method::post, "/api/v1/subscribers", body, viewer.headers).status, 403);
    EXPECT_EQ(world.send(Method::post, "/api/v1/subscribers", body, ada.headers).status, 201);
}

TEST(Subscribers, S3_37_what_cannot_be_stored_is_not_answered_201) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    world.add_webhook(user, "https://ada.example/hook");
    world.fate = CommitFate::refused;
    const Answer refused = world.add_contact(user, "a@example.com");
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.headers.find("retry-after: 1\r\n"), std::string::npos);
    world.fate = CommitFate::applied;
    EXPECT_TRUE(world.received.empty());
    EXPECT_EQ(world.add_contact(user, "a@example.com").status, 201);
    EXPECT_EQ(world.received.size(), 1u);
}

// Between the two commits: the contact is stored, and then the store takes nothing.
TEST(Subscribers, S3_37_an_event_that_cannot_be_accepted_yet_is_accepted_later) {
    ContactsWorld world;
    const SignedIn user = world.sign_in("user@example.com");
    world.add_webhook(user, "https://ada.example/hook");
    world.dies_after_change = true;
    EXPECT_EQ(world.add_contact(user, "a@example.com").status, 201);
    EXPECT_TRUE(world.received.empty());
    world.advance(10s);
    EXPECT_TRUE(world.received.empty());
    EXPECT_EQ(world.add_contact(user, "a@example.com").status, 503);
    world.dies_after_change = false;
    world.fate = CommitFate::applied;
    world.advance(60s);
    ASSERT_EQ(world.received.size(), 1u);
    EXPECT_NE(world.received[0].body.find("a@example.com"), std::string::npos);
    EXPECT_NE(world.received[0].body.find(world.published.at(0).event_id), std::string::npos);
    RecordQuery letters;
    letters.kind = RecordKind::letter;
    EXPECT_EQ(world.run(world.store().count_records(letters)).value(), 0u);
}

TEST(Subscribers, S3_37_a_commit_in_doubt_is_looked_after) {
    for (const CommitFate fate : {CommitFate::unknown_applied, CommitFate::unknown_lost}) {
        ContactsWorld world;
        const SignedIn user = world.sign_in("user@example.com");
        world.add_webhook(user, "https://ada.example/hook");
        world.fate = fate;
        EXPECT_EQ(world.add_contact(user, "a@example.com").status, 503);
        world.fate = CommitFate::applied;
        world.advance(60s);
        const bool is_stored = fate == CommitFate::unknown_applied;
        EXPECT_EQ(world.received.size(), is_stored ? 1u : 0u);
        EXPECT_EQ(world.add_contact(user, "a@example.com").status, is_stored ? 400 : 201);
        EXPECT_EQ(world.received.size(), 1u);
    }
}

TEST(Subscribers, unknown_paths_are_refused_in_this_apis_form) {
    ContactsWorld world;
    for (const char* path : {"/api/v1/subscribers/a/b", "/api/v1/webhooks/a/b", "/api/v1/users/a/b",
                             "/api/v1/login/x"}) {
        const Answer missing = world.get(path);
        EXPECT_EQ(missing.status, 404) << path;
        EXPECT_EQ(missing.body, R"({"detail":"Not Found"})") << path;
    }
    const Answer other = world.send(Method::patch, "/api/v1/subscribers");
    EXPECT_EQ(other.status, 405);
    EXPECT_EQ(other.body, R"({"detail":"Method Not Allowed"})");
    EXPECT_NE(other.headers.find("allow: GET, HEAD, POST, OPTIONS"), std::string::npos)
        << other.headers;
}

}  // namespace
}  // namespace posthaste::test
