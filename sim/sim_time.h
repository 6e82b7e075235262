#pragma once

// Virtual time. It stands still while handlers run and jumps to the next timer when nothing is left to do. Two clocks: the
// steady one orders the world (latencies, delays), the wall clock is what the engine sees and may be set forward or back.
// Timers of the cluster die with it in a crash; the wall clock goes on.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "ports/clock.h"
#include "ports/task.h"

namespace posthaste::sim {

class SimTime final : public Clock, public AlarmFactory {
public:
    using Callback = std::move_only_function<void()>;

    [[nodiscard]] Timestamp now() const override { return kStart + steady_ + offset_; }
    [[nodiscard]] Duration steady() const { return steady_; }
    std::unique_ptr<Alarm> make(std::function<void()> on_fire) override;

    // Runs on the executor after `delay` of steady time.
    void after(Duration delay, Callback run);
    // Sets the wall clock; alarms this makes late fire at the next advance.
    void jump(Duration by) { offset_ += by; }
    // Back to the furthest point the wall clock has ever been ahead.
    void heal() { offset_ = offset_max_; }

    // The executor that timers and alarms run on from now on.
    void attach(Executor executor) { executor_.emplace(std::move(executor)); }
    // A crash: forgets all timers and alarms. Their callbacks are destroyed, so the executor must still exist.
    void detach();

    // Steady time of the next timer or alarm.
    [[nodiscard]] std::optional<Duration> next() const;
    // REQUIRES: at ≥ steady(). Moves on and hands everything that is due to the executor.
    void advance_to(Duration at);

private:
    class SimAlarm;
    struct AlarmState {
        std::function<void()> on_fire;
        std::optional<std::pair<Timestamp, std::uint64_t>>
            key;                  // its place in alarms_; none: not armed
        std::uint64_t armed = 0;  // counts arm() and cancel()
    };
    void fire_alarms();

    static constexpr Timestamp kStart{
        Duration{1'767'323'045'123'456}};  // 2026-01-02T03:04:05.123456Z
    Duration steady_{};
    Duration offset_{};
    Duration offset_max_{};
    std::optional<Executor> executor_;
    std::uint64_t sequence_ = 0;  // timers of one instant fire in the order they were made
    std::map<std::pair<Duration, std::uint64_t>, Callback> timers_;
    std::map<std::pair<Timestamp, std::uint64_t>, std::weak_ptr<AlarmState>> alarms_;
};

}  // namespace posthaste::sim
