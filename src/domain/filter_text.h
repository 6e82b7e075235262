#pragma once

// Reads the text of a filter into a tree that knows where each part stands in it, so that a fault can name the place.
// Strict RFC 8259, and stricter: no name twice in an object, limits on size and depth. Pure; used while compiling only.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/filter.h"

namespace posthaste {

inline constexpr std::size_t kFilterBytesMax = 16u << 10;
inline constexpr std::size_t kFilterDepthMax = 16;

// Holds every integer of 64 bits, signed or not, and every double, exactly: numbers compare as what they are.
using FilterNumber = long double;

enum class FilterTextKind : std::uint8_t { null, boolean, number, string, array, object };

struct FilterText {
    FilterTextKind kind = FilterTextKind::null;
    std::size_t offset = 0;  // of its first byte
    bool is_true = false;
    FilterNumber number = 0;
    std::string text;  // of a string

    std::vector<FilterText> items;  // of an array, or the values of an object
    struct Name {
        std::string text;
        std::size_t offset = 0;
    };
    std::vector<Name> names;  // of an object, beside `items`
};

[[nodiscard]] std::expected<FilterText, FilterFault> parse_filter_text(std::string_view text);

// Appends "/" and the token, escaped as RFC 6901 says.
void append_pointer(std::string& pointer, std::string_view token);

}  // namespace posthaste
