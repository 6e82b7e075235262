#pragma once

// Says in the log where the audit log's chain stands. In a log that is shipped elsewhere that is what nobody on this machine
// can take back (docs/operating.md, "The audit log"). Main thread only.

#include <cstdint>

#include "ports/store.h"
#include "ports/task.h"
#include "server/log.h"

namespace posthaste {

class AuditHead {
public:
    explicit AuditHead(Log& log) : log_(log) {}
    // Writes the head, unless it stands in the log already. The store must outlive the task.
    Task<Result<void>> note(Store* store);
    // The same at once and then every hour, for ever.
    Task<void> watch(Store* store);

private:
    Log& log_;
    std::uint64_t noted_ = 0;  // the last entry whose hash is in the log
};

}  // namespace posthaste
