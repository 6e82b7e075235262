#pragma once

// Documents that people write, OpenAPI descriptions for one, as JSON values: from JSON, or from YAML 1.2 (its core schema, with
// aliases and merge keys). Pure. Depth is bounded, and so is what aliases may unfold to; a fault says where it is.

#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace posthaste::native {

inline constexpr std::size_t kDocumentDepthMax = 128;

struct TextFault {
    std::size_t line = 1;
    std::size_t column = 1;  // in characters
    std::string message;

    // "line 3, column 5: did not find expected key"
    [[nodiscard]] std::string to_string() const;
};
// At the byte at `offset` of the text.
[[nodiscard]] TextFault fault_at(std::string_view text, std::size_t offset, std::string message);

using DocumentValue = std::expected<boost::json::value, TextFault>;

// Of UTF-8 text. What begins with a brace is JSON; anything else is YAML.
[[nodiscard]] DocumentValue read_document(std::string_view text);

[[nodiscard]] DocumentValue read_json(std::string_view text);
// One document, none of whose keys is there twice or anything but a scalar. What has no place in JSON (infinities, tags of
// one's own) is a fault. Numbers are read as numbers only where YAML 1.2 does: "yes", "012:30" and dates are text.
[[nodiscard]] DocumentValue read_yaml(std::string_view text);

}  // namespace posthaste::native
