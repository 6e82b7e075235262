#pragma once

// Which keys a store needs, as it was read beside a running server or without one.

#include <cstdint>
#include <vector>

#include "domain/sealing.h"

namespace posthaste {

struct KeyNeed {
    SealingKeyId key;
    std::uint64_t endpoints = 0;
    std::uint64_t records = 0;
    std::uint64_t log_files = 0;  // or partitions: each with all its payloads
};

struct SealingStatus {
    // Also keys that have sealed nothing yet, or nothing any more: a running server may still seal with them.
    std::vector<KeyNeed> keys;
    bool holds_readable =
        false;  // secrets of a version that did not seal them, in posthaste.db or in unused parts of it

    [[nodiscard]] const KeyNeed* find(SealingKeyId key) const;
    // The key with all its counts 0 when it is not needed.
    [[nodiscard]] KeyNeed need_of(SealingKeyId key) const;
    // The key, added when it is not there yet.
    KeyNeed& need(SealingKeyId key);
};

}  // namespace posthaste
