#pragma once

// The rows of the contacts API: docs/api-contacts.md.

#include <span>
#include <string_view>

#include "api/route.h"

namespace posthaste::contacts {

[[nodiscard]] std::span<const ApiRoute> routes();

// Does this segment behind "/api/v1/" begin the paths of one of them?
[[nodiscard]] bool has_resource(std::string_view segment);

}  // namespace posthaste::contacts
