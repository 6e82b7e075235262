#pragma once

// Every connection takes a file descriptor. Systemd and container engines give a process 1,024 at first, for programs that
// use select(), and let it ask for many more.

#include <cstdint>

namespace posthaste {

// Takes as many descriptors as this process may have without privileges; returns how many that are. When it is not allowed
// to, the limit stays as it is.
std::uint64_t raise_open_files_limit();

}  // namespace posthaste
