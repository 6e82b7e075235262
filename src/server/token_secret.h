#pragma once

// The keys of tokens when the operator gave none: 32 random bytes in base64, made at the first start and kept in the data
// folder, readable by its owner only. Whoever can read the data can read them, and nobody else. `token_secret` signs the native
// API's tokens, `session_secret` those of users who logged in.

#include <string>

#include "api/token.h"
#include "base/result.h"

namespace posthaste {

// Reads <data_dir>/token_secret; makes it, durably, when it is not there.
[[nodiscard]] Result<std::string> load_or_make_token_secret(const std::string& data_dir);
// Reads it; not_found when there is none.
[[nodiscard]] Result<std::string> load_token_secret(const std::string& data_dir);

// The configured secret, else the one in the data folder, which is made when it is not there. Only HMAC algorithms have one
// that can be made.
[[nodiscard]] Result<TokenSettings> token_settings(const std::string& algorithm,
                                                   const std::string& configured_secret,
                                                   const std::string& data_dir);

// The same for the tokens of users.
[[nodiscard]] Result<TokenSettings> session_settings(const std::string& configured_secret,
                                                     const std::string& data_dir);

}  // namespace posthaste
