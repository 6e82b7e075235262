#include "base/text.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Text, TrimsBlanks) {
    for (const std::string_view text : {"a b", " a b", "a b\t", " \t a b \t "})
        EXPECT_EQ(trim_blanks(text), "a b") << text;
    for (const std::string_view text : {"", " ", "\t \t"}) EXPECT_EQ(trim_blanks(text), "");
    EXPECT_EQ(trim_blanks(" \na\n "), "\na\n");
}

}  // namespace
}  // namespace posthaste
