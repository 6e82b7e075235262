#pragma once

// Alarms over Asio's steady timer. An alarm is set in wall time but waits in steps of at most a second of steady time and
// looks at the clock after each, so a wall clock that jumps makes it at most a second late. Everything happens on the
// executor's thread. Moving an alarm to a later time is a store; only an earlier time touches the timer.

#include <functional>
#include <memory>

#include "ports/clock.h"
#include "ports/task.h"

namespace posthaste {

class AsioAlarmFactory final : public AlarmFactory {
public:
    // `clock` must outlive the factory and its alarms.
    AsioAlarmFactory(Executor executor, const Clock& clock) : executor_(executor), clock_(clock) {}

    std::unique_ptr<Alarm> make(std::function<void()> on_fire) override;

private:
    Executor executor_;
    const Clock& clock_;
};

}  // namespace posthaste
