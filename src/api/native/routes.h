#pragma once

// The native API's rows of the route table; docs/api-native.md describes them.

#include <span>

#include "api/route.h"

namespace posthaste::native {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::native
