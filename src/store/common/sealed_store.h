#pragma once

// A store that keeps secrets where others may read: it seals them, with keys that can be changed while it serves.

#include <cstdint>
#include <memory>

#include "domain/sealing.h"
#include "ports/store.h"

namespace posthaste {

// What reseal() did.
struct ResealReport {
    std::uint64_t endpoints = 0;
    std::uint64_t records = 0;
    std::uint64_t log_files = 0;  // or partitions: each with all its payloads
    bool has_rewritten = false;   // what other keys had sealed
};

class SealedStore : public Store {
public:
    // From now on the ring's first key seals; refused when something is sealed with a key that is not in the ring.
    virtual Task<Result<void>> replace_keys(std::shared_ptr<const KeyRing> keys) = 0;
    // Seals with the first key whatever another one has sealed, and overwrites what older versions left readable: after
    // opening, and after replace_keys(). Commits go on meanwhile.
    virtual Task<Result<ResealReport>> reseal() = 0;
};

}  // namespace posthaste
