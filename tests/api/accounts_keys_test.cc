// API keys over the wire, and the audit log.

#include <gtest/gtest.h>

#include "tests/api/people.h"

namespace posthaste::test {
namespace {

class KeysTest : public ::testing::Test {
protected:
    KeysTest() {
        owner_ = people_.add("owner@example.com", Role::owner);
        people_.add("operator@example.com", Role::operator_);
        as_owner_ = people_.session("owner@example.com");
    }
    Answer create(const std::string& body) {
        return people_.call(Method::post, "/api-keys", body, as_owner_);
    }
    Answer get(const std::string& path) { return people_.call(Method::get, path, "", as_owner_); }
    int status_with(const std::string& key, const std::string& path = "/account") {
        return people_.call(Method::get, path, "", People::bearer(key)).status;
    }

    World world_;
    People people_{world_};
    User owner_;
    World::Headers as_owner_;
};

TEST_F(KeysTest, a_key_is_told_once) {
    const Answer made = create(R"({"name":"the shop","scope":"read"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string key = made.text("key");
    EXPECT_EQ(key.size(), 47U);
    EXPECT_EQ(made.text("hint"), key.substr(0, 9));
    EXPECT_EQ(made.text("createdBy"), to_base62("user", owner_.id));
    EXPECT_EQ(header_of(made, "cache-control"), "no-store");
    EXPECT_EQ(status_with(key, "/app"), 200);
    const std::string path = "/api-keys/" + made.text("id");
    for (const Answer& answer : {get(path), get("/api-keys"), get("/audit")}) {
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body.find(key.substr(9)), std::string::npos);
    }
}

TEST_F(KeysTest, a_revoked_key_is_worth_nothing_at_once) {
    const Answer made = create(R"({"name":"k","scope":"full"})");
    const std::string key = made.text("key");
    EXPECT_EQ(status_with(key), 200);
    const std::string path = "/api-keys/" + made.text("id");
    EXPECT_EQ(people_.call(Method::delete_, path, "", as_owner_).status, 204);
    EXPECT_EQ(status_with(key), 401);
    EXPECT_EQ(people_.call(Method::delete_, path, "", as_owner_).status, 404);
    EXPECT_EQ(get(path).status, 404);
}

TEST_F(KeysTest, a_key_ends_with_its_time) {
    EXPECT_EQ(create(R"({"name":"k","scope":"read","expiresAt":"2026-01-02T03:04:05Z"})").status,
              422);
    const Answer made = create(R"({"name":"k","scope":"read","expiresAt":"2026-01-02T03:05:00Z"})");
    const std::string key = made.text("key");
    const std::string path = "/api-keys/" + made.text("id");
    EXPECT_EQ(status_with(key), 200);
    world_.advance(1min);
    EXPECT_EQ(status_with(key), 401);
    EXPECT_EQ(people_.call(Method::patch, path, R"({"expiresAt":null})", as_owner_).status, 200);
    EXPECT_EQ(status_with(key), 200);
}

TEST_F(KeysTest, last_use_is_kept_to_the_minute) {
    const Answer made = create(R"({"name":"k","scope":"read"})");
    const std::string path = "/api-keys/" + made.text("id");
    EXPECT_TRUE(get(path).json().at("lastUsedAt").is_null());
    EXPECT_EQ(status_with(made.text("key")), 200);
    EXPECT_TRUE(get(path).json().at("lastUsedAt").is_null());
    world_.advance(1min);
    EXPECT_EQ(get(path).text("lastUsedAt"), "2026-01-02T03:05:05.123456Z");
    // Nobody used it since.
    world_.advance(10min);
    EXPECT_EQ(get(path).text("lastUsedAt"), "2026-01-02T03:05:05.123456Z");
    EXPECT_EQ(status_with(made.text("key")), 200);
    world_.advance(1min);
    EXPECT_EQ(get(path).text("lastUsedAt"), "2026-01-02T03:16:05.123456Z");
}

TEST_F(KeysTest, what_is_wrong_is_said) {
    for (const char* body : {"{}", R"({"name":"k"})", R"({"name":"","scope":"read"})",
                             R"({"name":"k","scope":"root"})", R"({"name":"k","scope":1})",
                             R"({"name":"k","scope":"read","expiresAt":"soon"})",
                             R"({"name":"k","scope":"read","applicationId":"none"})"})
        EXPECT_EQ(create(body).status, 422) << body;
}

TEST_F(KeysTest, a_key_may_be_limited_to_an_application) {
    const std::string token = world_.token(to_base62("org", world_.settings.organization));
    for (const char* uid : {"a", "b"})
        world_.call(Method::post, "/app", R"({"name":"n","uid":")" + std::string(uid) + "\"}",
                    token);
    const Answer made = create(R"({"name":"k","scope":"full","applicationId":"a"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string key = made.text("key");
    EXPECT_EQ(status_with(key, "/app/a"), 200);
    EXPECT_EQ(status_with(key, "/app/b"), 404);
    EXPECT_EQ(status_with(key, "/app"), 403);
    EXPECT_EQ(status_with(key, "/api-keys"), 403);
}

TEST_F(KeysTest, of_another_organization_do_not_exist) {
    const Answer made = create(R"({"name":"k","scope":"read"})");
    const World::Headers stranger = People::bearer(world_.token("org_somebody_else"));
    const std::string path = "/api-keys/" + made.text("id");
    for (const Method method : {Method::get, Method::patch, Method::delete_})
        EXPECT_EQ(people_.call(method, path, "{}", stranger).status, 404);
    EXPECT_EQ(people_.call(Method::get, "/api-keys", "", stranger).body,
              R"({"data":[],"iterator":null,"done":true})");
}

// An answer with a secret is kept nowhere, also when the client would like it repeated.
TEST_F(KeysTest, a_key_is_not_told_again_for_an_idempotency_key) {
    World::Headers headers = as_owner_;
    headers.emplace_back("Idempotency-Key", "once");
    const std::string body = R"({"name":"k","scope":"read"})";
    const Answer first = people_.call(Method::post, "/api-keys", body, headers);
    const Answer second = people_.call(Method::post, "/api-keys", body, headers);
    EXPECT_NE(first.text("key"), second.text("key"));
}

// ---- the audit log

TEST_F(KeysTest, the_audit_log_says_who_did_what) {
    const std::string id = create(R"({"name":"k","scope":"read"})").text("id");
    people_.call(Method::patch, "/api-keys/" + id, R"({"name":"renamed"})", as_owner_);
    const auto page = get("/audit?object=" + id).json().at("data").as_array();
    ASSERT_EQ(page.size(), 2U);
    const auto& newest = page.at(0);
    EXPECT_EQ(newest.at("action").as_string(), "api-key.update");
    EXPECT_EQ(newest.at("actor").as_string(), to_base62("user", owner_.id));
    EXPECT_EQ(newest.at("actorName").as_string(), "owner@example.com");
    EXPECT_EQ(newest.at("address").as_string(), "127.0.0.1");
    EXPECT_EQ(newest.at("before").at("name").as_string(), "k");
    EXPECT_EQ(newest.at("after").at("name").as_string(), "renamed");
    EXPECT_EQ(newest.at("hash").as_string().size(), 64U);
    EXPECT_TRUE(page.at(1).at("before").is_null());
}

TEST_F(KeysTest, the_audit_log_is_read_in_pages) {
    for (int i = 0; i < 5; ++i) create(R"({"name":"k","scope":"read"})");
    const auto sequences = [&](const std::string& query) {
        std::string text;
        const auto page = get("/audit?action=api-key.create&" + query).json();
        for (const auto& entry : page.at("data").as_array())
            text += std::to_string(entry.at("sequence").to_number<int>()) + " ";
        return text + (page.at("done").as_bool() ? "." : "…");
    };
    // 1 is the login.
    EXPECT_EQ(sequences("limit=2"), "6 5 …");
    EXPECT_EQ(sequences("limit=2&iterator=5"), "4 3 …");
    EXPECT_EQ(sequences("limit=2&iterator=3"), "2 .");
    EXPECT_EQ(sequences("limit=2&iterator=-3"), "5 4 …");
    EXPECT_EQ(sequences("limit=3&iterator=-3"), "6 5 4 .");
    EXPECT_EQ(get("/audit?iterator=x").status, 422);
    EXPECT_EQ(get("/audit?iterator=0").status, 422);
    EXPECT_EQ(get("/audit?since=yesterday").status, 400);
    EXPECT_EQ(sequences("since=2026-01-02T03:04:06Z"), ".");
    EXPECT_EQ(sequences("until=2026-01-02T03:04:06Z&limit=1"), "6 …");
}

TEST_F(KeysTest, the_audit_log_is_for_those_who_manage_and_for_their_own_organization) {
    create(R"({"name":"k","scope":"read"})");
    EXPECT_EQ(
        people_.call(Method::get, "/audit", "", people_.session("operator@example.com")).status,
        403);
    EXPECT_EQ(
        people_.call(Method::get, "/audit", "", People::bearer(world_.token("org_somebody_else")))
            .body,
        R"({"data":[],"iterator":null,"done":true})");
}

}  // namespace
}  // namespace posthaste::test
