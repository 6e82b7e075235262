#include "domain/wildcard.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace posthaste {

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto wildcard = Wildcard::compile(pattern);
    EXPECT_TRUE(wildcard) << pattern;
    return wildcard && wildcard->matches(text);
}

std::size_t character_size(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
    return size;
}

// The definition, tried in all ways.
bool model(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() == '*') {
        if (model(pattern.substr(1), text)) return true;
        return !text.empty() && model(pattern, text.substr(character_size(text)));
    }
    if (text.empty()) return false;
    if (pattern.front() == '?') return model(pattern.substr(1), text.substr(character_size(text)));
    if (pattern.front() == '\\') pattern.remove_prefix(1);
    return pattern.front() == text.front() && model(pattern.substr(1), text.substr(1));
}

TEST(Wildcard, table) {
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("***", "abc"));
    EXPECT_TRUE(matches("a*c", "ac"));
    EXPECT_TRUE(matches("a*c", "abcc"));
    EXPECT_FALSE(matches("ab*bc", "abc"));
    EXPECT_TRUE(matches("*a?c*", "xxabcxx"));
    EXPECT_FALSE(matches("*a?c*", "xxacxx"));
    EXPECT_TRUE(matches("?", "\xE2\x82\xAC"));
    EXPECT_FALSE(matches("??", "\xE2\x82\xAC"));
    EXPECT_TRUE(matches("*\xE2\x82\xAC?*", "1\xE2\x82\xAC\xC3\xA4"));
    EXPECT_TRUE(matches(R"(\*\?\\)", R"(*?\)"));
    EXPECT_FALSE(matches(R"(\*)", "a"));
}

TEST(Wildcard, refuses) {
    EXPECT_FALSE(Wildcard::compile("a\\"));
    EXPECT_FALSE(Wildcard::compile("\\a"));
    EXPECT_TRUE(Wildcard::compile("*" + std::string(63, 'a') + "?*"));
    EXPECT_FALSE(Wildcard::compile("*" + std::string(64, 'a') + "?*"));
    EXPECT_TRUE(Wildcard::compile("*" + std::string(1000, 'a') + "*"));
    EXPECT_TRUE(Wildcard::compile(std::string(1000, '?') + "*"));
}

TEST(Wildcard, agrees_with_the_definition) {
    std::minstd_rand random(1);
    const auto draw = [&random](const std::vector<std::string>& from, std::size_t length_max) {
        std::string text;
        for (std::size_t i = random() % (length_max + 1); i > 0; --i)
            text += from[random() % from.size()];
        return text;
    };
    int hits = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::string pattern = draw({"a", "b", "\xC3\xA4", "*", "*", "?", "\\*"}, 9);
        const std::string text = draw({"a", "b", "\xC3\xA4", "*"}, 12);
        const bool expected = model(pattern, text);
        hits += expected ? 1 : 0;
        ASSERT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
    }
    EXPECT_GT(hits, 5'000);
}

TEST(Wildcard, hostile_pattern_takes_linear_time) {
    // A backtracking matcher would need more steps than there are atoms.
    std::string pattern;
    for (int i = 0; i < 500; ++i) pattern += "*a?a";
    EXPECT_FALSE(matches(pattern + "b", std::string(1'000'000, 'a')));
}

}  // namespace

}  // namespace posthaste
