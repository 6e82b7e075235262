// From requests to principals: API keys, users' tokens as bearer and as cookie, and what revoking does.

#include "api/authenticator.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domain/account_rules.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr OrganizationId kOrganization{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0009ULL};
constexpr std::string_view kKey = "phk_0123456789012345678901234567890123456789012";

class AuthenticatorTest : public testing::Test {
protected:
    AuthenticatorTest() {
        user_.id = UserId(7, 7);
        user_.organization = kOrganization;
        user_.email = "ada@example.com";
        user_.role = Role::operator_;
        user_.revision = 1;
        session_.id = SessionId(8, 8);
        session_.user = user_.id;
        session_.password_mark = password_mark(user_.password_hash);
        session_.expires_at = now_ + 1h;
        session_.revision = 1;
        key_.id = ApiKeyId(9, 9);
        key_.organization = kOrganization;
        key_.name = "from the shop";
        key_.scope = KeyScope::ingest;
        key_.hash = api_key_hash(kKey);
        key_.revision = 1;
        publish();
    }

    void publish() {
        holder_.publish(user_);
        holder_.publish(session_);
        holder_.publish(key_);
    }

    std::expected<PrincipalPtr, TokenFault> ask(Method method, std::vector<HeaderView> headers) {
        HttpRequest request;
        request.method = method;
        request.headers = headers;
        return authenticator_.authenticate(request, now_, directory_);
    }
    std::expected<PrincipalPtr, TokenFault> bearer(std::string_view token) {
        const std::string value = "Bearer " + std::string(token);
        return ask(Method::post, {{"authorization", value}});
    }
    [[nodiscard]] std::string token() const { return *authenticator_.sign(session_); }

    World world_;
    Timestamp now_ = world_.now();
    User user_;
    Session session_;
    ApiKey key_;
    DirectoryHolder holder_{Directory::from({})};
    DirectoryService directory_{holder_, world_.store()};
    KeyUses uses_;
    Authenticator authenticator_{
        TokenSettings{TokenAlgorithm::hs256, "of organizations", TokenSettings::Use::organizations},
        TokenSettings{TokenAlgorithm::hs256, "of users", TokenSettings::Use::users}, &uses_};
};

TEST_F(AuthenticatorTest, an_api_key_speaks_for_its_organization) {
    const auto principal = bearer(kKey);
    ASSERT_TRUE(principal);
    EXPECT_EQ((*principal)->organization, kOrganization);
    EXPECT_EQ((*principal)->actor, to_base62("key", key_.id));
    EXPECT_EQ((*principal)->actor_name, "from the shop");
    EXPECT_TRUE((*principal)->permissions.allow(Access::ingest));
    EXPECT_FALSE((*principal)->permissions.allow(Access::read));
    EXPECT_FALSE((*principal)->is_application);
}

TEST_F(AuthenticatorTest, keys_end_with_their_time_and_when_they_are_revoked) {
    key_.expires_at = now_ + 1min;
    key_.revision = 2;
    publish();
    EXPECT_TRUE(bearer(kKey));
    now_ = now_ + 1min;
    EXPECT_EQ(bearer(kKey).error(), TokenFault::invalid);
    now_ = now_ - 1min;
    EXPECT_TRUE(bearer(kKey));
    key_.is_deleted = true;
    key_.revision = 3;
    publish();
    EXPECT_EQ(bearer(kKey).error(), TokenFault::invalid);
}

TEST_F(AuthenticatorTest, what_is_no_key) {
    std::string near(kKey);
    near.back() = '3';
    for (const std::string& wrong : {std::string("phk_"), near, near + near})
        EXPECT_EQ(bearer(wrong).error(), TokenFault::invalid) << wrong;
    EXPECT_EQ(ask(Method::get, {}).error(), TokenFault::missing);
    EXPECT_EQ(ask(Method::get, {{"authorization", "Basic x"}}).error(), TokenFault::missing);
}

TEST_F(AuthenticatorTest, a_session_ends_with_the_password_it_began_with) {
    EXPECT_TRUE(bearer(token()));
    user_.password_hash = "another";
    user_.revision = 2;
    publish();
    EXPECT_EQ(bearer(token()).error(), TokenFault::invalid);
}

TEST_F(AuthenticatorTest, a_key_is_noted_as_used_once_a_minute) {
    EXPECT_TRUE(bearer(kKey));
    EXPECT_TRUE(bearer(kKey));
    EXPECT_EQ(uses_.take(), std::vector<ApiKeyId>{key_.id});
    now_ = now_ + 59s;
    EXPECT_TRUE(bearer(kKey));
    EXPECT_TRUE(uses_.take().empty());
    now_ = now_ + 1s;
    EXPECT_TRUE(bearer(kKey));
    EXPECT_EQ(uses_.take(), std::vector<ApiKeyId>{key_.id});
    // What is kept counts as well, when nothing is remembered.
    key_.last_used_at = now_ + 30s;
    key_.revision = 2;
    publish();
    now_ = now_ + 80s;
    EXPECT_TRUE(bearer(kKey));
    EXPECT_TRUE(uses_.take().empty());
}

TEST_F(AuthenticatorTest, a_user_has_what_the_role_gives) {
    const auto principal = bearer(token());
    ASSERT_TRUE(principal);
    EXPECT_EQ((*principal)->user->email, "ada@example.com");
    EXPECT_EQ((*principal)->actor_name, "ada@example.com");
    EXPECT_TRUE((*principal)->permissions.allow(Access::operate));
    EXPECT_FALSE((*principal)->permissions.allow(Access::manage));
    // A change of the role counts at once.
    user_.role = Role::admin;
    user_.application = ApplicationId(5, 5);
    user_.revision = 2;
    publish();
    const auto promoted = bearer(token());
    ASSERT_TRUE(promoted);
    EXPECT_TRUE((*promoted)->permissions.allow(Access::manage));
    EXPECT_EQ((*promoted)->application, ApplicationId(5, 5));
    EXPECT_TRUE((*promoted)->is_application);
}

TEST_F(AuthenticatorTest, a_session_ends_in_four_ways) {
    const std::string mine = token();
    EXPECT_TRUE(bearer(mine));
    now_ = session_.expires_at;
    EXPECT_EQ(bearer(mine).error(), TokenFault::invalid);  // in time
    now_ = now_ - 1s;
    user_.is_active = false;
    user_.revision = 2;
    publish();
    EXPECT_EQ(bearer(mine).error(), TokenFault::user_inactive);
    user_.is_active = true;
    user_.revision = 3;
    session_.is_deleted = true;
    session_.revision = 2;
    publish();
    EXPECT_EQ(bearer(mine).error(), TokenFault::invalid);  // by logging out
    user_.is_deleted = true;
    user_.revision = 4;
    publish();
    EXPECT_EQ(bearer(mine).error(), TokenFault::user_gone);
}

// A key that customers' back ends may hold must not make users, nor the other way.
TEST_F(AuthenticatorTest, each_kind_of_token_has_its_own_key) {
    const TokenSettings organizations{TokenAlgorithm::hs256, "of organizations",
                                      TokenSettings::Use::users};
    const TokenSettings users{TokenAlgorithm::hs256, "of users", TokenSettings::Use::organizations};
    TokenClaims user;
    user.subject = to_uuid(user_.id);
    user.session = to_uuid(session_.id);
    TokenClaims organization;
    organization.subject = "org_anybody";
    EXPECT_FALSE(bearer(*(*TokenKeys::create(organizations))->sign(user)));
    EXPECT_FALSE(bearer(*(*TokenKeys::create(users))->sign(organization)));
    const auto proper = authenticator_.sign(organization);
    const auto principal = bearer(*proper);
    ASSERT_TRUE(principal);
    EXPECT_EQ((*principal)->actor, "org_anybody");
    EXPECT_FALSE((*principal)->permissions.allow(Access::administer));
}

TEST_F(AuthenticatorTest, the_cookie_reads_and_with_the_csrf_token_it_writes) {
    const std::string cookie = "theme=dark; posthaste_session=" + token() + "; last=1";
    const std::string csrf = authenticator_.csrf_token(session_.id);
    EXPECT_EQ(csrf.size(), 32U);
    EXPECT_TRUE(ask(Method::get, {{"cookie", cookie}}));
    EXPECT_TRUE(ask(Method::head, {{"cookie", cookie}}));
    for (const Method method : {Method::post, Method::put, Method::patch, Method::delete_})
        EXPECT_EQ(ask(method, {{"cookie", cookie}}).error(), TokenFault::no_csrf_token);
    EXPECT_TRUE(ask(Method::post, {{"cookie", cookie}, {"x-csrf-token", csrf}}));
    EXPECT_EQ(ask(Method::post, {{"cookie", cookie}, {"x-csrf-token", csrf.substr(1)}}).error(),
              TokenFault::no_csrf_token);
    const std::string other = authenticator_.csrf_token(SessionId(1, 1));
    EXPECT_FALSE(ask(Method::post, {{"cookie", cookie}, {"x-csrf-token", other}}));
    // An API key in the cookie is no session.
    const std::string key_cookie = "posthaste_session=" + std::string(kKey);
    EXPECT_FALSE(ask(Method::post, {{"cookie", key_cookie}, {"x-csrf-token", csrf}}));
    EXPECT_EQ(ask(Method::get, {{"cookie", "xposthaste_session=" + token()}}).error(),
              TokenFault::missing);
}

TEST_F(AuthenticatorTest, guesses_do_not_grow_the_memory_of_tokens) {
    EXPECT_TRUE(bearer(token()));
    for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(bearer("phk_" + std::to_string(i)));
    EXPECT_TRUE(bearer(token()));
}

}  // namespace
}  // namespace posthaste::test
