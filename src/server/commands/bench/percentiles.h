#pragma once

// Exact percentiles of latencies, kept as samples.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace posthaste {

class LatencySamples {
public:
    void add_nanos(std::int64_t nanos) { samples_.push_back(nanos); }
    [[nodiscard]] std::size_t size() const { return samples_.size(); }

    // The smallest sample that `fraction` of all samples do not exceed (nearest rank), in milliseconds; 0 without samples.
    [[nodiscard]] double percentile_ms(double fraction);
    [[nodiscard]] double max_ms() { return percentile_ms(1.0); }

private:
    std::vector<std::int64_t> samples_;
};

}  // namespace posthaste
