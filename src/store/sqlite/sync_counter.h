#pragma once

// A SQLite VFS that passes everything on to another one and counts the syncs: the price of durability, as a figure that
// tests and metrics can see.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace posthaste {

// Registers (once) a counting VFS above `below` (empty: SQLite's default) and returns its name.
[[nodiscard]] Result<std::string> register_sync_counter(const std::string& below);
// Syncs through the VFS of this name since the process started.
[[nodiscard]] std::uint64_t counted_syncs(const std::string& name);

}  // namespace posthaste
