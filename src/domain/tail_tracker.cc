#include "domain/tail_tracker.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

std::size_t TailTracker::position(EventId event) const {
    const auto found = std::ranges::lower_bound(entries_, event.hi, {}, &Entry::hi);
    if (found == entries_.end() || found->hi != event.hi) return entries_.size();
    return static_cast<std::size_t>(found - entries_.begin());
}

void TailTracker::add(EventId event, std::uint32_t outstanding) {
    ASSERT(event.hi > (entries_.empty() ? watermark_ : entries_.back().hi));
    entries_.push_back({event.hi, outstanding});
    advance();
}

bool TailTracker::release(EventId event) {
    const std::size_t at = position(event);
    if (at == entries_.size() || entries_[at].outstanding == 0) return false;
    --entries_[at].outstanding;
    if (at == 0) advance();
    return true;
}

bool TailTracker::contains(EventId event) const {
    const std::size_t at = position(event);
    return at < entries_.size() && entries_[at].outstanding > 0;
}

void TailTracker::advance() {
    while (!entries_.empty() && entries_.front().outstanding == 0) {
        watermark_ = entries_.front().hi;
        entries_.pop_front();
    }
}

}  // namespace posthaste
