#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "api/token.h"
#include "server/commands/commands.h"
#include "server/token_secret.h"

namespace posthaste {
namespace {

constexpr Timestamp kNow = from_micros(1'767'323'045'000'000);

struct TokenCommand : testing::Test {
    TokenOptions options;
    std::string folder;

    void SetUp() override {
        std::string name = testing::TempDir() + "posthaste-token-XXXXXX";
        folder = ::mkdtemp(name.data());
        options.organization = kDefaultOrganization;
        options.environment = [](const std::string&) { return std::nullopt; };
        options.settings["database"] = "sqlite:" + folder;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    TokenClaims claims_of(const std::string& token, const std::string& secret) {
        const auto keys = TokenKeys::create({TokenAlgorithm::hs256, secret});
        const auto verified = (*keys)->verify(token, kNow);
        EXPECT_TRUE(verified);
        return verified ? verified->claims : TokenClaims{};
    }
};

TEST_F(TokenCommand, uses_the_servers_key) {
    const Result<std::string> made = make_token(options, kNow);
    ASSERT_TRUE(made) << made.error().message;
    const auto secret = load_token_secret(folder);
    ASSERT_TRUE(secret) << secret.error().message;
    EXPECT_EQ(claims_of(*made, *secret).subject, kDefaultOrganization);

    options.settings["jwt_secret"] = "x";
    options.expires = "2d";
    options.organization = "org_mine";
    options.application = "app_1";
    const TokenClaims claims = claims_of(make_token(options, kNow).value(), "x");
    EXPECT_EQ(claims.subject, "app_1");
    EXPECT_EQ(claims.organization, "org_mine");
    EXPECT_EQ(claims.expires_at, kNow + std::chrono::hours(48));
}

TEST_F(TokenCommand, what_it_refuses) {
    const TokenOptions fine = options;
    for (const auto& [organization, application, expires] :
         {std::tuple{"acme", "", ""}, std::tuple{"org_a", "ep_1", ""},
          std::tuple{"org_a", "", "soon"}}) {
        options = fine;
        options.organization = organization;
        options.application = application;
        options.expires = expires;
        EXPECT_FALSE(make_token(options, kNow)) << organization << application << expires;
    }
}

}  // namespace
}  // namespace posthaste
