// Text forms of bytes, ids and times.

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/outcome.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr Timestamp kNow{1'700'000'000s};
constexpr Duration kWeek = std::chrono::days{7};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return result;
}

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The id that 16 bytes spell, missing ones being zero.
Id id_of(std::string_view bytes) {
    Id id;
    for (std::size_t i = 0; i < 16; ++i) {
        const std::uint64_t byte = i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
        id.hi = (id.hi << 8) | (id.lo >> 56);
        id.lo = (id.lo << 8) | byte;
    }
    return id;
}

// The C library's spelling of an HTTP date.
std::string c_http_date(std::time_t seconds) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), length};
}

}  // namespace

void run_bytes(std::string_view input) {
    ASSERT(from_hex(to_hex(input)) == input);
    ASSERT(from_base64(to_base64(input)) == input);
    if (const auto bytes = from_hex(input)) ASSERT(to_hex(*bytes) == lower(input));
    if (const auto bytes = from_base64(input)) ASSERT(to_base64(*bytes) == input);

    const std::string clean = utf8_prefix(input, input.size() * 3);
    ASSERT(is_valid_utf8(clean));
    ASSERT(is_valid_utf8(input) == (clean == input));
    const std::string half = utf8_prefix(input, input.size() / 2);
    ASSERT(half.size() <= input.size() / 2 && clean.starts_with(half) && is_valid_utf8(half));

    ASSERT(equal_constant_time(input, std::string(input)));
    const std::string_view first = input.substr(0, input.size() / 2);
    const std::string_view second = input.substr(input.size() - first.size());
    ASSERT(equal_constant_time(first, second) == (first == second));
}

void run_ids(std::string_view input) {
    if (const auto id = parse_uuid(input)) {
        ASSERT(parse_uuid(to_uuid(*id)) == id);
        if (input.size() == 36) ASSERT(to_uuid(*id) == lower(input));
    }
    if (const auto id = parse_base62("msg", input)) ASSERT(to_base62("msg", *id) == input);

    const Id a = id_of(input.substr(0, 16));
    const Id b = id_of(input.size() > 16 ? input.substr(16) : std::string_view{});
    ASSERT(parse_uuid(to_uuid(a)) == a);
    ASSERT(parse_base62("ep", to_base62("ep", a)) == a);
    ASSERT((to_uuid(a) < to_uuid(b)) == (a < b));
    ASSERT((to_base62("ep", a) < to_base62("ep", b)) == (a < b));
}

void run_http_date(std::string_view input) {
    const auto at = parse_http_date(input);
    if (!at) return;
    ASSERT(input.size() == 29);
    // The C library neither pads years to four digits nor spells leap seconds.
    const bool leap = input.substr(23, 2) == "60";
    if (input[12] == '0') return;
    const std::string spelled = c_http_date(static_cast<std::time_t>(to_seconds(*at)) - leap);
    ASSERT(spelled.substr(0, 23) == input.substr(0, 23));
    ASSERT(leap || spelled == input);
}

void run_retry_after(std::string_view input) {
    const auto delay = parse_retry_after(input, kNow);
    const auto later = parse_retry_after(input, kNow + 1h);
    ASSERT(delay.has_value() == later.has_value());
    if (!input.empty() && input.size() <= 9 && all_digits(input)) {
        ASSERT(delay ==
               std::min<Duration>(std::chrono::seconds{std::stoi(std::string(input))}, kWeek));
    }
    if (!delay) return;
    ASSERT(*delay >= Duration{0} && *delay <= kWeek);
    ASSERT(*later <= *delay && *later >= *delay - 1h);
    ASSERT(*delay % 1s == Duration{0});
}

}  // namespace posthaste::fuzz
