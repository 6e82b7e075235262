#include "store/common/netstring.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Netstrings, come_back_whatever_bytes_they_hold) {
    const std::vector<std::string> lists[] = {
        {}, {""}, {"", ""}, {"blue", "", "7:x,"}, {std::string("a\0b", 3), "gr\xc3\xbcn", "\xff"}};
    for (const auto& list : lists) EXPECT_EQ(from_netstrings(to_netstrings(list)), list);
    EXPECT_EQ(to_netstrings({"blue", ""}), "4:blue,0:,");
}

TEST(Netstrings, what_is_none_is_not_taken) {
    for (const char* text : {"", "4", "4:", "4:blu", "4:blue", "4:blue;", "x:blue,", "-1:,",
                             "99999999999999999999:a,", ":,"}) {
        std::string_view rest = text;
        EXPECT_FALSE(take_netstring(rest)) << text;
    }
}

}  // namespace
}  // namespace posthaste
