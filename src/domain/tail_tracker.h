#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/id.h"

namespace posthaste {

// Knows which committed events still have deliveries in the tail (neither settled nor parked), and so up to where the
// watermark may move. Ids must be added in increasing order, which the writer guarantees by issuing them. Pure; O(log n)
// per settlement, memory O(events between the oldest unsettled one and the newest).
class TailTracker {
public:
    // REQUIRES: event > every event added before. `outstanding` = its deliveries in the tail; 0 is allowed.
    void add(EventId event, std::uint32_t outstanding);
    // One tail delivery of `event` was settled or parked. Returns false if the event is unknown or has none left.
    bool release(EventId event);
    // `hi` of the newest event such that it and all older ones have nothing left in the tail; starts at the value given.
    [[nodiscard]] std::uint64_t watermark() const { return watermark_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] bool contains(EventId event) const;

    explicit TailTracker(std::uint64_t watermark = 0) : watermark_(watermark) {}

private:
    struct Entry {
        std::uint64_t hi;
        std::uint32_t outstanding;
    };
    void advance();

    std::deque<Entry> entries_;
    std::uint64_t watermark_;
};

}  // namespace posthaste
