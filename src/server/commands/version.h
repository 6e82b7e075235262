#pragma once

#include <string_view>

namespace posthaste {

// Of the product; the same as in CMakeLists.txt.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace posthaste
