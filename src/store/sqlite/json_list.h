#pragma once

// Lists inside a configuration row, as JSON text that SQLite's own functions read back: ["a", "b"], [["secret", 123]], [1, 2].

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/model.h"

namespace posthaste {

void append_json_string(std::string& json, std::string_view text);
[[nodiscard]] std::string to_json(const std::vector<std::string>& names);
[[nodiscard]] std::string to_json(const std::vector<OldSecret>& secrets);
[[nodiscard]] std::string to_json(const std::vector<Duration>& gaps);

}  // namespace posthaste
