#pragma once

// A core dump holds everything the process knows: secrets, keys, payloads. Whoever may read it knows them too.

#include "base/result.h"

namespace posthaste {

// From here on the process leaves no core dump, whatever its limits and the kernel's settings, and no other process of its
// user can read its memory or environment.
[[nodiscard]] Result<void> forbid_core_dumps();

}  // namespace posthaste
