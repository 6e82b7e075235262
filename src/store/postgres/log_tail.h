#pragma once

// Which deliveries are in the tail: of committed events, neither settled nor parked. As domain/tail_tracker.h, and by name, so
// that the first attempt of a delivery is stored without a look at the database. Writer thread only.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/tail_tracker.h"

namespace posthaste {

class PgTail {
public:
    void reset(std::uint64_t watermark) {
        tracker_ = TailTracker(watermark);
        outstanding_.clear();
    }
    // REQUIRES: as TailTracker::add.
    void add(EventId event, std::vector<EndpointId> outstanding) {
        tracker_.add(event, static_cast<std::uint32_t>(outstanding.size()));
        if (!outstanding.empty()) outstanding_.emplace(event.hi, std::move(outstanding));
    }
    [[nodiscard]] bool holds(EventId event, EndpointId endpoint) const {
        const auto found = outstanding_.find(event.hi);
        return found != outstanding_.end() && std::ranges::count(found->second, endpoint) > 0;
    }
    // Nothing when the delivery is not in the tail.
    void release(EventId event, EndpointId endpoint) {
        const auto found = outstanding_.find(event.hi);
        if (found == outstanding_.end() || std::erase(found->second, endpoint) == 0) return;
        if (found->second.empty()) outstanding_.erase(found);
        static_cast<void>(tracker_.release(event));
    }

    [[nodiscard]] std::uint64_t watermark() const { return tracker_.watermark(); }
    [[nodiscard]] std::size_t size() const { return tracker_.size(); }

private:
    TailTracker tracker_;
    std::unordered_map<std::uint64_t, std::vector<EndpointId>> outstanding_;  // none empty
};

}  // namespace posthaste
