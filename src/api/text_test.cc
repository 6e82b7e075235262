#include "api/text.h"
#include "base/json_text.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Text, percent_decode) {
    EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
    EXPECT_EQ(percent_decode("a%20b+c", PlusSign::space), "a b c");
    EXPECT_EQ(percent_decode("%C3%b6%"), "\xC3\xB6%");
    EXPECT_EQ(percent_decode("%2%zz%a"), "%2%zz%a");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(Text, equals_decoded) {
    EXPECT_TRUE(equals_decoded("health", "health"));
    EXPECT_TRUE(equals_decoded("h%65alth", "health"));
    EXPECT_FALSE(equals_decoded("h%65alth%20", "health"));
    EXPECT_FALSE(equals_decoded("h%6", "he"));
    EXPECT_FALSE(equals_decoded("heal", "health"));
    EXPECT_FALSE(equals_decoded("%68", "health"));
}

TEST(Text, query_value) {
    EXPECT_EQ(query_value("a=1&b=2", "b"), "2");
    EXPECT_EQ(query_value("a=1&a=2", "a"), "2");
    EXPECT_EQ(query_value("a", "a"), "");
    EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
    EXPECT_EQ(query_value("a=x+y%2B", "a"), "x y+");
    EXPECT_EQ(query_value("&&a=1&", "a"), "1");
    EXPECT_EQ(query_value("ab=1", "a"), std::nullopt);
    EXPECT_EQ(query_value("", "a"), std::nullopt);
}

TEST(Text, append_json_string) {
    const auto quoted = [](std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    EXPECT_EQ(quoted("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    EXPECT_EQ(quoted(std::string_view("\0\x1F\x7F", 3)), "\"\\u0000\\u001f\x7F\"");
    EXPECT_EQ(quoted("\xC3\xB6\xF0\x9F\x93\xAE"), "\"\xC3\xB6\xF0\x9F\x93\xAE\"");
    EXPECT_EQ(quoted("\xFF"), "\"\xEF\xBF\xBD\"");
    EXPECT_EQ(quoted("\xFF\xFE\xFD\xFC"
                     "end"),
              "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
              "end\"");
}

TEST(Text, first_characters) {
    EXPECT_EQ(first_characters("abc", 5), "abc");
    EXPECT_EQ(first_characters("abc", 3), "abc");
    EXPECT_EQ(first_characters("abc", 2), "ab");
    EXPECT_EQ(first_characters("\xC3\xB6\xC3\xB6x", 2), "\xC3\xB6\xC3\xB6");
    EXPECT_EQ(first_characters("\xF0\x9F\x93\xAE\xF0\x9F\x93\xAE", 1), "\xF0\x9F\x93\xAE");
    EXPECT_EQ(first_characters("\xFF\xFF\xFF", 2), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(first_characters("", 2), "");
}

TEST(Text, parse_integer) {
    struct Case {
        const char* text;
        std::optional<std::int64_t> value;
    };
    for (const Case& c : {Case{"0", 0},
                          {"10", 10},
                          {"-3", -3},
                          {"+5", 5},
                          {"1_000", 1000},
                          {"7.000", 7},
                          {"99999999999999999999", INT64_MAX},
                          {"-99999999999999999999", INT64_MIN},
                          {"-9223372036854775808", INT64_MIN},
                          {"007", 7},
                          {"", {}},
                          {"-", {}},
                          {"1.5", {}},
                          {"1.", {}},
                          {".0", {}},
                          {"_1", {}},
                          {"1_", {}},
                          {"1__0", {}},
                          {" 1", {}},
                          {"0x1", {}},
                          {"1e3", {}},
                          {"+-1", {}}})
        EXPECT_EQ(parse_integer(c.text), c.value) << c.text;
}

}  // namespace
}  // namespace posthaste
