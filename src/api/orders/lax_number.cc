#include "api/orders/lax_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "api/json_scan.h"

namespace posthaste::orders {

namespace {

// Python refuses longer texts, because reading them takes quadratic time.
constexpr std::size_t kDigitsMax = 4300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Digits, in which single underscores may stand between two of them; they are left out of what is appended. False: the text
// does not begin with a digit.
bool take_digits(std::string_view& text, std::string& out) {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty()) {
        const bool joins = text.size() > 1 && text[0] == '_' && is_digit(text[1]);
        if (joins) text.remove_prefix(1);
        if (!is_digit(text.front())) break;
        out += text.front();
        text.remove_prefix(1);
    }
    return true;
}

void take_sign(std::string_view& text, std::string& out) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return;
    if (text.front() == '-') out += '-';
    text.remove_prefix(1);
}

// The number in plain form, as strtod takes it; empty: it is none.
std::string plain_real(std::string_view text) {
    std::string plain;
    take_sign(text, plain);
    const bool has_whole = take_digits(text, plain);
    bool has_fraction = false;
    if (text.starts_with('.')) {
        plain += '.';
        text.remove_prefix(1);
        has_fraction = take_digits(text, plain);
    }
    if (!has_whole && !has_fraction) return {};
    if (text.starts_with('e') || text.starts_with('E')) {
        plain += 'e';
        text.remove_prefix(1);
        take_sign(text, plain);
        if (!take_digits(text, plain)) return {};
    }
    return text.empty() ? plain : std::string();
}

// Without zeros in front; nothing: the text is no whole number.
std::optional<std::string> plain_whole(std::string_view text) {
    if (text.size() > kDigitsMax) return std::nullopt;
    std::string digits;
    take_sign(text, digits);
    const std::size_t sign = digits.size();
    if (!take_digits(text, digits) || !text.empty()) return std::nullopt;
    const std::size_t first = std::min(digits.find_first_not_of('0', sign), digits.size() - 1);
    digits.erase(sign, first - sign);
    return digits == "-0" ? "0" : digits;
}

// What is behind the comma goes.
std::string truncated(double number) {
    char digits[400];  // the largest double has 309 of them
    const auto end = std::to_chars(std::begin(digits), std::end(digits), std::trunc(number),
                                   std::chars_format::fixed, 0)
                         .ptr;
    const std::string_view text(std::begin(digits), static_cast<std::size_t>(end - digits));
    return std::string(text == "-0" ? "0" : text);
}

// The shortest digits that stand for the number, and the place of the point: 0.digits × 10^point.
struct Decimal {
    std::string digits;
    int point = 0;
};

Decimal decimal_of(double number) {
    char text[40];
    const auto end =
        std::to_chars(std::begin(text), std::end(text), number, std::chars_format::scientific).ptr;
    const std::string_view all(std::begin(text), static_cast<std::size_t>(end - text));
    const std::size_t exponent = all.find('e');
    Decimal decimal;
    for (const char c : all.substr(0, exponent))
        if (c != '.') decimal.digits += c;
    // from_chars knows no plus sign.
    const std::size_t sign = all[exponent + 1] == '+' ? 2 : 1;
    std::from_chars(all.data() + exponent + sign, all.data() + all.size(), decimal.point);
    ++decimal.point;
    return decimal;
}

// As repr() of Python: with an exponent below 1e-4 and from 1e16 on.
std::string python_text(double number) {
    auto [digits, point] = decimal_of(std::abs(number));
    std::string text = std::signbit(number) ? "-" : "";
    if (point > -4 && point <= 0)
        return text + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    if (point > 0 && point <= 16) {
        const auto whole = static_cast<std::size_t>(point);
        if (digits.size() <= whole)
            return text + digits + std::string(whole - digits.size(), '0') + ".0";
        return text + digits.substr(0, whole) + '.' + digits.substr(whole);
    }
    text += digits.substr(0, 1);
    if (digits.size() > 1) text += '.' + digits.substr(1);
    const int exponent = point - 1;
    const std::string size = std::to_string(std::abs(exponent));
    return text + (exponent < 0 ? "e-" : "e+") + (size.size() < 2 ? "0" : "") + size;
}

// Finite, or nothing.
std::optional<double> double_of(std::string_view text) {
    const std::string plain = plain_real(text);
    if (plain.empty()) return std::nullopt;
    const double number = std::strtod(plain.c_str(), nullptr);
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// A value's text as Python's int() and float() are given it: what a string holds, 1 and 0 for the truth values. Nothing for
// what they take in no form.
std::optional<std::string> plain_text(std::string_view value) {
    switch (value.front()) {
        case '"': return std::string(trimmed(unescape_json(value)));
        case 't': return "1";
        case 'f': return "0";
        case 'n':
        case '[':
        case '{': return std::nullopt;
        default: return std::string(value);
    }
}

}  // namespace

std::optional<std::string> whole_number(std::string_view value) {
    const std::optional<std::string> text = plain_text(value);
    if (!text) return std::nullopt;
    const bool is_text = value.front() == '"';
    if (is_text || text->find_first_of(".eE") == std::string::npos) return plain_whole(*text);
    const std::optional<double> number = double_of(*text);
    return number ? std::optional(truncated(*number)) : std::nullopt;
}

std::optional<std::string> real_number(std::string_view value) {
    const std::optional<std::string> text = plain_text(value);
    const std::optional<double> number = text ? double_of(*text) : std::nullopt;
    return number ? std::optional(python_text(*number)) : std::nullopt;
}

}  // namespace posthaste::orders
