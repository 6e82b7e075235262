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

}  // namespace
}  // namespace posthaste
