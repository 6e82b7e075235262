#pragma once

// The rows of the mailboxes API: docs/api-mailboxes.md.

#include <span>

#include "api/route.h"

namespace posthaste::mailboxes {

[[nodiscard]] std::span<const ApiRoute> routes();

}  // namespace posthaste::mailboxes
