#include "sim/sim_time.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/assert.h"

namespace posthaste::sim {

class SimTime::SimAlarm final : public Alarm {
public:
    SimAlarm(SimTime& time, std::function<void()> on_fire)
        : time_(time), state_(std::make_shared<AlarmState>()) {
        state_->on_fire = std::move(on_fire);
    }
    ~SimAlarm() override { cancel(); }

    void arm(Timestamp at) override {
        cancel();
        state_->key.emplace(at, ++time_.sequence_);
        time_.alarms_.emplace(*state_->key, state_);
    }
    void cancel() override {
        ++state_->armed;
        if (!state_->key) return;
        time_.alarms_.erase(*state_->key);
        state_->key.reset();
    }

private:
    SimTime& time_;
    std::shared_ptr<AlarmState> state_;
};

std::unique_ptr<Alarm> SimTime::make(std::function<void()> on_fire) {
    return std::make_unique<SimAlarm>(*this, std::move(on_fire));
}

void SimTime::after(Duration delay, Callback run) {
    timers_.emplace(std::pair{steady_ + delay, ++sequence_}, std::move(run));
}

void SimTime::detach() {
    alarms_.clear();
    timers_.clear();
    executor_.reset();
}

std::optional<Duration> SimTime::next() const {
    std::optional<Duration> at;
    if (!timers_.empty()) at = timers_.begin()->first.first;
    if (!alarms_.empty()) {
        // A far-future alarm must not overflow when turned into steady time.
        const Timestamp wall =
            std::min(alarms_.begin()->first.first, kStart + std::chrono::years{200});
        const Duration due = std::max(wall - kStart - offset_, steady_);
        at = at ? std::min(*at, due) : due;
    }
    return at;
}

void SimTime::advance_to(Duration at) {
    ASSERT(at >= steady_);
    steady_ = at;
    offset_max_ = std::max(offset_max_, offset_);
    if (!executor_) return;
    fire_alarms();
    while (!timers_.empty() && timers_.begin()->first.first <= steady_) {
        asio::post(*executor_, std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
    }
}

void SimTime::fire_alarms() {
    while (!alarms_.empty() && alarms_.begin()->first.first <= now()) {
        std::weak_ptr<AlarmState> weak = std::move(alarms_.begin()->second);
        alarms_.erase(alarms_.begin());
        const std::shared_ptr<AlarmState> state = weak.lock();
        if (!state) continue;
        state->key.reset();
        // Armed or cancelled again before its turn comes: that firing is void.
        asio::post(*executor_, [weak, armed = state->armed] {
            const std::shared_ptr<AlarmState> due = weak.lock();
            if (due && due->armed == armed) due->on_fire();
        });
    }
}

}  // namespace posthaste::sim
