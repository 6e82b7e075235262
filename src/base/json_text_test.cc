#include "base/json_text.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

TEST(JsonText, EscapesWhatMustBeAndNothingElse) {
    EXPECT_EQ(quoted("plain"), "\"plain\"");
    EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
    EXPECT_EQ(quoted(std::string_view("\x00\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
    EXPECT_EQ(quoted("J\xc3\xb6hn \xf0\x9f\x98\x80"), "\"J\xc3\xb6hn \xf0\x9f\x98\x80\"");
}

TEST(JsonText, RepairsBytesThatAreNotUtf8) {
    EXPECT_EQ(quoted("a\xff\xfe z"), "\"a\xef\xbf\xbd\xef\xbf\xbd z\"");
}

std::string ascii(std::string_view text) {
    std::string out;
    append_ascii_json_string(out, text);
    return out;
}

// What Python 3.11's json.dumps made of these.
TEST(JsonText, AsciiTextIsThatOfPython) {
    EXPECT_EQ(ascii("plain /&<'>"), R"("plain /&<'>")");
    EXPECT_EQ(ascii("a\"b\\c\b\f\n\r\t"), R"("a\"b\\c\b\f\n\r\t")");
    EXPECT_EQ(ascii(std::string_view("\x00\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
    EXPECT_EQ(ascii("J\xc3\xb6hn"), R"("J\u00f6hn")");
    EXPECT_EQ(ascii("\xe2\x82\xac\xef\xbf\xbf"), R"("\u20ac\uffff")");
    EXPECT_EQ(ascii("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"), R"("\ud83d\ude00\udbff\udfff")");
    EXPECT_EQ(ascii("a\xff"), R"("a\ufffd")");
}

}  // namespace
}  // namespace posthaste
