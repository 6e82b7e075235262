#pragma once

#include <string>
#include <string_view>

#include "base/id.h"

namespace posthaste::native {

// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view text);
// The first half of a text's SHA-256: names things that have no id. Stored, so it never changes.
[[nodiscard]] Id digest_id(std::string_view text);

}  // namespace posthaste::native
