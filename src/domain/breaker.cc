#include "domain/breaker.h"

#include <algorithm>

namespace posthaste {

namespace {

constexpr double kJitter = 0.25;

Duration longest_pause(const BreakerRules& rules) {
    return rules.pause_max + std::chrono::duration_cast<Duration>(rules.pause_max * kJitter);
}

}  // namespace

std::string_view to_string(Breaker::State state) {
    switch (state) {
        case Breaker::State::closed: return "closed";
        case Breaker::State::open: return "open";
        case Breaker::State::half_open: return "half_open";
    }
    return "unknown";
}

void Breaker::open(Timestamp now, double draw) {
    Duration pause = std::min(rules_.pause, rules_.pause_max);
    for (std::uint32_t i = 0; i < pauses_ && pause < rules_.pause_max; ++i)
        pause = std::min(2 * pause, rules_.pause_max);
    ++pauses_;
    next_probe_ = now + pause + std::chrono::duration_cast<Duration>(pause * (kJitter * draw));
    probe_.reset();
    failed_.clear();
    successes_ = 0;
}

void Breaker::succeeded() {
    if (!failing_since_ && pauses_ == 0) return;
    failed_.clear();
    failing_since_.reset();
    next_probe_.reset();
    probe_.reset();
    if (pauses_ > 0 && ++successes_ >= rules_.failures) pauses_ = 0;
}

void Breaker::failed(EventId delivery, Timestamp now, double draw) {
    if (!is_closed()) {
        if (probe_ == delivery) open(now, draw);
        return;
    }
    successes_ = 0;
    if (!failing_since_ || *failing_since_ > now) failing_since_ = now;
    if (rules_.failures == 0) return;
    if (failed_.size() < rules_.failures && std::ranges::find(failed_, delivery) == failed_.end())
        failed_.push_back(delivery);
    const bool has_lasted = pauses_ > 0 || now - *failing_since_ >= rules_.lasting;
    if (failed_.size() >= rules_.failures && has_lasted) open(now, draw);
}

void Breaker::passed(EventId delivery) {
    if (probe_ == delivery) probe_.reset();
}

void Breaker::reset() { *this = Breaker(rules_); }

void Breaker::mind_clock(Timestamp now) {
    if (next_probe_ && *next_probe_ - now > longest_pause(rules_)) next_probe_ = now;
}

}  // namespace posthaste
