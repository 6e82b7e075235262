#include "base/bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace posthaste {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

std::uint32_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

struct Sequence {
    std::size_t length = 1;
    bool valid = false;
};

// The UTF-8 sequence beginning at `at`. An invalid one is as long as the part of it that could have
// begun a valid one (Unicode 15 §3.9, "maximal subpart"), so that a character cut in half counts as
// one error.
Sequence next_sequence(std::string_view text, std::size_t at) {
    const std::uint32_t lead = byte_at(text, at);
    if (lead < 0x80) return {1, true};
    std::size_t length = 0;
    // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
    std::uint32_t low = 0x80;
    std::uint32_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {1, false};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size()) return {i, false};
        const std::uint32_t byte = byte_at(text, at + i);
        if (byte < low || byte > high) return {i, false};
        low = 0x80;
        high = 0xBF;
    }
    return {length, true};
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text.push_back(kHexDigits[byte_at(bytes, i) >> 4]);
        text.push_back(kHexDigits[byte_at(bytes, i) & 0xF]);
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = byte_at(bytes, i) << 16;
        if (count > 1) group |= byte_at(bytes, i + 1) << 8;
        if (count > 2) group |= byte_at(bytes, i + 2);
        text.push_back(kBase64Digits[group >> 18]);
        text.push_back(kBase64Digits[(group >> 12) & 0x3F]);
        text.push_back(count > 1 ? kBase64Digits[(group >> 6) & 0x3F] : '=');
        text.push_back(count > 2 ? kBase64Digits[group & 0x3F] : '=');
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    const std::size_t digits = text.size() - padding;

    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int bits = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const int value = base64_value(text[i]);
        if (value < 0) return std::nullopt;
        group = (group << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(group >> bits)));
        group &= (1U << bits) - 1;
    }
    // Bits left over must be zero: one byte string has one spelling.
    if (group != 0) return std::nullopt;
    return bytes;
}

bool is_valid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (at + sizeof(std::uint64_t) <= text.size()) {
            // Most text is ASCII: eight bytes at once.
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, sizeof word);
            if ((word & 0x8080808080808080ULL) == 0) {
                at += sizeof word;
                continue;
            }
        }
        const Sequence sequence = next_sequence(text, at);
        if (!sequence.valid) return false;
        at += sequence.length;
    }
    return true;
}

char32_t take_code_point(std::string_view text, std::size_t& at) {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80) return first;
    const int rest = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    char32_t point = first & (0x3FU >> rest);
    for (int i = 0; i < rest; ++i)
        point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
    return point;
}

std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string utf8_prefix(std::string_view text, std::size_t bytes_max) {
    std::string prefix;
    prefix.reserve(text.size() < bytes_max ? text.size() : bytes_max);
    for (std::size_t at = 0; at < text.size();) {
        const Sequence sequence = next_sequence(text, at);
        const std::string_view piece =
            sequence.valid ? text.substr(at, sequence.length) : kReplacement;
        if (piece.size() > bytes_max - prefix.size()) break;
        prefix.append(piece);
        at += sequence.length;
    }
    return prefix;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = to_lower(c);
    return lower;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return to_lower(x) == to_lower(y);
           });
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    // Volatile keeps the compiler from leaving the loop at the first difference.
    volatile std::uint32_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = difference | (byte_at(a, i) ^ byte_at(b, i));
    }
    return difference == 0;
}

}  // namespace posthaste
