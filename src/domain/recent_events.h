#pragma once

// Remembers the last events that were added, so many at most: the oldest are forgotten first. Not thread-safe.

#include <cstddef>
#include <deque>
#include <unordered_set>

#include "base/id.h"

namespace posthaste {

class RecentEvents {
public:
    explicit RecentEvents(std::size_t max) : max_(max) {}

    void add(EventId event) {
        if (!known_.insert(event).second) return;
        order_.push_back(event);
        if (order_.size() <= max_) return;
        known_.erase(order_.front());
        order_.pop_front();
    }
    [[nodiscard]] bool contains(EventId event) const {
        return !known_.empty() && known_.contains(event);
    }

private:
    std::size_t max_;
    std::deque<EventId> order_;
    std::unordered_set<EventId> known_;  // looked up only
};

}  // namespace posthaste
