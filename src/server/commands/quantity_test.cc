#include "server/commands/quantity.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace posthaste {
namespace {

TEST(ParseDuration, ReadsNumbersWithUnits) {
    const std::vector<std::pair<const char*, std::int64_t>> cases{
        {"0", 0},          {"5", 5'000'000},      {"200ms", 200'000}, {"1.5s", 1'500'000},
        {"2m", 120000000}, {"1H", 3'600'000'000}, {"250us", 250},     {"1d", 86'400'000'000},
    };
    for (const auto& [text, micros] : cases) {
        const auto parsed = parse_duration(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->count(), micros) << text;
    }
}

TEST(ParseDuration, RefusesOtherTexts) {
    for (const char* text : {"", "s", "-1s", "1x", "1 s", "nan", "inf", "400d", "1e300s", "1s2"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(ParseByteCount, ReadsPowersOf1024) {
    const std::vector<std::pair<const char*, std::uint64_t>> cases{
        {"0", 0}, {"512", 512}, {"64k", 65536}, {"10MB", 10485760}, {"1GiB", 1073741824}, {"8b", 8},
    };
    for (const auto& [text, bytes] : cases) {
        const auto parsed = parse_byte_count(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(*parsed, bytes) << text;
    }
    for (const char* text : {"", "k", "-1", "1t", "1e30", "1kk"})
        EXPECT_FALSE(parse_byte_count(text)) << text;
}

TEST(ParseFlap, WantsTwoPeriods) {
    const auto parsed = parse_flap("10s/500ms");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->up, 10s);
    EXPECT_EQ(parsed->down, 500ms);
    for (const char* text : {"", "10s", "10s/", "/10s", "0s/1s", "1s/0s", "1s/1s/1s"})
        EXPECT_FALSE(parse_flap(text)) << text;
}

TEST(ParseHostPort, ReadsNamesAndBothKindsOfAddresses) {
    const auto v4 = parse_host_port("127.0.0.1:8000");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 8000);
    const auto v6 = parse_host_port("[::1]:80");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    for (const char* text : {"", "8000", ":8000", "h:", "h:x", "h:70000", "::1:80", "h:80x"})
        EXPECT_FALSE(parse_host_port(text)) << text;
}

}  // namespace
}  // namespace posthaste
