#include "engine/setup_token.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/random_text.h"

namespace posthaste {
namespace {

class CountingEntropy final : public Entropy {
public:
    std::uint64_t next() override { return next_ += 0x9E37'79B9'7F4A'7C15ULL; }

private:
    std::uint64_t next_ = 0;
};

TEST(RandomText, is_long_and_fits_into_a_url) {
    CountingEntropy entropy;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string text = random_text("phk_", entropy);
        EXPECT_EQ(text.size(), 47U);
        EXPECT_TRUE(text.starts_with("phk_"));
        EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_"),
                  std::string::npos)
            << text;
        EXPECT_TRUE(seen.insert(text).second) << text;
    }
}

TEST(SetupToken, is_good_once) {
    CountingEntropy entropy;
    SetupToken token;
    EXPECT_FALSE(token.claim(""));
    const std::string text = token.issue(entropy);
    EXPECT_FALSE(token.claim(""));
    EXPECT_FALSE(token.claim(text + "x"));
    EXPECT_TRUE(token.claim(text));
    EXPECT_FALSE(token.claim(text));
    token.give_back(text);
    EXPECT_TRUE(token.claim(text));
}

TEST(SetupToken, a_new_one_voids_the_old) {
    CountingEntropy entropy;
    SetupToken token;
    const std::string first = token.issue(entropy);
    const std::string second = token.issue(entropy);
    EXPECT_FALSE(token.claim(first));
    EXPECT_TRUE(token.claim(second));
}

}  // namespace
}  // namespace posthaste
