#pragma once

// The rows of the description of all APIs and of the pages that show it: docs/api-pages.md.

#include <span>

#include "api/route.h"

namespace posthaste::docs {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::docs
