#pragma once

// A strict RFC 8259 scanner: says whether a text is valid JSON, and if not, where and why, in the words and with the
// positions that Python's json module uses (counted in code points), which clients of the REST APIs know. It keeps no tree
// and allocates nothing but one bit per level, numbers may have any size, and duplicate keys are fine. Slower than simdjson
// by a small factor: it decides what simdjson refuses, and reads payloads too large to build a tree of.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

inline constexpr std::size_t kJsonDepthMax = 1024;

struct JsonFault {
    std::size_t position = 0;  // in code points
    std::string_view reason;   // a literal
};

struct JsonScan {
    std::optional<JsonFault> fault;  // none: valid
    char first =
        '\0';  // first character of the value: '{', '[', '"', 't', 'f', 'n', a digit or '-'
    // The raw text of the top-level member `wanted` (of the last one, should there be several).
    std::optional<std::string_view> member;
};

[[nodiscard]] JsonScan scan_json(std::string_view text, std::string_view wanted = {});

// The text that a JSON string literal (quotes included, valid) stands for. A lone surrogate becomes U+FFFD.
[[nodiscard]] std::string unescape_json(std::string_view literal);

}  // namespace posthaste
