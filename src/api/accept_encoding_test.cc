#include "api/accept_encoding.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(AcceptEncoding, says_whether_gzip_is_taken) {
    const struct {
        std::string_view value;
        bool takes;
    } kCases[] = {
        {"", false},
        {"gzip", true},
        {"GZip", true},
        {"deflate, gzip;q=0.5, br", true},
        {"br,gzip", true},
        {"gzip;q=0", false},
        {"gzip; Q=0.000", false},
        {"gzip;q=0.001", true},
        {"identity", false},
        {"br", false},
        {"*", true},
        {"*;q=0", false},
        {"gzip;q=0, *", false},
        {"*;q=0, gzip", true},
        {"xgzip", false},
        {",,", false},
    };
    for (const auto& [value, takes] : kCases) EXPECT_EQ(takes_gzip(value), takes) << value;
}

}  // namespace
}  // namespace posthaste
