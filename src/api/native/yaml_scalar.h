#pragma once

// What a plain scalar of YAML means, by the core schema of YAML 1.2.

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace posthaste::native {

// Null, a boolean, a number, or the text itself. None: a number that JSON cannot hold.
[[nodiscard]] std::optional<boost::json::value> resolve_yaml_scalar(std::string_view text);

}  // namespace posthaste::native
