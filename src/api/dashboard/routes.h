#pragma once

// The rows of the dashboard's API: docs/api-dashboard.md.

#include <span>

#include "api/route.h"

namespace posthaste::dashboard {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::dashboard
