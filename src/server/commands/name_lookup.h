#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace posthaste {

// Resolves a name with the resolver library that the server uses, on this thread, within `patience`. The first address.
[[nodiscard]] Result<std::string> look_up_name(const std::string& name, Duration patience);

}  // namespace posthaste
