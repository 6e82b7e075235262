#pragma once

// What an endpoint wants of the events that reach its application, by their content. A filter is a JSON object; it is compiled
// once and looked at for every event. docs/filters.md has the language with examples.
//
// For now a filter compiles when it is "{}", and wants everything.

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace simdjson::dom {
class element;
}

namespace posthaste {

// What a filter looks at. Both must outlive the call.
struct FilterInput {
    const simdjson::dom::element* payload = nullptr;
};

// Why a filter does not compile.
struct FilterFault {
    std::size_t offset = 0;  // in its text, in bytes, from 0
    std::string path;        // JSON pointer (RFC 6901) to the offending part
    std::string message;     // a sentence: what is wrong and what would be right
};

class Filter {
public:
    [[nodiscard]] static std::expected<std::shared_ptr<const Filter>, FilterFault> compile(
        std::string_view text);
    [[nodiscard]] bool matches(const FilterInput& input) const;
};

}  // namespace posthaste
