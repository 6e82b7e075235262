#pragma once

// The pages of the dashboard and of the customers' portal: docs/dashboard.md.

#include <span>

#include "api/route.h"

namespace posthaste::pages {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::pages
