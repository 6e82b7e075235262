#pragma once

// Steps over JSON text that is known to be valid (scan_json or simdjson took it) without looking at more of it than needed:
// where values end, and which members an object has. REQUIRES of all functions: the text is valid JSON.

#include <cstddef>
#include <optional>
#include <string_view>

namespace posthaste {

[[nodiscard]] std::size_t skip_space(std::string_view text, std::size_t at);
// Behind the string literal that starts at `at`.
[[nodiscard]] std::size_t skip_string(std::string_view text, std::size_t at);
// Behind the value that starts at `at`.
[[nodiscard]] std::size_t skip_value(std::string_view text, std::size_t at);

struct JsonMember {
    std::string_view key;    // between the quotes, not decoded
    std::string_view value;  // its text, without the space around it
};

// The members of an object in their order, one by one.
class JsonMembers {
public:
    // `object` starts with '{', space before it aside.
    explicit JsonMembers(std::string_view object);
    [[nodiscard]] std::optional<JsonMember> next();

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace posthaste
