#pragma once

#include <cstdint>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

// Issues strictly increasing UUIDv7 ids (base/id.h). When the clock stands still, jumps back, or
// more than 4,096 ids fall into one millisecond, the id's time runs ahead of the clock instead of
// repeating (RFC 9562 §6.2). One per writer; not thread-safe.
class IdGenerator {
public:
    // Every id issued will have hi > floor_hi: pass the highest `hi` ever stored, so that a clock
    // set back between two runs cannot issue an id twice.
    explicit IdGenerator(std::uint64_t floor_hi = 0) : last_hi_(floor_hi) {}

    // `random` must be uniform; 62 of its bits are used.
    [[nodiscard]] Id next(Timestamp now, std::uint64_t random);
    [[nodiscard]] std::uint64_t last_hi() const { return last_hi_; }
    void raise_floor(std::uint64_t floor_hi) {
        if (floor_hi > last_hi_) last_hi_ = floor_hi;
    }

private:
    std::uint64_t last_hi_;
};

}  // namespace posthaste
