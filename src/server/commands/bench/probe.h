#pragma once

// The machine's own speed, measured next to the benchmark so that its figures can be read as multiples: the disk by
// fdatasync of 4 KiB appends, the loopback by a TCP echo between two threads. Both vary several-fold from minute to minute
// on shared machines.

#include <string>

#include <boost/json/fwd.hpp>

#include "base/result.h"

namespace posthaste {

struct ProbeResult {
    double fdatasync_p50_us = 0;
    double fdatasync_p99_us = 0;
    double echo_p50_us = 0;
    double echo_p99_us = 0;
};

// Takes well under a second. The file is made in `directory` and removed.
[[nodiscard]] Result<ProbeResult> probe_machine(const std::string& directory);

// fdatasync alone: `rounds` appends of 4 KiB.
[[nodiscard]] Result<ProbeResult> probe_disk(const std::string& directory, int rounds);

// Cores, processor, memory, kernel.
[[nodiscard]] boost::json::object describe_machine();

}  // namespace posthaste
