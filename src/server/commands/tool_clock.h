#pragma once

// Clocks of the command-line tools. They run beside the server, not inside it, so they read the system's clocks directly.

#include <cstdint>

#include "base/time.h"

namespace posthaste {

// CLOCK_MONOTONIC: for latencies and deadlines.
[[nodiscard]] std::int64_t monotonic_nanos();
// Wall time: for what is printed and for signatures.
[[nodiscard]] Timestamp wall_clock();
// Blocks this thread.
void pause_for(Duration duration);

}  // namespace posthaste
