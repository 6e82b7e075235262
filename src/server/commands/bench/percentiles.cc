#include "server/commands/bench/percentiles.h"

#include <algorithm>
#include <cmath>

namespace posthaste {

double LatencySamples::percentile_ms(double fraction) {
    if (samples_.empty()) return 0;
    const double rank = std::ceil(fraction * static_cast<double>(samples_.size()));
    const std::size_t last = samples_.size() - 1;
    const std::size_t index = rank < 1 ? 0 : std::min(last, static_cast<std::size_t>(rank) - 1);
    const auto nth = samples_.begin() + static_cast<std::ptrdiff_t>(index);
    std::nth_element(samples_.begin(), nth, samples_.end());
    return static_cast<double>(*nth) / 1e6;
}

}  // namespace posthaste
