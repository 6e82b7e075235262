// Webhooks as the contacts API's clients see them. Names start with the id of the requirement (docs/requirements.md).

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "domain/signing.h"
#include "tests/api/contacts_world.h"

namespace posthaste::test {
namespace {

constexpr const char* kExample =
    R"({"url":"https://jsonplaceholder.typicode.com/posts","events":["subscriber.created"]})";
constexpr const char* kUnknown = "483c3ea2-5790-4d7f-a0fc-ee6b289cc0de";

std::string webhook_json(const std::string& id, const std::string& url, const std::string& events,
                         const std::string& active = "true") {
    return R"({"id":")" + id + R"(","url":")" + url + R"(","events":)" + events +
           R"(,"is_active":)" + active + R"(,"created_at":"2026-01-02T03:04:05.123456+00:00"})";
}

class Webhooks : public testing::Test {
protected:
    Answer create(const SignedIn& user, const std::string& body) {
        return world_.send(Method::post, "/api/v1/webhooks", body, user.headers);
    }
    Answer create_at(const SignedIn& user, const std::string& url) {
        return create(user, R"({"url":")" + url + R"(","events":["subscriber.created"]})");
    }
    Answer send(Method method, const std::string& id, const std::string& body = {}) {
        return world_.send(method, "/api/v1/webhooks/" + id, body, ada_.headers);
    }
    std::string list(const std::string& query = {}) {
        return world_.send(Method::get, "/api/v1/webhooks" + query, {}, ada_.headers).body;
    }

    ContactsWorld world_;
    SignedIn ada_ = world_.sign_in("ada@example.com");
    SignedIn bob_ = world_.sign_in("bob@example.com");
};

TEST_F(Webhooks, S3_04_created_with_every_field_and_status_201) {
    const Answer created = create(ada_, kExample);
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.content_type, "application/json");
    EXPECT_EQ(created.body,
              webhook_json(created.text("id"), "https://jsonplaceholder.typicode.com/posts",
                           R"(["subscriber.created"])"));
    const Answer got = world_.get("/api/v1/webhooks/" + created.text("id"));
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, created.body);
}

TEST_F(Webhooks, S3_04_a_secret_is_accepted_never_shown_and_signs) {
    const Answer created = create(
        ada_, R"({"url":"https://h.example/","events":["subscriber.created"],"secret":"s3cret"})");
    ASSERT_EQ(created.status, 201);
    EXPECT_EQ(created.body.find("s3cret"), std::string::npos);
    world_.add_contact(ada_, "a@example.com");
    ASSERT_EQ(world_.received.size(), 1u);
    const Received& got = world_.received[0];
    const auto key = parse_secret("s3cret");
    EXPECT_EQ(verify_standard(*key, got.header("webhook-id"), got.header("webhook-timestamp"),
                              got.header("webhook-signature"), got.body, world_.now()),
              Verification::valid);
}

TEST_F(Webhooks, S3_04_creation_and_listing_need_a_login) {
    for (const Method method : {Method::post, Method::get}) {
        const Answer refused = world_.send(method, "/api/v1/webhooks", kExample);
        EXPECT_EQ(refused.status, 401);
        EXPECT_EQ(refused.body, R"({"detail":"Not authenticated"})");
        EXPECT_NE(refused.headers.find("www-authenticate: Bearer\r\n"), std::string::npos);
    }
    EXPECT_EQ(world_.remove("/api/v1/webhooks/" + std::string(kUnknown)).status, 401);
    EXPECT_EQ(world_.put("/api/v1/webhooks/" + std::string(kUnknown), "{}").status, 401);
}

TEST_F(Webhooks, S3_33_events_are_those_of_the_catalogue) {
    struct Case {
        const char* body;
        const char* detail;
    };
    const Case cases[] = {
        {R"({"url":"https://h.example/","events":["x"]})",
         R"([{"type":"value_error","loc":["body","events"],"msg":"Value error, Invalid event: x","input":["x"],"ctx":{"error":"Invalid event: x"}}])"},
        {R"({"url":"https://h.example/","events":["subscriber.created","subscriber.unsubscribed"]})",
         R"([{"type":"value_error","loc":["body","events"],"msg":"Value error, Invalid event: subscriber.unsubscribed","input":["subscriber.created","subscriber.unsubscribed"],"ctx":{"error":"Invalid event: subscriber.unsubscribed"}}])"},
        {R"({"url":"https://h.example/","events":[]})",
         R"([{"type":"too_short","loc":["body","events"],"msg":"List should have at least 1 item after validation, not 0","input":[],"ctx":{"field_type":"List","min_length":1,"actual_length":0}}])"},
        {R"({"url":"https://h.example/","events":"subscriber.created"})",
         R"([{"type":"list_type","loc":["body","events"],"msg":"Input should be a valid list","input":"subscriber.created"}])"},
        {R"({"url":"https://h.example/","events":[7]})",
         R"([{"type":"string_type","loc":["body","events",0],"msg":"Input should be a valid string","input":7}])"},
        {R"({"url":null,"events":null})",
         R"([{"type":"string_type","loc":["body","url"],"msg":"Input should be a valid string","input":null},{"type":"list_type","loc":["body","events"],"msg":"Input should be a valid list","input":null}])"},
        {R"({})",
         R"([{"type":"missing","loc":["body","url"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","events"],"msg":"Field required","input":{}}])"},
        {R"({"url":"https://h.example/","events":["subscriber.created"],"secret":5})",
         R"([{"type":"string_type","loc":["body","secret"],"msg":"Input should be a valid string","input":5}])"},
        {R"({"url":"https://h.example/","events":["subscriber.created"],"secret":"whsec_!"})",
         nullptr},
        {"not json", nullptr},
    };
    for (const Case& c : cases) {
        const Answer refused = create(ada_, c.body);
        EXPECT_EQ(refused.status, 422) << c.body;
        if (c.detail) {
            EXPECT_EQ(refused.body, std::string(R"({"detail":)") + c.detail + "}") << c.body;
        }
    }
    EXPECT_EQ(create(ada_, R"({"url":"https://h.example/","events":["subscriber.created",)"
                           R"("subscriber.updated","subscriber.deleted"]})")
                  .status,
              201);
    EXPECT_TRUE(world_.received.empty());
}

TEST_F(Webhooks, S3_34_urls_are_https_unless_they_lead_to_this_machine) {
    constexpr const char* kRefused =
        R"({"detail":"Invalid webhook URL format or insecure protocol"})";
    const std::pair<const char*, bool> cases[] = {
        {"https://example.com", true},
        {"https://sub.example.museum:8443/path?x=1", true},
        {"https://93.184.216.34/hook", true},
        {"http://localhost:9000/hook", true},
        {"https://localhost/hook", true},
        {"http://127.0.0.1:9000/", true},
        {"http://[::1]:9000/", true},
        {"http://example.com/hook", false},
        {"http://127.0.0.2/", false},
        {"http://localhost.example.com/", false},
        {"https://receiver/hook", false},
        {"https://receiver.x/hook", false},
        {"https://user:password@example.com/", false},
        {"ftp://example.com/", false},
        {"example.com/hook", false},
        {"https://", false},
        {"https://exa mple.com/", false},
        {"", false},
    };
    for (const auto& [url, is_fine] : cases) {
        const Answer answer = create_at(ada_, url);
        EXPECT_EQ(answer.status, is_fine ? 201 : 400) << url;
        if (!is_fine) {
            EXPECT_EQ(answer.body, kRefused) << url;
        }
    }
}

TEST_F(Webhooks, S3_34_settings_let_further_hosts_have_http) {
    world_.settings.contacts_http_hosts = {"receiver", "example.com"};
    EXPECT_EQ(create_at(ada_, "http://receiver:8080/hook").status, 201);
    EXPECT_EQ(create_at(ada_, "http://Example.com/hook").status, 201);
    EXPECT_EQ(create_at(ada_, "http://other.example.com/hook").status, 400);
    world_.settings.contacts_http_hosts = {"*"};
    EXPECT_EQ(create_at(ada_, "http://other.example.com/hook").status, 201);
}

TEST_F(Webhooks, S3_34_at_most_ten_active_ones_each_with_a_url_of_its_own) {
    std::string last;
    for (int i = 0; i < 10; ++i) {
        const Answer created = create_at(ada_, "https://h.example/" + std::to_string(i));
        ASSERT_EQ(created.status, 201);
        last = created.text("id");
    }
    const Answer eleventh = create_at(ada_, "https://h.example/10");
    EXPECT_EQ(eleventh.status, 400);
    EXPECT_EQ(eleventh.body, R"({"detail":"Maximum number of webhooks (10) reached"})");
    EXPECT_EQ(create_at(bob_, "https://h.example/0").status, 201) << "another user's count apart";
    EXPECT_EQ(send(Method::delete_, last).status, 200);
    const Answer taken = create_at(ada_, "https://H.example:443/0");
    EXPECT_EQ(taken.status, 400);
    EXPECT_EQ(taken.body, R"({"detail":"A webhook with the same URL already exists"})");
    EXPECT_EQ(create_at(ada_, "https://h.example/9").status, 201) << "what is deleted is no more";
}

TEST_F(Webhooks, S3_34_limits_hold_when_two_come_at_once) {
    world_.settings.contacts_webhooks_max = 1;
    const auto [first, second] = world_.post_two(
        "/api/v1/webhooks", R"({"url":"https://h.example/","events":["subscriber.created"]})",
        ada_.headers);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 400);
    EXPECT_EQ(second.body, R"({"detail":"Maximum number of webhooks (1) reached"})");
}

TEST_F(Webhooks, lists_ones_own_newest_first) {
    EXPECT_EQ(list(), "[]");
    const std::string first = world_.add_webhook(ada_, "https://h.example/1");
    const std::string second = world_.add_webhook(ada_, "https://h.example/2");
    const std::string third = world_.add_webhook(ada_, "https://h.example/3");
    world_.add_webhook(bob_, "https://h.example/4");
    const std::string events = R"(["subscriber.created"])";
    EXPECT_EQ(list(), "[" + webhook_json(third, "https://h.example/3", events) + "," +
                          webhook_json(second, "https://h.example/2", events) + "," +
                          webhook_json(first, "https://h.example/1", events) + "]");
    send(Method::delete_, second);
    send(Method::put, first, R"({"is_active":false})");
    EXPECT_EQ(list("?include_inactive=false"),
              "[" + webhook_json(third, "https://h.example/3", events) + "]");
    EXPECT_EQ(list("?include_inactive=true"),
              "[" + webhook_json(third, "https://h.example/3", events) + "," +
                  webhook_json(second, "https://h.example/2", events, "false") + "," +
                  webhook_json(first, "https://h.example/1", events, "false") + "]");
    const Answer refused =
        world_.send(Method::get, "/api/v1/webhooks?include_inactive=maybe", {}, ada_.headers);
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(
        refused.body,
        R"({"detail":[{"type":"bool_parsing","loc":["query","include_inactive"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}]})");
}

TEST_F(Webhooks, deleted_at_either_path) {
    for (const char* base : {"/api/v1/webhooks/", "/api/v1/webhooks/webhooks/"}) {
        const std::string id = world_.add_webhook(ada_, "https://h.example/");
        world_.otherwise = answer(500);
        world_.add_contact(
            ada_, std::string("a") + std::to_string(world_.received.size()) + "@example.com");
        const std::size_t before = world_.received.size();
        const Answer removed = world_.send(Method::delete_, base + id, {}, ada_.headers);
        EXPECT_EQ(removed.status, 200) << base;
        EXPECT_EQ(removed.body, R"({"message":"Webhook deleted successfully"})");
        world_.advance(100s);
        EXPECT_EQ(world_.received.size(), before) << "what was on its way is cancelled";
        for (const Answer& gone : {world_.send(Method::delete_, base + id, {}, ada_.headers),
                                   world_.get("/api/v1/webhooks/" + id),
                                   send(Method::put, id, "{}"), send(Method::post, id + "/test")}) {
            EXPECT_EQ(gone.status, 404);
            EXPECT_EQ(gone.body, R"({"detail":"Webhook not found"})");
        }
    }
}

TEST_F(Webhooks, updates_change_what_is_mentioned) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/1");
    world_.add_webhook(ada_, "https://h.example/2");
    struct Case {
        const char* body;
        int status;
        std::string answer;
    };
    const Case cases[] = {
        {R"({"url":null,"events":null,"is_active":null})", 200,
         webhook_json(id, "https://h.example/1", R"(["subscriber.created"])")},
        {R"({"events":["segment.subscriber_added","subscriber.unsubscribed"]})", 200,
         webhook_json(id, "https://h.example/1",
                      R"(["segment.subscriber_added","subscriber.unsubscribed"])")},
        {R"({"url":"https://h.example/3","events":["subscriber.created"]})", 200,
         webhook_json(id, "https://h.example/3", R"(["subscriber.created"])")},
        {R"({"url":"https://h.example/2"})", 400,
         R"({"detail":"A webhook with the same URL already exists"})"},
        {R"({"url":"http://h.example/"})", 400,
         R"({"detail":"Invalid webhook URL format or insecure protocol"})"},
        {R"({"is_active":"off"})", 200,
         webhook_json(id, "https://h.example/3", R"(["subscriber.created"])", "false")},
    };
    for (const Case& c : cases) {
        const Answer changed = send(Method::put, id, c.body);
        EXPECT_EQ(changed.status, c.status) << c.body;
        EXPECT_EQ(changed.body, c.answer) << c.body;
    }
    EXPECT_EQ(send(Method::put, id, R"({"is_active":"maybe"})").status, 422);
    EXPECT_EQ(send(Method::put, "7", "{}").status, 422);
    EXPECT_EQ(world_.get("/api/v1/webhooks/" + id).status, 404) << "it is paused";
}

TEST_F(Webhooks, a_paused_one_gets_nothing_new_and_counts_again_once_it_is_resumed) {
    world_.settings.contacts_webhooks_max = 1;
    const std::string id = world_.add_webhook(ada_, "https://h.example/1");
    send(Method::put, id, R"({"is_active":false})");
    world_.add_contact(ada_, "a@example.com");
    EXPECT_TRUE(world_.received.empty());
    const std::string other = world_.add_webhook(ada_, "https://h.example/2");
    const Answer refused = send(Method::put, id, R"({"is_active":true})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, R"({"detail":"Maximum number of webhooks (1) reached"})");
    EXPECT_EQ(send(Method::delete_, other).status, 200);
    EXPECT_EQ(send(Method::put, id, R"({"is_active":true})").status, 200);
    world_.add_contact(ada_, "b@example.com");
    EXPECT_EQ(world_.received.size(), 1u);
}

TEST_F(Webhooks, a_secret_can_be_taken_back) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/");
    EXPECT_EQ(send(Method::put, id, R"({"secret":"s"})").status, 200);
    world_.add_contact(ada_, "a@example.com");
    EXPECT_EQ(send(Method::put, id, R"({"secret":null})").status, 200);
    world_.add_contact(ada_, "b@example.com");
    ASSERT_EQ(world_.received.size(), 2u);
    EXPECT_NE(world_.received[0].header("webhook-signature"), "");
    EXPECT_EQ(world_.received[1].header("webhook-signature"), "");
}

TEST_F(Webhooks, trials_send_and_report) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/hook");
    const std::string path = "/api/v1/webhooks/" + id + "/test";
    const Answer sent = world_.post(path, "");
    EXPECT_EQ(sent.status, 200);
    EXPECT_EQ(sent.body, R"({"success":true,"message":"Test webhook sent successfully"})");
    ASSERT_EQ(world_.received.size(), 1u);
    const Received& got = world_.received[0];
    EXPECT_EQ(got.url, "https://h.example/hook");
    EXPECT_EQ(got.timeout, 10s);
    EXPECT_EQ(got.header("User-Agent"), "Whookfirm-Webhooks/1.0");
    const std::string start = R"({"event_id": "test_)";
    ASSERT_TRUE(got.body.starts_with(start)) << got.body;
    const std::string digits = got.body.substr(start.size(), 16);
    EXPECT_TRUE(from_hex(digits)) << digits;
    EXPECT_EQ(got.body.substr(start.size() + 16),
              R"(", "event_type": "webhook.test", "timestamp": "2024-01-01T00:00:00Z", )"
              R"("data": {"message": "This is a test webhook delivery", "webhook_id": ")" +
                  id + R"("}})");

    for (const TransportResult& failed :
         {answer(500), answer(302), failure(AttemptOutcome::timed_out, "too slow"),
          failure(AttemptOutcome::blocked, "forbidden")}) {
        world_.answers.push_back(failed);
        const Answer reported = world_.post(path, "");
        EXPECT_EQ(reported.status, 200);
        EXPECT_EQ(reported.body, R"({"success":false,"message":"Test webhook failed"})");
    }
    world_.advance(1000s);
    EXPECT_EQ(world_.received.size(), 5u) << "a trial is not repeated";
    EXPECT_EQ(world_.post("/api/v1/webhooks/" + std::string(kUnknown) + "/test", "").body,
              R"({"detail":"Webhook not found"})");
    EXPECT_EQ(world_.post("/api/v1/webhooks/x/test", "").status, 422);
}

TEST_F(Webhooks, the_built_in_receiver_echoes_objects) {
    for (const char* body : {R"({"a": [1, 2.50, "\u00f6"]})", "{}"}) {
        const Answer echoed = world_.post("/api/v1/webhooks/test", body);
        EXPECT_EQ(echoed.status, 200);
        EXPECT_EQ(echoed.content_type, "application/json");
        EXPECT_EQ(echoed.body, body);
    }
    for (const char* body : {"", "[]", "{", "7"})
        EXPECT_EQ(world_.post("/api/v1/webhooks/test", body).status, 422) << body;
}

TEST_F(Webhooks, S3_35_no_user_changes_anothers_webhooks) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/");
    const std::string path = "/api/v1/webhooks/" + id;
    for (const AuthMode mode : {AuthMode::open, AuthMode::required}) {
        world_.settings.auth = mode;
        for (const Method method : {Method::put, Method::delete_}) {
            const Answer hidden = world_.send(method, path, "{}", bob_.headers);
            EXPECT_EQ(hidden.status, 404);
            EXPECT_EQ(hidden.body, R"({"detail":"Webhook not found"})");
        }
        EXPECT_EQ(world_.send(Method::get, "/api/v1/webhooks", {}, bob_.headers).body, "[]");
        EXPECT_EQ(world_.send(Method::get, path, {}, ada_.headers).status, 200);
        const int foreign = mode == AuthMode::open ? 200 : 404;
        EXPECT_EQ(world_.send(Method::get, path, {}, bob_.headers).status, foreign);
        EXPECT_EQ(world_.send(Method::post, path + "/test", {}, bob_.headers).status, foreign);
    }
}

TEST_F(Webhooks, in_required_mode_every_route_wants_a_login_and_a_role) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/");
    const SignedIn viewer = world_.sign_in("viewer@example.com", Role::viewer);
    const SignedIn operator_ = world_.sign_in("operator@example.com", Role::operator_);
    world_.settings.auth = AuthMode::required;
    struct Case {
        Method method;
        std::string path;
        int viewer;
        int operator_;
    };
    // An unknown webhook's 404 means: let in.
    const Case cases[] = {
        {Method::post, "", 403, 403},
        {Method::get, "", 200, 200},
        {Method::get, "/" + id, 404, 404},
        {Method::put, "/" + id, 403, 403},
        {Method::delete_, "/" + id, 403, 403},
        {Method::delete_, "/webhooks/" + id, 403, 403},
        {Method::post, "/" + id + "/test", 403, 404},
        {Method::post, "/test", 200, 200},
    };
    for (const Case& c : cases) {
        const std::string path = "/api/v1/webhooks" + c.path;
        EXPECT_EQ(world_.send(c.method, path, "{}").status, 401) << path;
        EXPECT_EQ(world_.send(c.method, path, "{}", viewer.headers).status, c.viewer) << path;
        EXPECT_EQ(world_.send(c.method, path, "{}", operator_.headers).status, c.operator_) << path;
    }
}

TEST_F(Webhooks, changes_are_audited_under_the_users_name) {
    const std::string id = world_.add_webhook(ada_, "https://h.example/");
    send(Method::put, id, R"({"secret":"very secret"})");
    send(Method::delete_, id);
    AuditQuery query;
    query.action = "endpoint";
    const auto entries = world_.run(world_.store().read_audit(query)).value();
    ASSERT_EQ(entries.size(), 3u);
    const char* const actions[] = {"endpoint.create", "endpoint.update", "endpoint.delete"};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(entries[i].action, actions[i]);
        EXPECT_EQ(entries[i].actor, to_base62("user", ada_.id));
        EXPECT_EQ(entries[i].actor_name, "ada@example.com");
        EXPECT_EQ((entries[i].before + entries[i].after).find("very secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace posthaste::test
