#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/id.h"

namespace posthaste {

// Knows which committed events still have deliveries in the tail (neither settled nor parked), and
// so up to where the watermark may move. Ids must be added in increasing order, which the writer
// guarantees by issuing them. Pure; O(log n) per settlement, memory O(events between the oldest
// unsettled one and the newest). Events are told apart by `hi`, which is unique within a database.
class TailTracker {
public:
    explicit TailTracker(std::uint64_t watermark = 0) : watermark_(watermark) {}

    // REQUIRES: event > the watermark given and every event added before. `outstanding` = its
    // deliveries in the tail; 0 is allowed.
    void add(EventId event, std::uint32_t outstanding);
    // One tail delivery of `event` was settled or parked. Returns false if the event is unknown or
    // has none left.
    bool release(EventId event);

    // `hi` of the newest event such that it and all older ones have nothing left in the tail;
    // starts at the value given.
    [[nodiscard]] std::uint64_t watermark() const { return watermark_; }
    // Events above the watermark, those that only wait for an older one included.
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    // Does the event have deliveries in the tail?
    [[nodiscard]] bool contains(EventId event) const;

private:
    struct Entry {
        std::uint64_t hi;
        std::uint32_t outstanding;
    };

    // The event's index in entries_, or entries_.size().
    [[nodiscard]] std::size_t position(EventId event) const;
    void advance();

    std::deque<Entry> entries_;  // by hi; the front has something outstanding
    std::uint64_t watermark_;
};

}  // namespace posthaste
