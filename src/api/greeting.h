#pragma once

#include <cstdint>

namespace posthaste {

// In whose words GET / answers programs: the originals of two APIs greeted differently.
enum class Greeting : std::uint8_t { subscriptions, orders };

}  // namespace posthaste
