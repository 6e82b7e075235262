#pragma once

// Deadlines of many connections under one coarse timer. A wheel of slots, one per tick; an entry sits in the slot of its
// deadline, or in the farthest slot when the deadline lies beyond the wheel, and is looked at again there. Moving a deadline
// to a later time, which every request does, is a store: the entry stays in its old slot and is carried on when that slot
// comes up. A deadline fires at its time or up to two ticks later, never before. Not thread-safe; reads no clock.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace posthaste {

class DeadlineWheel;

class DeadlineEntry {
public:
    DeadlineEntry() = default;
    DeadlineEntry(const DeadlineEntry&) = delete;
    DeadlineEntry& operator=(const DeadlineEntry&) = delete;

protected:
    // REQUIRES: removed from its wheel.
    virtual ~DeadlineEntry() = default;

private:
    friend class DeadlineWheel;

    // The deadline has passed; the entry is no longer armed. May arm or remove any entry.
    virtual void on_deadline() {}

    static constexpr std::uint64_t kNever = ~std::uint64_t{0};

    DeadlineEntry* previous_ = nullptr;
    DeadlineEntry* next_ = nullptr;
    std::uint64_t deadline_ = kNever;  // in ticks
    std::uint64_t slot_ = 0;           // the tick whose slot holds it, while linked
};

class DeadlineWheel {
public:
    explicit DeadlineWheel(Duration tick);
    DeadlineWheel(const DeadlineWheel&) = delete;
    DeadlineWheel& operator=(const DeadlineWheel&) = delete;

    // Replaces any earlier deadline. `delay` counts from the last advance().
    void arm(DeadlineEntry& entry, Duration delay);
    void disarm(DeadlineEntry& entry) { entry.deadline_ = DeadlineEntry::kNever; }
    // Unlinks; required before the entry dies.
    void remove(DeadlineEntry& entry);

    // Fires what is due at `elapsed` since the wheel was made. Going back in time does nothing.
    void advance(Duration elapsed);

    [[nodiscard]] Duration tick() const { return tick_; }

private:
    static constexpr std::uint64_t kSlots = 256;

    // The heads of circular lists; they hold no deadline.
    struct Head final : DeadlineEntry {};

    void link(DeadlineEntry& entry);
    static void unlink(DeadlineEntry& entry);
    void turn();

    const Duration tick_;
    std::uint64_t now_ = 0;
    std::array<Head, kSlots> slots_;
};

}  // namespace posthaste
