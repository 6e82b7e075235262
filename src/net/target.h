#pragma once

// The request target (RFC 9112 §3.2): origin-form "/path?query", absolute-form "http://host/path?query", and "*" for
// OPTIONS. Nothing is decoded.

#include <optional>
#include <string_view>

#include "ports/http.h"

namespace posthaste {

struct TargetParts {
    std::string_view path;
    std::string_view query;
};

// Empty when the target has another form or holds a byte that a URL must not hold raw. Browsers leave some characters raw
// that RFC 3986 wants encoded ('|', '{', '^'); those pass, as the router compares paths exactly anyway.
[[nodiscard]] std::optional<TargetParts> split_target(std::string_view target, Method method);

// host [":" port], as Host and absolute-form carry it. Empty is allowed (RFC 9112 §3.2); user information is not.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace posthaste
