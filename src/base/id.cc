#include "base/id.h"

#include "base/bytes.h"

#include <array>

namespace posthaste {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase62Digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kBase62Length = 27;
// Divided by this, 128 bits fall into groups that plain 64-bit arithmetic can spell.
constexpr std::size_t kGroupDigits = 9;
constexpr std::uint64_t kGroup = 13'537'086'546'263'552ULL;  // 62^9

int base62_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    if (c >= 'a' && c <= 'z') return c - 'a' + 36;
    return -1;
}

bool is_uuid_hyphen(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::string to_uuid(Id id) {
    std::string text(36, '-');
    int digit = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_uuid_hyphen(at)) continue;
        const std::uint64_t half = digit < 16 ? id.hi : id.lo;
        text[at] = kHexDigits[(half >> (60 - 4 * (digit % 16))) & 0xF];
        ++digit;
    }
    return text;
}

std::optional<Id> parse_uuid(std::string_view text) {
    const bool hyphens = text.size() == 36;
    if (!hyphens && text.size() != 32) return std::nullopt;
    Id id;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (hyphens && is_uuid_hyphen(at)) {
            if (text[at] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[at]);
        if (value < 0) return std::nullopt;
        id.hi = (id.hi << 4) | (id.lo >> 60);
        id.lo = (id.lo << 4) | static_cast<std::uint64_t>(value);
    }
    return id;
}

std::string to_base62(std::string_view prefix, Id id) {
    std::string text;
    text.reserve(prefix.size() + 1 + kBase62Length);
    text.append(prefix);
    text.push_back('_');
    text.append(kBase62Length, '0');

    Wide rest = (Wide{id.hi} << 64) | id.lo;
    std::size_t at = text.size();
    for (std::size_t group = 0; group < kBase62Length / kGroupDigits; ++group) {
        auto part = static_cast<std::uint64_t>(rest % kGroup);
        rest /= kGroup;
        for (std::size_t digit = 0; digit < kGroupDigits; ++digit) {
            text[--at] = kBase62Digits[part % 62];
            part /= 62;
        }
    }
    return text;
}

std::optional<Id> parse_base62(std::string_view prefix, std::string_view text) {
    if (text.size() != prefix.size() + 1 + kBase62Length) return std::nullopt;
    if (!text.starts_with(prefix) || text[prefix.size()] != '_') return std::nullopt;
    Wide value = 0;
    for (const char c : text.substr(prefix.size() + 1)) {
        const int digit = base62_value(c);
        if (digit < 0) return std::nullopt;
        // 27 digits can spell about 161 bits; an id has 128.
        if (value > (~Wide{0} - static_cast<Wide>(digit)) / 62) return std::nullopt;
        value = value * 62 + static_cast<Wide>(digit);
    }
    return Id{static_cast<std::uint64_t>(value >> 64), static_cast<std::uint64_t>(value)};
}

}  // namespace posthaste
