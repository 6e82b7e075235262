#pragma once

// Lists inside a row, as JSON text that SQLite's own functions read back: ["a", "b"], [1, 2].

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/model.h"

namespace posthaste {

[[nodiscard]] std::string to_json(const std::vector<std::string>& names);
[[nodiscard]] std::string to_json(const std::vector<Duration>& gaps);

// Column `details` of an endpoint: an object with the members that differ from their defaults; pairs as [["name", "text"]].
[[nodiscard]] std::string details_json(const Endpoint& endpoint);

}  // namespace posthaste
