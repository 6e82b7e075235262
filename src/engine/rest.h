#pragma once

#include <memory>

#include "base/time.h"
#include "engine/signal.h"
#include "ports/clock.h"
#include "ports/task.h"

namespace posthaste {

// Waits on the world's clock, until somebody cuts it short.
class Rest {
public:
    Rest(AlarmFactory& alarms, Clock& clock);
    Task<void> wait(Duration duration);
    void cut_short();

private:
    Clock& clock_;
    Signal over_;
    std::unique_ptr<Alarm> alarm_;
};

}  // namespace posthaste
