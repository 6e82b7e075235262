#pragma once

// Small work on any text.

#include <algorithm>
#include <string_view>

namespace posthaste {

// Without the blanks, which are spaces and tabs, at both ends.
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

}  // namespace posthaste
