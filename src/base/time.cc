#include "base/time.h"

#include <array>
#include <cstdio>

namespace posthaste {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string format_with_suffix(Timestamp at, const char* suffix) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss<Duration> clock{at - day};
    std::array<char, 64> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06d%s",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()), suffix);
    return {text.data(), static_cast<std::size_t>(length)};
}

// The value of a field that consists of digits only.
std::optional<int> parse_digits(std::string_view field) {
    int value = 0;
    for (const char c : field) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

template <std::size_t N>
std::optional<unsigned> index_of(const std::array<std::string_view, N>& names,
                                 std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) return static_cast<unsigned>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string format_naive(Timestamp at) { return format_with_suffix(at, ""); }

std::string format_rfc3339(Timestamp at) { return format_with_suffix(at, "Z"); }

std::optional<Timestamp> parse_http_date(std::string_view text) {
    // Every field has its fixed place; the separators are compared with the template's.
    constexpr std::string_view kTemplate = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != kTemplate.size()) return std::nullopt;
    for (const std::size_t at : {3U, 4U, 7U, 11U, 16U, 19U, 22U, 25U, 26U, 27U, 28U}) {
        if (text[at] != kTemplate[at]) return std::nullopt;
    }
    const auto weekday = index_of(kWeekdays, text.substr(0, 3));
    const auto month = index_of(kMonths, text.substr(8, 3));
    const auto day = parse_digits(text.substr(5, 2));
    const auto year = parse_digits(text.substr(12, 4));
    const auto hour = parse_digits(text.substr(17, 2));
    const auto minute = parse_digits(text.substr(20, 2));
    const auto second = parse_digits(text.substr(23, 2));
    if (!weekday || !month || !day || !year || !hour || !minute || !second) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month + 1},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    // Second 60 is a leap second, which this clock counts as the next minute's first.
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const std::chrono::sys_days days{date};
    if (std::chrono::weekday{days}.c_encoding() != *weekday) return std::nullopt;
    return Timestamp{days} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second};
}

}  // namespace posthaste
