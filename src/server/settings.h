#pragma once

// The table of settings: how each is called, what it means, and what its text does to a ServerConfig. It knows nothing of
// files, variables and flags; config.h reads those.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/config.h"

namespace posthaste {

// One setting: the same word in the file (snake_case), as a flag (--kebab-case) and as POSTHASTE_UPPER_CASE.
struct Setting {
    std::string_view name;
    // Other environment variables with the same meaning, separated by spaces; the first one set counts.
    std::string_view aliases;
    std::string_view value;  // what a value looks like
    std::string_view help;
    Result<void> (*apply)(ServerConfig& config, std::string_view text);
};
[[nodiscard]] std::span<const Setting> settings();
[[nodiscard]] std::string flag_of(const Setting& setting);      // "--allow-net"
[[nodiscard]] std::string variable_of(const Setting& setting);  // "POSTHASTE_ALLOW_NET"

}  // namespace posthaste
