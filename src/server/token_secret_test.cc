#include "server/token_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace posthaste {
namespace {

class TokenSecret : public ::testing::Test {
protected:
    TokenSecret() { std::filesystem::create_directories(folder_); }
    ~TokenSecret() override { std::filesystem::remove_all(folder_); }
    const std::string folder_ =
        ::testing::TempDir() + "posthaste_token_secret_" + std::to_string(::getpid());
};

TEST_F(TokenSecret, IsMadeOnceAndKept) {
    EXPECT_EQ(load_token_secret(folder_).error().code, ErrorCode::not_found);
    const auto first = load_or_make_token_secret(folder_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->size(), 44U);
    EXPECT_EQ(load_or_make_token_secret(folder_).value(), *first);
    EXPECT_EQ(load_token_secret(folder_).value(), *first);
}

TEST_F(TokenSecret, NobodyElseMayReadIt) {
    ASSERT_TRUE(load_or_make_token_secret(folder_));
    struct stat info{};
    ASSERT_EQ(::stat((folder_ + "/token_secret").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(TokenSecret, AnEmptyFileIsNoSecret) {
    std::ofstream(folder_ + "/token_secret") << "\n";
    EXPECT_EQ(load_or_make_token_secret(folder_).error().code, ErrorCode::corrupt);
}

TEST_F(TokenSecret, AFolderThatIsNotThereIsNamed) {
    const auto made = load_or_make_token_secret(folder_ + "/missing");
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message.find("missing/token_secret"), std::string::npos);
}

TEST_F(TokenSecret, AConfiguredSecretGoesFirst) {
    const auto given = token_settings("HS512", "x", folder_ + "/missing");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->secret, "x");
    EXPECT_EQ(given->algorithm, TokenAlgorithm::hs512);
    const auto made = token_settings("HS256", "", folder_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->secret, load_token_secret(folder_).value());
}

TEST_F(TokenSecret, AnAsymmetricKeyMustBeGiven) {
    const auto settings = token_settings("RS256", "", folder_);
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().message.find("PEM"), std::string::npos);
}

TEST_F(TokenSecret, SessionsHaveOneOfTheirOwn) {
    const auto made = session_settings("", folder_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->secret.size(), 44U);
    EXPECT_EQ(made->use, TokenSettings::Use::users);
    EXPECT_NE(made->secret, load_or_make_token_secret(folder_).value());
    EXPECT_EQ(session_settings("", folder_)->secret, made->secret);
    EXPECT_EQ(session_settings("given", folder_)->secret, "given");
    struct stat info{};
    ASSERT_EQ(::stat((folder_ + "/session_secret").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace posthaste
