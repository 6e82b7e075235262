#include "net/deadline_wheel.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

DeadlineWheel::DeadlineWheel(Duration tick) : tick_(tick) {
    ASSERT(tick > Duration::zero());
    for (DeadlineEntry& head : slots_) head.previous_ = head.next_ = &head;
}

void DeadlineWheel::arm(DeadlineEntry& entry, Duration delay) {
    const auto ticks = (delay.count() + tick_.count() - 1) / tick_.count();
    // One more, since the current tick may be almost over.
    entry.deadline_ = now_ + 1 + static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 0));
    if (entry.next_ != nullptr) {
        if (entry.slot_ <= entry.deadline_) return;
        unlink(entry);
    }
    link(entry);
}

void DeadlineWheel::remove(DeadlineEntry& entry) {
    entry.deadline_ = DeadlineEntry::kNever;
    if (entry.next_ != nullptr) unlink(entry);
}

void DeadlineWheel::advance(Duration elapsed) {
    const auto target = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed / tick_, 0));
    // After a long stall one round over all slots sees every entry.
    if (target > now_ + kSlots) now_ = target - kSlots;
    while (now_ < target) turn();
}

void DeadlineWheel::link(DeadlineEntry& entry) {
    entry.slot_ = std::min(entry.deadline_, now_ + kSlots - 1);
    DeadlineEntry& head = slots_[entry.slot_ % kSlots];
    entry.previous_ = head.previous_;
    entry.next_ = &head;
    head.previous_->next_ = &entry;
    head.previous_ = &entry;
}

void DeadlineWheel::unlink(DeadlineEntry& entry) {
    entry.previous_->next_ = entry.next_;
    entry.next_->previous_ = entry.previous_;
    entry.previous_ = entry.next_ = nullptr;
}

// An entry is always put back at least one tick ahead, so the slot being emptied stays empty.
void DeadlineWheel::turn() {
    ++now_;
    DeadlineEntry& head = slots_[now_ % kSlots];
    while (head.next_ != &head) {
        DeadlineEntry& entry = *head.next_;
        unlink(entry);
        if (entry.deadline_ == DeadlineEntry::kNever) continue;
        if (entry.deadline_ > now_) {
            link(entry);
            continue;
        }
        entry.deadline_ = DeadlineEntry::kNever;
        entry.on_deadline();
    }
}

}  // namespace posthaste
