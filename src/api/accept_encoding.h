#pragma once

// Accept-Encoding: does a client take compressed answers? Pure, without allocations, for any bytes.

#include <string_view>

namespace posthaste {

// What the header's value says of gzip (RFC 9110 §12.5.3): the first mention counts, and "*" where there is none.
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);

}  // namespace posthaste
