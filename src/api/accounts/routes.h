#pragma once

#include <span>

#include "api/route.h"

namespace posthaste::accounts {

// The people, sessions, API keys and audit log of an organization, in the native API's forms (native/answers.h).
[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::accounts
