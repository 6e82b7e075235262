#include "base/bytes.h"

#include <gtest/gtest.h>

#include <random>

namespace posthaste {
namespace {

using namespace std::string_literals;

std::string random_bytes(std::mt19937& random, std::size_t length) {
    std::string bytes(length, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
}

TEST(Bytes, hex) {
    EXPECT_EQ(to_hex(""), "");
    EXPECT_EQ(to_hex("\x00\x7f\x80\xff"s), "007f80ff");
    EXPECT_EQ(from_hex("007F80fF"), "\x00\x7f\x80\xff"s);
    EXPECT_EQ(from_hex(""), "");
    for (const std::string_view text : {"0", "0g", "g0", "0x00", " 00", "00 "}) {
        EXPECT_FALSE(from_hex(text)) << text;
    }
}

TEST(Bytes, base64_vectors_of_rfc_4648) {
    const struct {
        std::string_view bytes;
        std::string_view text;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"},
                 {"\xfb\xff\xfe", "+//+"}};
    for (const auto& row : cases) {
        EXPECT_EQ(to_base64(row.bytes), row.text);
        EXPECT_EQ(from_base64(row.text), row.bytes);
    }
}

TEST(Bytes, base64_refuses_every_other_spelling) {
    for (const std::string_view text : {
             "Zg",
             "Zg=",
             "Zg===",
             "Z===",
             "====",
             "=",
             "Zm9vYg",  // padding
             "Zh==",
             "Zm9=",  // bits left over
             "-__-",
             "Zm9v\n",
             "Zm 9",
             "Zm9v Zm9",
             "Z=9v",
             "Zg==Zm9v",
             "Zm9\xC3",
         }) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

TEST(Bytes, random_bytes_round_trip) {
    std::mt19937 random{1};
    for (std::size_t length = 0; length < 200; ++length) {
        const std::string bytes = random_bytes(random, length);
        EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    }
}

TEST(Bytes, utf8) {
    for (const std::string_view text :
         {"", "plain", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
          "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "grün €"}) {
        EXPECT_TRUE(is_valid_utf8(text)) << to_hex(text);
        EXPECT_EQ(utf8_prefix(text, 100), text);
    }
    EXPECT_TRUE(is_valid_utf8("a\0b"s));
    for (const std::string_view text : {
             "\x80",
             "\xBF",
             "\xC2",
             "\xC2 ",
             "\xC0\x80",
             "\xC1\xBF",  // stray, cut, overlong
             "\xE0\x9F\xBF",
             "\xED\xA0\x80",
             "\xED\xBF\xBF",
             "\xE2\x82",  // overlong, surrogates, cut
             "\xF0\x8F\xBF\xBF",
             "\xF4\x90\x80\x80",
             "\xF5\x80\x80\x80",
             "\xFF",
             "\xF0\x90\x80",
         }) {
        EXPECT_FALSE(is_valid_utf8(text)) << to_hex(text);
    }
}

TEST(Bytes, utf8_prefix_cuts_at_code_points_and_replaces_errors) {
    const struct {
        std::string_view text;
        std::size_t bytes_max;
        std::string_view expected;
    } cases[] = {
        {"hello", 3, "hel"},
        {"hello", 5, "hello"},
        {"hello", 0, ""},
        {"a€b", 3, "a"},
        {"a€b", 4, "a€"},
        {"a\xFF\xFE", 100, "a\uFFFD\uFFFD"},
        {"a\xE2\x82", 100, "a\uFFFD"},  // a character cut in half is one error
        {"a\xE2\x82z", 100, "a\uFFFDz"},
        {"\xED\xA0\x80", 100,
         "\uFFFD\uFFFD\uFFFD"},  // no part of a surrogate could begin a character
        {"\xFF\xFF", 5, "\uFFFD"},
        {"\xFF", 2, ""},
    };
    for (const auto& row : cases) {
        EXPECT_EQ(utf8_prefix(row.text, row.bytes_max), row.expected) << to_hex(row.text);
    }
}

TEST(Bytes, utf8_prefix_of_anything_is_valid_and_short_enough) {
    std::mt19937 random{2};
    for (int round = 0; round < 5000; ++round) {
        std::string text = random_bytes(random, random() % 24);
        // Half of the bytes from the ranges that matter.
        for (char& c : text) {
            if (random() % 2 == 0) c = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"[random() % 10];
        }
        const std::size_t bytes_max = random() % 32;
        const std::string prefix = utf8_prefix(text, bytes_max);
        EXPECT_TRUE(is_valid_utf8(prefix)) << to_hex(text);
        EXPECT_LE(prefix.size(), bytes_max);
        if (is_valid_utf8(text)) {
            EXPECT_TRUE(text.starts_with(prefix));
            EXPECT_GT(prefix.size() + 4, std::min(bytes_max, text.size()));
        }
    }
}

TEST(Bytes, equal_constant_time_compares) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("secret\0x"s, "secret\0x"s));
    EXPECT_FALSE(equal_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_constant_time("Secret", "secret"));
    EXPECT_FALSE(equal_constant_time("secret", "secret "));
    EXPECT_FALSE(equal_constant_time("\x80", "\x00"s));
}

TEST(Bytes, HexValueKnowsBothCasesAndNothingElse) {
    for (int c = -128; c < 128; ++c) {
        const std::string_view digits = "0123456789abcdef";
        const std::size_t at = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
        EXPECT_EQ(hex_value(static_cast<char>(c)),
                  at == std::string_view::npos ? -1 : static_cast<int>(at));
    }
}

TEST(Bytes, EqualIgnoringCaseFoldsAsciiLettersOnly) {
    EXPECT_TRUE(equal_ignoring_case("Content-Type", "cONTENT-tYPE"));
    EXPECT_FALSE(equal_ignoring_case("Content-Type", "Content-Typ"));
    EXPECT_FALSE(equal_ignoring_case("@[`{", "`{@["));
    EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
    EXPECT_EQ(to_lower("A-Z@[Ab\xC4"), "a-z@[ab\xC4");
}

}  // namespace
}  // namespace posthaste
