#pragma once

// Small text work the APIs share: percent-encoding, query parameters, JSON strings. Nothing here throws or keeps state.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

enum class PlusSign : std::uint8_t { literal, space };

// Undoes %XX; an escape that is not two hex digits stays as it is. `plus` is space in queries.
[[nodiscard]] std::string percent_decode(std::string_view text, PlusSign plus = PlusSign::literal);
// Is `encoded`, percent-decoded, exactly `plain`?
[[nodiscard]] bool equals_decoded(std::string_view encoded, std::string_view plain);

// The decoded value of a query parameter; the last one counts when it is given twice. A name without '=' has the value "".
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

// The first `characters_max` code points of `text`; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string first_characters(std::string_view text, std::size_t characters_max);

// Letters of ASCII are the same in either case; an empty part is in every text.
[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view part);

// Code points. REQUIRES: valid UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

// A decimal integer as lenient frameworks read it: a sign, single underscores between digits and a zero fraction are fine.
// Saturates at the limits of int64.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

// A truth value as lenient frameworks read it, in any case: 1, true, t, yes, y, on, and their opposites.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

}  // namespace posthaste
