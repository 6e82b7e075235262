#pragma once

// What retention does to one closed log file: see whether anything in it must be kept, and copy that into a smaller file.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "store/sqlite/log_partition.h"

namespace posthaste {

// What has to stay: events with a parked delivery, and with a dead letter younger than the policy's limit.
struct Stragglers {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;       // of their payloads and attempts, roughly
    std::uint64_t file_bytes = 0;  // of the whole file
};

[[nodiscard]] Result<Stragglers> find_stragglers(const LogPartition& partition,
                                                 Timestamp dead_limit, const std::string& vfs);

// Makes a new log file of the stragglers alone, complete and synced, with the same counters. `path` must not exist.
[[nodiscard]] Result<void> copy_stragglers(const LogPartition& partition, Timestamp dead_limit,
                                           const std::string& path, const std::string& vfs);

}  // namespace posthaste
