#pragma once

// What `posthaste rekey` does: a new encryption key, how far sealing with it has come, and the end of keys that nothing needs.
// A running server follows the key file by itself (key_rotation.h); without one the files are worked on here. Blocking.

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "server/config.h"

namespace posthaste {

// Lines for a person, one key each, in the order of the key file.
[[nodiscard]] Result<std::string> describe_keys(const ServerConfig& config);

// Puts a new key before the others and sees to it that everything is sealed with it, or waits at most so long until the
// running server has done that. Returns what was done.
[[nodiscard]] Result<std::string> rekey(const ServerConfig& config, Duration wait_max);

// Takes keys that nothing in the data folder needs out of the file. Returns what was done.
[[nodiscard]] Result<std::string> prune_keys(const ServerConfig& config);

}  // namespace posthaste
