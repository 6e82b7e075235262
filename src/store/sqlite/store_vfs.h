#pragma once

// The VFS between SQLite and the disk (or a test's faulty disk). It passes everything on, with two additions: it counts
// syncs, the price of durability, as a figure that tests and metrics can see; and it joins the many small writes of a commit
// to the write-ahead log, which leave as one before the sync that makes them durable.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace posthaste {

// Registers (once) such a VFS above `below` (empty: SQLite's default) and returns its name.
[[nodiscard]] Result<std::string> register_store_vfs(const std::string& below);
// Syncs through the VFS of this name since the process started.
[[nodiscard]] std::uint64_t counted_syncs(const std::string& name);

}  // namespace posthaste
