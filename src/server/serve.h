#pragma once

#include "base/result.h"
#include "server/config.h"

namespace posthaste {

// Runs the server until SIGTERM or SIGINT, then drains. Returns the process's exit status; a failure to start is an Error.
[[nodiscard]] Result<int> serve(const ServerConfig& config);

}  // namespace posthaste
