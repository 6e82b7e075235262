#pragma once

// Which keys the files of a store need, read beside a running server or without one.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/sealing.h"

namespace posthaste {

struct KeyNeed {
    SealingKeyId key;
    std::uint64_t endpoints = 0;
    std::uint64_t records = 0;
    std::uint64_t log_files = 0;  // each with all its payloads
};

struct SealingStatus {
    // Also keys that have sealed nothing yet, or nothing any more: a running server may still seal with them.
    std::vector<KeyNeed> keys;
    bool holds_readable =
        false;  // secrets of a version that did not seal them, in posthaste.db or in unused parts of it

    [[nodiscard]] const KeyNeed* find(SealingKeyId key) const;
    // The key with all its counts 0 when it is not needed.
    [[nodiscard]] KeyNeed need_of(SealingKeyId key) const;
};

// Fails when a file cannot be read: what it needs is not known then. A folder without files needs nothing.
[[nodiscard]] Result<SealingStatus> read_sealing_status(const std::string& directory);

}  // namespace posthaste
