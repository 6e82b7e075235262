#pragma once

// The rules for headers that an endpoint's owner wants sent with every delivery.

#include <optional>
#include <string>
#include <string_view>

namespace posthaste::native {

inline constexpr std::size_t kHeaderValueBytesMax = 4096;

// What is wrong with such a header, as a sentence; none: it may be sent.
[[nodiscard]] std::optional<std::string> fault_of_header(std::string_view name,
                                                         std::string_view value);

}  // namespace posthaste::native
