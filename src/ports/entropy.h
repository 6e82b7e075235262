#pragma once

#include <cstdint>

namespace posthaste {

// Randomness as a port, so that a run can be repeated. One instance per thread; not thread-safe.
class Entropy {
public:
    virtual ~Entropy() = default;
    virtual std::uint64_t next() = 0;
    // Uniform in [0, 1).
    double draw() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

}  // namespace posthaste
