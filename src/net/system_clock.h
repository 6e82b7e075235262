#pragma once

#include "ports/clock.h"

namespace posthaste {

// The wall clock of the machine: one clock_gettime (a vDSO read) per call, from any thread.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override;
};

}  // namespace posthaste
