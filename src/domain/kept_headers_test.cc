#include "domain/kept_headers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/bytes.h"
#include "domain/sensitive_header.h"

namespace posthaste {
namespace {

using Header = std::pair<std::string, std::string>;
using Headers = std::vector<Header>;

std::string kept(const Headers& headers) {
    KeptHeaders keeper;
    for (const auto& [name, value] : headers) keeper.add(name, value);
    return std::move(keeper).take();
}

Headers read(std::string_view text) {
    Headers headers;
    for (const auto& [name, value] : read_kept_headers(text).headers)
        headers.emplace_back(name, value);
    return headers;
}

std::string line(std::string_view name, std::string_view value) {
    return std::string(name).append(": ").append(value).append("\n");
}

// 0x80 and above have to be told from the letters behind them.
std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

TEST(KeptHeaders, ValuesAreMadeReadable) {
    const struct {
        const char* name;
        std::string value;
        std::string expected;
    } cases[] = {
        {"plain", "text/plain; charset=utf-8", "text/plain; charset=utf-8"},
        {"empty", "", ""},
        {"colons", "a: b: c", "a: b: c"},
        {"UTF-8", "caf\xc3\xa9 \xf0\x9f\x8d\xb5", "caf\xc3\xa9 \xf0\x9f\x8d\xb5"},
        {"ISO 8859-1", bytes({'c', 'a', 'f', 0xe9}), "caf\xc3\xa9"},
        {"the first and the last byte beyond ASCII", bytes({0x80, 0xff}), "\xc2\x80\xc3\xbf"},
        {"UTF-8 that is cut", bytes({0xc3}), "\xc3\x83"},
        {"a surrogate", bytes({0xed, 0xa0, 0x80}), "\xc3\xad\xc2\xa0\xc2\x80"},
        {"line ends", "a\r\nX-Forged: b", "a??X-Forged: b"},
        {"control characters", bytes({0x00, 0x01, 0x1f, 0x7f, 'z'}), "????z"},
        {"a tab", "a\tb", "a b"},
        {"a terminal's escape", "\x1b[2J", "?[2J"},
    };
    for (const auto& row : cases) {
        const std::string text = kept({{"X-Value", row.value}});
        EXPECT_EQ(text, line("X-Value", row.expected)) << row.name;
        EXPECT_TRUE(is_valid_utf8(text)) << row.name;
        EXPECT_EQ(read(text), (Headers{{"X-Value", row.expected}})) << row.name;
    }
}

TEST(KeptHeaders, OrderAndRepetitionsStay) {
    const Headers headers{{"Link", "</a>"}, {"vary", "a"},    {"Link", "</b>"},
                          {"Vary", "b"},    {"Link", "</a>"}, {"+1", "a name of its own"}};
    EXPECT_EQ(read(kept(headers)), headers);
    EXPECT_EQ(read_kept_headers(kept(headers)).left_out, 0U);
    EXPECT_EQ(kept({}), "");
    EXPECT_TRUE(read_kept_headers("").headers.empty());
}

TEST(KeptHeaders, CredentialsAreMasked) {
    for (const char* name :
         {"Set-Cookie", "set-cookie2", "COOKIE", "Authorization", "Proxy-Authorization",
          "WWW-Authenticate", "Proxy-Authenticate", "Authentication-Info",
          "Proxy-Authentication-Info", "X-Api-Key", "X-Auth-Token", "X-CSRF-Token", "X-XSRF-Token",
          "X-Amz-Security-Token"}) {
        EXPECT_EQ(kept({{name, "sesame"}, {name, std::string(9000, 's')}}),
                  line(name, "***").append(line(name, "***")));
    }
    for (const char* name : {"Server", "Location", "Set-Cookies", "X-Set-Cookie", "Authorizatio"})
        EXPECT_EQ(kept({{name, "open"}}), line(name, "open"));
}

TEST(KeptHeaders, WhatDoesNotFitIsLeftOutWholeAndCounted) {
    // The line around a value of `A`.
    constexpr std::size_t kAround = 4;
    const std::string full(kKeptHeadersBytesMax - kAround, 'v');
    EXPECT_EQ(kept({{"A", full}}), line("A", full));
    EXPECT_EQ(kept({{"A", full}, {"B", ""}}), line("A", full).append("+1\n"));
    EXPECT_EQ(kept({{"A", std::string(full.size() + 1, 'v')}}), "+1\n");
    EXPECT_EQ(kept({{std::string(kKeptHeadersBytesMax, 'n'), ""}, {"B", "b"}}), "B: b\n+1\n");
    // What comes after a huge one is kept, and its size counts as it is written.
    EXPECT_EQ(kept({{"A", "a"}, {"Policy", std::string(5000, 'p')}, {"B", "b"}}),
              "A: a\nB: b\n+1\n");
    EXPECT_EQ(kept({{"A", std::string(kKeptHeadersBytesMax / 2, '\xff')}}), "+1\n");

    Headers hundred;
    for (int i = 0; i < 100; ++i)
        hundred.emplace_back("X-" + std::to_string(i), std::string(60, 'x'));
    const std::string text = kept(hundred);
    const KeptHeaderList list = read_kept_headers(text);
    EXPECT_EQ(list.headers.size() + list.left_out, 100U);
    ASSERT_GT(list.left_out, 0U);
    EXPECT_EQ(list.headers.back().name, "X-" + std::to_string(list.headers.size() - 1));
    EXPECT_EQ(list.headers.back().value, std::string(60, 'x'));
}

// Whatever is added, what is kept can be read, bounded, and nothing is lost without being counted.
TEST(KeptHeaders, AnyValuesAreKeptOrCounted) {
    std::mt19937 random(5);
    for (int round = 0; round < 500; ++round) {
        KeptHeaders keeper;
        const std::size_t count = random() % 40;
        for (std::size_t i = 0; i < count; ++i) {
            std::string value;
            for (std::size_t left = random() % 300; left > 0; --left)
                value += static_cast<char>(random());
            keeper.add("N" + std::to_string(i), value);
        }
        const std::string text = std::move(keeper).take();
        ASSERT_TRUE(is_valid_utf8(text));
        const KeptHeaderList list = read_kept_headers(text);
        ASSERT_EQ(list.headers.size() + list.left_out, count);
        ASSERT_LE(text.size(), kKeptHeadersBytesMax + sizeof "+40");
        for (const KeptHeader& header : list.headers)
            ASSERT_TRUE(std::ranges::none_of(header.value, [](char c) {
                return (c >= 0 && c < 0x20) || c == 0x7f;
            })) << header.value;
    }
}

// A damaged text gives what can be read.
TEST(KeptHeaders, ReadsWhatItCan) {
    const KeptHeaderList list = read_kept_headers("no separator\nA: a\n\n+x\nB: b");
    ASSERT_EQ(list.headers.size(), 2U);
    EXPECT_EQ(list.headers[1].name, "B");
    EXPECT_EQ(list.headers[1].value, "b");
    EXPECT_EQ(list.left_out, 0U);
}

}  // namespace
}  // namespace posthaste
