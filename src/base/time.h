#pragma once

// Time types. A Timestamp is UTC wall time in microseconds since 1970; a Duration is in
// microseconds. Nothing below the adapters reads a clock: `now` is always passed in
// (ports/clock.h).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

using namespace std::chrono_literals;

[[nodiscard]] constexpr std::int64_t to_micros(Timestamp at) {
    return at.time_since_epoch().count();
}
[[nodiscard]] constexpr Timestamp from_micros(std::int64_t micros) {
    return Timestamp{Duration{micros}};
}
[[nodiscard]] constexpr std::int64_t to_millis(Timestamp at) { return to_micros(at) / 1000; }
[[nodiscard]] constexpr std::int64_t to_seconds(Timestamp at) { return to_micros(at) / 1'000'000; }

// "2026-01-02T03:04:05.123456", without offset: the subscriptions API's form.
[[nodiscard]] std::string format_naive(Timestamp at);
// "2026-01-02T03:04:05.123456Z" (RFC 3339).
[[nodiscard]] std::string format_rfc3339(Timestamp at);
// An HTTP date (RFC 9110 §5.6.7, IMF-fixdate only): "Sun, 06 Nov 1994 08:49:37 GMT". Empty when it
// is not one.
[[nodiscard]] std::optional<Timestamp> parse_http_date(std::string_view text);

}  // namespace posthaste
