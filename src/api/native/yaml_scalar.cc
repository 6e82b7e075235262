#include "api/native/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace posthaste::native {

namespace json = boost::json;

namespace {

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kTrues = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> kFalses = {"false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> kInfinities = {".inf", ".Inf", ".INF"};
constexpr std::array<std::string_view, 3> kNoNumbers = {".nan", ".NaN", ".NAN"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    return text;
}

bool is_decimal(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
    text = without_sign(text);
    const std::size_t exponent = text.find_first_of("eE");
    if (exponent != std::string_view::npos) {
        if (!is_decimal(without_sign(text.substr(exponent + 1)))) return false;
        text = text.substr(0, exponent);
    }
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return is_decimal(text);
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = text.substr(point + 1);
    if (whole.empty()) return is_decimal(fraction);
    return is_decimal(whole) && (fraction.empty() || is_decimal(fraction));
}

template <class Number>
std::optional<json::value> parse(std::string_view text, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return json::value(number);
}

std::optional<json::value> parse_double(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return json::value(number);
}

// None: it looks like a number but JSON cannot hold it.
std::optional<json::value> resolve_number(std::string_view text) {
    if (text.starts_with("0o")) return parse<std::uint64_t>(text.substr(2), 8);
    if (text.starts_with("0x")) return parse<std::uint64_t>(text.substr(2), 16);
    if (is_decimal(without_sign(text))) {
        const std::string_view plain = text.starts_with('+') ? text.substr(1) : text;
        if (auto number = parse<std::int64_t>(plain, 10)) return number;
        if (auto number = parse<std::uint64_t>(plain, 10)) return number;
    }
    return parse_double(text);
}

bool looks_like_number(std::string_view text) {
    const auto are_digits = [](std::string_view digits, std::string_view allowed) {
        return !digits.empty() && digits.find_first_not_of(allowed) == std::string_view::npos;
    };
    if (text.starts_with("0o")) return are_digits(text.substr(2), "01234567");
    if (text.starts_with("0x")) return are_digits(text.substr(2), "0123456789abcdefABCDEF");
    return is_float(text) || is_one_of(without_sign(text), kInfinities) ||
           is_one_of(text, kNoNumbers);
}

}  // namespace

std::optional<json::value> resolve_yaml_scalar(std::string_view text) {
    if (is_one_of(text, kNulls)) return json::value(nullptr);
    if (is_one_of(text, kTrues)) return json::value(true);
    if (is_one_of(text, kFalses)) return json::value(false);
    if (looks_like_number(text)) return resolve_number(text);
    return json::value(json::string(text));
}

}  // namespace posthaste::native
