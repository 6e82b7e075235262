#pragma once

#include <string>
#include <string_view>

#include "ports/entropy.h"

namespace posthaste {

// What nobody guesses: `prefix` and 43 characters of base64url (RFC 4648 §5), which hold 256 random bits.
[[nodiscard]] std::string random_text(std::string_view prefix, Entropy& entropy);

}  // namespace posthaste
