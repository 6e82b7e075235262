#pragma once

// The rows of the orders API: docs/api-orders.md.

#include <span>

#include "api/route.h"

namespace posthaste::orders {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::orders
