#pragma once

// Lists of texts as one text; any bytes go through unchanged. Each element is a netstring, its length in bytes before it:
//
//   4:blue,0:,7:{"a":1},

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

void append_netstring(std::string& text, std::string_view value);
// Takes one netstring off the front; none: it is no such text.
[[nodiscard]] std::optional<std::string_view> take_netstring(std::string_view& text);

[[nodiscard]] std::string to_netstrings(const std::vector<std::string>& list);
// As far as it is such a text.
[[nodiscard]] std::vector<std::string> from_netstrings(std::string_view text);

// All of the text, or none.
template <class Number>
[[nodiscard]] std::optional<Number> read_whole_number(std::string_view digits) {
    Number number{};
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace posthaste
