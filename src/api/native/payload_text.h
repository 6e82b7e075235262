#pragma once

// How the API shows a payload. Kept, signed and delivered are the bytes as received; shown is the same document in one fixed
// spelling: without space, the keys of objects in order of their code points, of equal keys the last, numbers as they were
// written, strings with the fewest escapes. Showing what was shown changes nothing. Costs time and memory in proportion to the
// text (times the logarithm of the number of keys); nesting costs no stack.

#include <string>
#include <string_view>

namespace posthaste::native {

// In place of a payload that is gone, or that is not JSON.
inline constexpr std::string_view kExpiredPayload = R"({"expired":true})";
// In place of a payload that was not asked for.
inline constexpr std::string_view kOmittedPayload = "{}";

void append_payload(std::string& out, std::string_view payload);

}  // namespace posthaste::native
