#pragma once

// The rows of the subscriptions API: docs/api-subscriptions.md.

#include <span>

#include "api/route.h"

namespace posthaste::subscriptions {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::subscriptions
