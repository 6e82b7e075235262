#include "domain/outcome.h"

#include <gtest/gtest.h>

#include <set>

namespace posthaste {
namespace {

TEST(Outcome, every_word_round_trips) {
    std::set<std::string_view> words;
    for (std::uint8_t number = 0; number <= 8; ++number) {
        const auto outcome = static_cast<AttemptOutcome>(number);
        EXPECT_EQ(parse_attempt_outcome(to_string(outcome)), outcome);
        words.insert(to_string(outcome));
    }
    EXPECT_EQ(words.size(), 9U);
    EXPECT_EQ(to_string(AttemptOutcome::timed_out), "timed_out");
    for (const std::string_view text : {"", "Delivered", "unknown", "timed out", "deliver"}) {
        EXPECT_FALSE(parse_attempt_outcome(text)) << text;
    }
}

TEST(Outcome, only_2xx_is_delivered) {
    for (const int status : {200, 201, 204, 299}) {
        EXPECT_EQ(classify_status(status), AttemptOutcome::delivered) << status;
    }
    for (const int status : {100, 199, 300, 301, 304, 400, 404, 429, 500, 503, 999}) {
        EXPECT_EQ(classify_status(status), AttemptOutcome::rejected) << status;
    }
}

TEST(Outcome, retry_after) {
    using namespace std::chrono;
    constexpr Timestamp kNow = sys_days{1994y / November / 6} + 8h + 49min + 30s + 250ms;
    const struct {
        std::string_view value;
        std::optional<Duration> expected;
    } cases[] = {
        {"0", 0s},
        {"120", 120s},
        {"  120\t", 120s},
        {"007", 7s},
        {"0.25", 1s},
        {"3.0", 3s},
        {"3.0001", 4s},
        {"604800", 168h},
        {"604800.5", 168h},
        {"604801", 168h},
        {"99999999999999999999999999999999", 168h},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 6750ms},
        {" Sun, 06 Nov 1994 08:49:37 GMT ", 6750ms},
        {"Sun, 06 Nov 1994 08:49:30 GMT", 0s},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0s},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 168h},
        {"", std::nullopt},
        {" ", std::nullopt},
        {"-1", std::nullopt},
        {"+1", std::nullopt},
        {".5", std::nullopt},
        {"5.", std::nullopt},
        {"1.2.3", std::nullopt},
        {"1e3", std::nullopt},
        {"1 2", std::nullopt},
        {"soon", std::nullopt},
        {"Sun, 06 Nov 1994", std::nullopt},
    };
    for (const auto& row : cases) {
        EXPECT_EQ(parse_retry_after(row.value, kNow), row.expected) << row.value;
    }
}

}  // namespace
}  // namespace posthaste
