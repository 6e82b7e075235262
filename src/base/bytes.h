#pragma once

// Text forms of bytes: hex and base64 (RFC 4648 §4, with padding), and the checks every input
// passes.

#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

// 0–15, or -1 for what is no hex digit.
[[nodiscard]] constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
[[nodiscard]] std::string to_hex(std::string_view bytes);  // lower case
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Standard alphabet, padding required; anything else is empty.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view text);
// The code point that begins at `at`, which moves behind it. REQUIRES: the text is valid UTF-8 and goes on.
[[nodiscard]] char32_t take_code_point(std::string_view text, std::size_t& at);
[[nodiscard]] std::size_t count_code_points(std::string_view text);  // of valid UTF-8
// At most `bytes_max` bytes of `text`, cut back to a code point's edge; bytes that are not UTF-8
// become U+FFFD.
[[nodiscard]] std::string utf8_prefix(std::string_view text, std::size_t bytes_max);

// ASCII letters only, whatever the locale: for names of HTTP fields, hosts and tokens.
[[nodiscard]] constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
// Takes the same time wherever two equally long texts differ. For signatures and keys.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace posthaste
