#pragma once

// The word by which answers show where a delivery is. Pure.

#include <string_view>
#include <vector>

#include "domain/decision.h"

namespace posthaste {

// "pending", "delivered", "failed" or "cancelled".
[[nodiscard]] std::string_view status_of(DeliveryState state);
// The states that are shown by this word. Empty: it is no status.
[[nodiscard]] std::vector<DeliveryState> states_of(std::string_view status);

}  // namespace posthaste
