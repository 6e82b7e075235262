// The part of Dispatcher that keeps throttled lanes from sending, and from filling the memory.

#include <algorithm>
#include <utility>

#include "engine/dispatcher.h"

namespace posthaste {

namespace {

constexpr std::size_t kShareMin = 8;         // deliveries in memory of one throttled application
constexpr std::size_t kThrottledWindow = 8;  // of one lane behind an application's gate

}  // namespace

void Dispatcher::apply_throttle(Entry& entry) {
    const bool by_application = entry.application && is_throttled(entry.application->config);
    const bool by_endpoint = entry.route.endpoint && is_throttled(entry.route.endpoint->config);
    if (!by_application && !by_endpoint) {
        entry.lane.set_window(limits_.lane_window);
        return set_share(entry, nullptr);
    }
    // An endpoint's own rate says what leaves within a second. Behind an application's, nobody knows when a lane's turn comes.
    std::size_t window = std::min(kThrottledWindow, limits_.lane_window);
    if (!by_application)
        window = std::clamp<std::size_t>(*entry.route.endpoint->config.throttle_rate, window,
                                         limits_.lane_window);
    entry.lane.set_window(window);
    set_share(entry, &shares_[entry.route.endpoint->config.application]);
}

void Dispatcher::set_share(Entry& entry, Share* share) {
    if (entry.share == share) return;
    if (Share* old = std::exchange(entry.share, share)) {
        old->in_memory -= entry.in_memory;
        throttled_ -= entry.in_memory;
        throttled_left_ = true;
        if (--old->lanes == 0)
            std::erase_if(shares_, [old](const auto& one) { return &one.second == old; });
    }
    if (!share) return;
    ++share->lanes;
    share->in_memory += entry.in_memory;
    throttled_ += entry.in_memory;
}

bool Dispatcher::has_room(const Entry& entry) const {
    if (window_ >= limits_.window) return false;
    if (!entry.share) return true;
    return throttled_ < std::max<std::size_t>(limits_.window / 2, 1) &&
           entry.share->in_memory < std::max(limits_.window / 32, kShareMin);
}

// Passes, or holds the lane until it may ask again. After a pass the next to ask would be refused, so the application is held
// then, too; the lane is left to the caller, who first takes what may leave.
ThrottleAnswer Dispatcher::pass_gates(Entry& entry) {
    if (!entry.share || sabotage_.ignore_throttle) return {};
    const ThrottleAnswer answer =
        pass_throttles(*entry.route.endpoint, entry.application.get(), ports_.clock.now());
    if (!answer.passes) {
        // By itself even when its application is: a lane made before its endpoint was known is not among the application's.
        entry.lane.hold(answer.endpoint_opens ? *answer.endpoint_opens : *answer.application_opens);
    }
    if (!answer.application_opens) return answer;
    const ApplicationId application = entry.application->config.id;
    held_.hold(application, *answer.application_opens);
    healthy_.hold(application);
    suspect_.hold(application);
    return answer;
}

// Lanes that wait for a time of the clock as it was before somebody set it back would wait too long.
void Dispatcher::watch_clock() {
    const Timestamp before = std::exchange(last_pump_, ports_.clock.now());
    if (before - last_pump_ <= RateGate::kClosedMax) return;
    for (LaneIndex index = 0; index < entries_.size(); ++index) {
        if (!entries_[index]) continue;
        const Lane& lane = entries_[index]->lane;
        if (lane.held_until() || !lane.breaker().is_closed()) after_change(index);
    }
}

void Dispatcher::release_applications() {
    if (held_.empty()) return;
    for (const ApplicationId application : held_.release_due(ports_.clock.now())) {
        healthy_.release(application);
        suspect_.release(application);
    }
}

}  // namespace posthaste
