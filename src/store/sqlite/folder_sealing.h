#pragma once

// Which keys the files of a store need, read beside a running server or without one.

#include <string>

#include "base/result.h"
#include "store/common/sealing_status.h"

namespace posthaste {

// Fails when a file cannot be read: what it needs is not known then. A folder without files needs nothing.
[[nodiscard]] Result<SealingStatus> read_sealing_status(const std::string& directory);

}  // namespace posthaste
