#pragma once

// Quantities as people write them on a command line.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace posthaste {

// "200ms", "10s", "1.5s", "2m", "1h", "250us"; a bare number is in seconds. At most 365 days.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// "512", "64k", "10MB", "1GiB": powers of 1024, the letter's case and a trailing "B" or "iB" do not matter.
[[nodiscard]] Result<std::uint64_t> parse_byte_count(std::string_view text);

struct FlapPeriods {
    Duration up{};
    Duration down{};
};
// "10s/5s": up for ten seconds, then down for five, and so on. Both longer than nothing.
[[nodiscard]] Result<FlapPeriods> parse_flap(std::string_view text);

struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
// "127.0.0.1:8000", "[::1]:8000", "localhost:8000".
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

}  // namespace posthaste
