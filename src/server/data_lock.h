#pragma once

// One data folder belongs to one running server: two writers would issue ids and move watermarks behind each other's back.
// The kernel holds the lock for the process and drops it however the process ends.

#include <optional>
#include <string>

#include "base/result.h"

namespace posthaste {

class DataLock {
public:
    // Makes the folder when it is missing. Fails with `unavailable` when it cannot be used or another process has it.
    [[nodiscard]] static Result<DataLock> acquire(const std::string& directory);
    // None when another process has it.
    [[nodiscard]] static Result<std::optional<DataLock>> try_acquire(const std::string& directory);
    DataLock() = default;
    ~DataLock();
    DataLock(DataLock&& other) noexcept;
    DataLock& operator=(DataLock&& other) noexcept;
    DataLock(const DataLock&) = delete;
    DataLock& operator=(const DataLock&) = delete;

private:
    explicit DataLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace posthaste
