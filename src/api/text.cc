#include "api/text.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/bytes.h"

namespace posthaste {

namespace {

struct Decoded {
    char c;
    std::size_t length;  // of the encoded form: 1 or 3
};

// REQUIRES: at < text.size().
Decoded decode_one(std::string_view text, std::size_t at) {
    if (text[at] != '%' || at + 2 >= text.size()) return {text[at], 1};
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return {text[at], 1};
    return {static_cast<char>(high * 16 + low), 3};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Cuts ".000" off.
std::string_view without_zero_fraction(std::string_view digits) {
    const std::size_t point = digits.find('.');
    if (point == std::string_view::npos || point + 1 == digits.size()) return digits;
    return digits.find_first_not_of('0', point + 1) == std::string_view::npos
               ? digits.substr(0, point)
               : digits;
}

}  // namespace

std::string percent_decode(std::string_view text, PlusSign plus) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (plus == PlusSign::space && text[i] == '+') {
            result += ' ';
            ++i;
            continue;
        }
        const Decoded decoded = decode_one(text, i);
        result += decoded.c;
        i += decoded.length;
    }
    return result;
}

bool equals_decoded(std::string_view encoded, std::string_view plain) {
    if (encoded.find('%') == std::string_view::npos) return encoded == plain;
    if (encoded.size() < plain.size()) return false;
    std::size_t i = 0;
    for (const char c : plain) {
        if (i >= encoded.size()) return false;
        const Decoded decoded = decode_one(encoded, i);
        if (decoded.c != c) return false;
        i += decoded.length;
    }
    return i == encoded.size();
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    std::optional<std::string_view> found;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals_decoded(pair.substr(0, equals), name))
            found = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    if (!found) return std::nullopt;
    return percent_decode(*found, PlusSign::space);
}

std::string first_characters(std::string_view text, std::size_t characters_max) {
    // A code point has at most four bytes; a bad byte is one here and becomes three.
    std::string clean = utf8_prefix(text.substr(0, characters_max * 4), characters_max * 12);
    std::size_t characters = 0;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const bool continues = (static_cast<unsigned char>(clean[i]) & 0xC0) == 0x80;
        if (continues) continue;
        if (characters++ == characters_max) {
            clean.resize(i);
            break;
        }
    }
    return clean;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
    return part.empty() || !std::ranges::search(text, part, same).empty();
}

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    text = without_zero_fraction(text);
    if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    // Below zero there is room for one more than above.
    std::int64_t value = 0;
    char previous = '0';
    for (const char c : text) {
        if (c == '_' && previous != '_') {
            previous = c;
            continue;
        }
        if (!is_digit(c)) return std::nullopt;
        previous = c;
        const std::int64_t digit = c - '0';
        value = value < (kMin + digit) / 10 ? kMin : value * 10 - digit;
    }
    if (negative) return value;
    return value == kMin ? kMax : -value;
}

std::optional<bool> parse_bool(std::string_view text) {
    const std::string word = to_lower(text.substr(0, 8));
    for (const std::string_view yes : {"1", "true", "t", "yes", "y", "on"})
        if (word == yes) return true;
    for (const std::string_view no : {"0", "false", "f", "no", "n", "off"})
        if (word == no) return false;
    return std::nullopt;
}

}  // namespace posthaste
