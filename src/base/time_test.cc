#include "base/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace posthaste {
namespace {

using namespace std::chrono;

constexpr Timestamp kExample = sys_days{2026y / January / 2} + 3h + 4min + 5s + 123456us;

TEST(Time, formats_with_six_fraction_digits) {
    EXPECT_EQ(format_naive(kExample), "2026-01-02T03:04:05.123456");
    EXPECT_EQ(format_rfc3339(kExample), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(format_rfc3339(from_micros(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_rfc3339(from_micros(7)), "1970-01-01T00:00:00.000007Z");
    EXPECT_EQ(format_rfc3339(from_micros(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_naive(sys_days{2024y / February / 29}), "2024-02-29T00:00:00.000000");
}

TEST(Time, converts_units) {
    EXPECT_EQ(to_micros(kExample) % 1'000'000, 123456);
    EXPECT_EQ(to_millis(kExample), to_micros(kExample) / 1000);
    EXPECT_EQ(to_seconds(kExample), to_micros(kExample) / 1'000'000);
    EXPECT_EQ(from_micros(to_micros(kExample)), kExample);
}

TEST(Time, parses_http_dates) {
    const struct {
        std::string_view text;
        Timestamp expected;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", sys_days{1994y / November / 6} + 8h + 49min + 37s},
        {"Thu, 01 Jan 1970 00:00:00 GMT", from_micros(0)},
        {"Thu, 29 Feb 2024 23:59:59 GMT", sys_days{2024y / March / 1} - 1s},
        {"Sat, 31 Dec 2016 23:59:60 GMT", sys_days{2017y / January / 1}},
        {"Fri, 31 Dec 9999 23:59:59 GMT", sys_days{9999y / December / 31} + 24h - 1s},
    };
    for (const auto& row : cases) {
        const auto parsed = parse_http_date(row.text);
        ASSERT_TRUE(parsed) << row.text;
        EXPECT_EQ(*parsed, row.expected) << row.text;
    }
}

TEST(Time, refuses_what_is_not_an_http_date) {
    for (const std::string_view text : {
             "",
             "Sun, 06 Nov 1994 08:49:37",
             "Sun, 06 Nov 1994 08:49:37 GMT ",
             "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sunday, 06-Nov-94 08:49:37 GMT",  // the obsolete forms of RFC 9110
             "Sun Nov  6 08:49:37 1994",
             "sun, 06 Nov 1994 08:49:37 GMT",
             "Mon, 06 Nov 1994 08:49:37 GMT",  // it was a Sunday
             "Wed, 30 Feb 1994 08:49:37 GMT",
             "Thu, 29 Feb 2023 08:49:37 GMT",
             "Sun, 00 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 24:00:00 GMT",
             "Sun, 06 Nov 1994 08:60:37 GMT",
             "Sun, 06 Nov 1994 08:49:61 GMT",
             "Sun, +6 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov -994 08:49:37 GMT",
             "Sun, 06 Nov 1994 08-49-37 GMT",
         }) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

}  // namespace
}  // namespace posthaste
