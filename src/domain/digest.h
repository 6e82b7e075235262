#pragma once

// SHA-256 (FIPS 180-4).

#include <cstddef>
#include <string>
#include <string_view>

#include "base/id.h"

namespace posthaste {

inline constexpr std::size_t kSha256Bytes = 32;
[[nodiscard]] std::string sha256(std::string_view bytes);
// The first half of a text's SHA-256: names things that have no id. Stored, so it never changes.
[[nodiscard]] Id digest_id(std::string_view text);

}  // namespace posthaste
