#include "server/commands/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace posthaste {
namespace {

struct NumberAndUnit {
    double number = 0;
    std::string unit;  // lower case
};

Result<NumberAndUnit> split_unit(std::string_view text, std::string_view what) {
    NumberAndUnit result;
    const char* end = text.data() + text.size();
    const auto [rest, error] =
        std::from_chars(text.data(), end, result.number, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(result.number) || result.number < 0)
        return fail(ErrorCode::invalid, fmt::format("'{}' is not a {}", text, what));
    for (const char* c = rest; c != end; ++c)
        result.unit.push_back(*c >= 'A' && *c <= 'Z' ? static_cast<char>(*c + 32) : *c);
    return result;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{{
        {"", 1e6},
        {"us", 1},
        {"ms", 1e3},
        {"s", 1e6},
        {"m", 60e6},
        {"h", 3600e6},
        {"d", 86400e6},
    }};
    static constexpr double kMicrosMax = 365.0 * 86400e6;
    ASSIGN_OR_RETURN(const auto parts, split_unit(text, "duration such as 200ms, 10s or 1.5m"));
    for (const auto& [unit, micros] : kUnits) {
        if (unit != parts.unit) continue;
        if (parts.number * micros > kMicrosMax)
            return fail(ErrorCode::invalid,
                        fmt::format("the duration '{}' exceeds 365 days", text));
        return Duration{std::llround(parts.number * micros)};
    }
    return fail(ErrorCode::invalid,
                fmt::format("unknown unit '{}' in duration '{}'; use us, ms, s, m, h or d",
                            parts.unit, text));
}

Result<std::uint64_t> parse_byte_count(std::string_view text) {
    static constexpr double kBytesMax = 1e15;
    ASSIGN_OR_RETURN(auto parts, split_unit(text, "size such as 512, 64k or 10MB"));
    std::string& unit = parts.unit;
    if (!unit.empty() && unit.back() == 'b') unit.pop_back();
    if (!unit.empty() && unit.back() == 'i') unit.pop_back();
    double factor = 1;
    if (unit == "k") {
        factor = 1024.0;
    } else if (unit == "m") {
        factor = 1024.0 * 1024;
    } else if (unit == "g") {
        factor = 1024.0 * 1024 * 1024;
    } else if (!unit.empty()) {
        return fail(ErrorCode::invalid,
                    fmt::format("unknown unit in size '{}'; use k, M or G", text));
    }
    if (parts.number * factor > kBytesMax)
        return fail(ErrorCode::invalid, fmt::format("the size '{}' is too large", text));
    return static_cast<std::uint64_t>(std::llround(parts.number * factor));
}

Result<FlapPeriods> parse_flap(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return fail(ErrorCode::invalid,
                    fmt::format("'{}' is not UP/DOWN; write for example 10s/10s", text));
    }
    ASSIGN_OR_RETURN(const Duration up, parse_duration(text.substr(0, slash)));
    ASSIGN_OR_RETURN(const Duration down, parse_duration(text.substr(slash + 1)));
    if (up.count() == 0 || down.count() == 0)
        return fail(ErrorCode::invalid, "both periods of UP/DOWN must be longer than nothing");
    return FlapPeriods{up, down};
}

Result<HostPort> parse_host_port(std::string_view text) {
    HostPort result;
    const std::size_t colon = text.rfind(':');
    const auto bad = [&] {
        return fail(ErrorCode::invalid,
                    fmt::format("'{}' is not HOST:PORT; write for example 127.0.0.1:8000", text));
    };
    if (colon == std::string_view::npos || colon == 0) return bad();
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return bad();
    }
    const std::string_view digits = text.substr(colon + 1);
    const auto [rest, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
    if (host.empty() || error != std::errc{} || rest != digits.data() + digits.size()) return bad();
    result.host = host;
    return result;
}

}  // namespace posthaste
