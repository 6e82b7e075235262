// Logging in and out over the wire, the first owner, and what users do with their own account.

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "tests/api/people.h"

namespace posthaste::test {
namespace {

class AccountsTest : public ::testing::Test {
protected:
    Answer post(const std::string& path, const std::string& body,
                World::Headers headers = {{"Content-Type", "application/json"}}) {
        return people_.call(Method::post, path, body, headers);
    }
    int status(const World::Headers& credentials, Method method = Method::get,
               const std::string& path = "/account") {
        return people_.call(method, path, "{}", credentials).status;
    }

    World world_;
    People people_{world_};
};

TEST_F(AccountsTest, S2_45_a_login_answers_with_a_cookie_that_scripts_cannot_read) {
    const User ann = people_.add("ann@example.com", Role::operator_);
    const Answer answer = people_.log_in("Ann@example.com");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("user").at("id").as_string(), to_base62("user", ann.id));
    EXPECT_EQ(answer.json().at("user").at("role").as_string(), "operator");
    EXPECT_EQ(answer.text("expiresAt"), "2026-01-10T03:04:05.123456Z");
    const std::string cookie = header_of(answer, "set-cookie");
    EXPECT_TRUE(cookie.starts_with("posthaste_session=ey")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=691200")) << cookie;
    EXPECT_EQ(header_of(answer, "cache-control"), "no-store");
    EXPECT_EQ(answer.body.find("hash"), std::string::npos);
    world_.settings.public_url = "https://hooks.example";
    EXPECT_TRUE(header_of(people_.log_in("ann@example.com"), "set-cookie").ends_with("; Secure"));
}

TEST_F(AccountsTest, a_cookie_reads_and_with_its_token_changes) {
    people_.add("ann@example.com", Role::viewer);
    const World::Headers session = people_.session("ann@example.com");
    const World::Headers cookie_alone = {session.front()};
    EXPECT_EQ(status(session), 200);
    EXPECT_EQ(status(cookie_alone), 200);
    EXPECT_EQ(status(cookie_alone, Method::patch), 403);
    EXPECT_EQ(status({session.front(), {"X-CSRF-Token", "0123456789abcdef0123456789abcdef"}},
                     Method::patch),
              403);
    EXPECT_EQ(status(session, Method::patch), 200);
    // The page that was loaded anew asks for the token.
    EXPECT_EQ(people_.call(Method::get, "/account", "", cookie_alone).text("csrfToken"),
              session.back().second);
}

TEST_F(AccountsTest, what_does_not_log_in) {
    people_.add("ann@example.com", Role::viewer);
    const Answer wrong = people_.log_in("ann@example.com", "guess");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.text("code"), "wrong_credentials");
    EXPECT_EQ(people_.log_in("bob@example.com").body, wrong.body);
    EXPECT_EQ(header_of(wrong, "set-cookie"), "");
    for (const char* body :
         {"", "[]", "{", R"({"email":"ann@example.com"})", R"({"email":1,"password":"x"})"})
        EXPECT_EQ(post("/account/login", body).status, 422) << body;
    // A form of another site cannot send this type.
    const std::string body = R"({"email":"ann@example.com","password":"a good password"})";
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "",
                             "application/jsonx", "multipart/form-data"})
        EXPECT_EQ(post("/account/login", body, {{"Content-Type", type}}).status, 415) << type;
    EXPECT_EQ(post("/account/login", body, {}).status, 415);
    EXPECT_EQ(
        post("/account/login", body, {{"content-type", "Application/JSON; charset=utf-8"}}).status,
        200);
}

TEST_F(AccountsTest, too_many_wrong_passwords_wait) {
    people_.add("ann@example.com", Role::viewer);
    Answer answer = people_.log_in("ann@example.com", "guess");
    for (int i = 0; i < 100 && answer.status == 401; ++i)
        answer = people_.log_in("ann@example.com", "guess");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.text("code"), "too_many_attempts");
    EXPECT_EQ(header_of(answer, "retry-after"), "60");
    EXPECT_EQ(people_.log_in("ann@example.com").status, 429);
    world_.advance(60s);
    EXPECT_EQ(people_.log_in("ann@example.com").status, 200);
}

TEST_F(AccountsTest, a_busy_server_says_so) {
    people_.add("ann@example.com", Role::viewer);
    world_.passwords.refuse_with = ErrorCode::overloaded;
    const Answer answer = people_.log_in("ann@example.com");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(header_of(answer, "retry-after"), "2");
}

TEST_F(AccountsTest, a_logout_ends_the_session_and_the_cookie) {
    people_.add("ann@example.com", Role::viewer);
    const World::Headers session = people_.session("ann@example.com");
    const Answer out = people_.call(Method::post, "/account/logout", "", session);
    EXPECT_EQ(out.status, 204);
    EXPECT_TRUE(header_of(out, "set-cookie").starts_with("posthaste_session=; Path=/;"));
    EXPECT_NE(header_of(out, "set-cookie").find("Max-Age=0"), std::string::npos);
    EXPECT_EQ(status(session), 401);
    const Answer again = people_.call(Method::post, "/account/logout", "", session);
    EXPECT_EQ(again.status, 401);
    EXPECT_NE(header_of(again, "set-cookie").find("Max-Age=0"), std::string::npos);
}

TEST_F(AccountsTest, a_session_ends_with_its_time) {
    people_.add("ann@example.com", Role::viewer);
    const World::Headers session = people_.session("ann@example.com");
    world_.advance(192h - 1s);
    EXPECT_EQ(status(session), 200);
    world_.advance(1s);
    EXPECT_EQ(status(session), 401);
}

TEST_F(AccountsTest, sessions_are_listed_and_ended) {
    people_.add("ann@example.com", Role::viewer);
    people_.add("bob@example.com", Role::viewer);
    const World::Headers first = people_.session("ann@example.com");
    const World::Headers second = people_.session("ann@example.com");
    const World::Headers third = people_.session("ann@example.com");
    const World::Headers bob = people_.session("bob@example.com");
    const auto list = people_.call(Method::get, "/account/sessions", "", first).json();
    ASSERT_EQ(list.at("data").as_array().size(), 3U);
    EXPECT_TRUE(list.at("data").at(0).at("isCurrent").as_bool());
    EXPECT_FALSE(list.at("data").at(1).at("isCurrent").as_bool());
    EXPECT_EQ(list.at("data").at(0).at("address").as_string(), "127.0.0.1");
    const std::string id(list.at("data").at(1).at("id").as_string());

    EXPECT_EQ(status(bob, Method::delete_, "/account/sessions/" + id), 404);
    EXPECT_EQ(status(first, Method::delete_, "/account/sessions/nonsense"), 404);
    EXPECT_EQ(status(first, Method::delete_, "/account/sessions/" + id), 204);
    EXPECT_EQ(status(second), 401);
    EXPECT_EQ(status(first, Method::delete_, "/account/sessions"), 204);
    EXPECT_EQ(status(third), 401);
    EXPECT_EQ(status(first), 200);
    EXPECT_EQ(status(bob), 200);
}

TEST_F(AccountsTest, a_new_password_ends_the_other_sessions) {
    people_.add("ann@example.com", Role::viewer);
    const World::Headers here = people_.session("ann@example.com");
    const World::Headers elsewhere = people_.session("ann@example.com");
    const auto change = [&](const std::string& current, const std::string& fresh) {
        return people_.call(
            Method::post, "/account/password",
            R"({"currentPassword":")" + current + R"(","newPassword":")" + fresh + "\"}", here);
    };
    const Answer wrong = change("guess", "another good one");
    EXPECT_EQ(wrong.status, 403);
    EXPECT_EQ(wrong.text("code"), "wrong_password");
    EXPECT_EQ(change(kPassword, "short").status, 422);
    EXPECT_EQ(change(kPassword, "Ann@Example.com").status, 422);
    EXPECT_EQ(status(elsewhere), 200);
    EXPECT_EQ(change(kPassword, "another good one").status, 204);
    EXPECT_EQ(status(here), 200);
    EXPECT_EQ(status(elsewhere), 401);
    EXPECT_EQ(people_.log_in("ann@example.com").status, 401);
    EXPECT_EQ(people_.log_in("ann@example.com", "another good one").status, 200);
}

// Whoever sits at an unlocked screen does not find the password out.
TEST_F(AccountsTest, the_current_password_is_guarded_like_a_login) {
    people_.add("ann@example.com", Role::viewer);
    const World::Headers session = people_.session("ann@example.com");
    int last = 0;
    for (int i = 0; i < 100 && last != 429; ++i)
        last = people_
                   .call(Method::post, "/account/password",
                         R"({"currentPassword":"guess","newPassword":"another good one"})", session)
                   .status;
    EXPECT_EQ(last, 429);
}

TEST_F(AccountsTest, an_address_changes_with_the_password_only) {
    people_.add("ann@example.com", Role::viewer);
    people_.add("bob@example.com", Role::viewer);
    const World::Headers session = people_.session("ann@example.com");
    const auto patch = [&](const std::string& body) {
        return people_.call(Method::patch, "/account", body, session);
    };
    EXPECT_EQ(patch(R"({"fullName":"Ann"})").text("fullName"), "Ann");
    EXPECT_EQ(patch(R"({"email":"ann@example.org"})").status, 422);
    EXPECT_EQ(patch(R"({"email":"ann@example.org","currentPassword":"guess"})").status, 403);
    const std::string password = R"(,"currentPassword":"a good password"})";
    EXPECT_EQ(patch(R"({"email":"nonsense")" + password).status, 422);
    EXPECT_EQ(patch(R"({"email":"bob@example.com")" + password).status, 409);
    EXPECT_EQ(patch(R"({"email":"Ann@Example.org")" + password).text("email"), "ann@example.org");
    EXPECT_EQ(people_.log_in("ann@example.com").status, 401);
    EXPECT_EQ(people_.log_in("ann@example.org").status, 200);
}

TEST_F(AccountsTest, who_am_i) {
    const User ann = people_.add("ann@example.com", Role::operator_);
    const auto user =
        people_.call(Method::get, "/account", "", people_.session("ann@example.com")).json();
    EXPECT_EQ(user.at("actor").as_string(), to_base62("user", ann.id));
    EXPECT_EQ(boost::json::serialize(user.at("permissions")), R"(["read","operate"])");
    const auto key =
        people_.call(Method::get, "/account", "", People::bearer(people_.add_key(KeyScope::ingest)))
            .json();
    EXPECT_TRUE(key.at("user").is_null());
    EXPECT_EQ(boost::json::serialize(key.at("permissions")), R"(["ingest"])");
    EXPECT_FALSE(key.as_object().contains("csrfToken"));
    const auto token = world_.call(Method::get, "/account").json();
    EXPECT_EQ(token.at("organizationId").as_string(), world_.organization);
    EXPECT_EQ(status({}), 401);
    // Only users have what belongs to a user.
    for (const char* path : {"/account/sessions"})
        EXPECT_EQ(world_.call(Method::get, path).text("code"), "no_user");
}

// ---- the first owner

std::string setup_body(const std::string& token, const std::string& email = "ann@example.com") {
    return R"({"token":")" + token + R"(","email":")" + email +
           R"(","password":"a good password","fullName":"Ann"})";
}

TEST_F(AccountsTest, the_set_up_token_makes_one_owner) {
    EXPECT_EQ(post("/account/setup", setup_body("")).status, 403);
    const std::string token = world_.setup_token.issue(world_.entropy());
    EXPECT_EQ(post("/account/setup", setup_body(token + "x")).status, 403);
    EXPECT_EQ(post("/account/setup", setup_body(token), {}).status, 415);
    EXPECT_EQ(post("/account/setup", setup_body(token, "nonsense")).status, 422);
    const Answer made = post("/account/setup", setup_body(token));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.json().at("user").at("role").as_string(), "owner");
    EXPECT_EQ(made.json().at("user").at("fullName").as_string(), "Ann");
    EXPECT_NE(header_of(made, "set-cookie"), "");
    EXPECT_EQ(people_.log_in("ann@example.com").status, 200);
    EXPECT_EQ(post("/account/setup", setup_body(token, "eve@example.com")).status, 403);
    const auto audit = world_.run(world_.store().read_audit({}));
    ASSERT_FALSE(audit->empty());
    EXPECT_EQ(audit->front().action, "user.create");
    EXPECT_EQ(audit->front().actor, "setup");
    EXPECT_EQ(audit->front().after.find("good password"), std::string::npos);
}

TEST_F(AccountsTest, a_set_up_that_fails_can_be_repeated) {
    const std::string token = world_.setup_token.issue(world_.entropy());
    world_.passwords.refuse_with = ErrorCode::overloaded;
    EXPECT_EQ(post("/account/setup", setup_body(token)).status, 503);
    world_.passwords.refuse_with.reset();
    people_.add("bob@example.com", Role::viewer);
    EXPECT_EQ(post("/account/setup", setup_body(token, "bob@example.com")).status, 409);
    EXPECT_EQ(post("/account/setup", setup_body(token)).status, 201);
}

TEST_F(AccountsTest, a_server_with_an_owner_is_set_up) {
    people_.add("ann@example.com", Role::owner);
    const std::string token = world_.setup_token.issue(world_.entropy());
    EXPECT_EQ(post("/account/setup", setup_body(token, "eve@example.com")).status, 403);
}

}  // namespace
}  // namespace posthaste::test
