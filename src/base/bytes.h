#pragma once

// Text forms of bytes: hex and base64 (RFC 4648 §4, with padding), and the checks every input
// passes.

#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

[[nodiscard]] std::string to_hex(std::string_view bytes);  // lower case
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Standard alphabet, padding required; anything else is empty.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view text);
// At most `bytes_max` bytes of `text`, cut back to a code point's edge; bytes that are not UTF-8
// become U+FFFD.
[[nodiscard]] std::string utf8_prefix(std::string_view text, std::size_t bytes_max);

// Takes the same time wherever two equally long texts differ. For signatures and keys.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace posthaste
