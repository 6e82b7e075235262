#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace posthaste {

// The world's time. now() may be called from any thread. Wall time may jump; a timer that a jump makes late fires at once.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Timestamp now() const = 0;
};

// One re-armable alarm, bound to one executor. arm() replaces any earlier time; the callback runs on the executor, never
// from within arm(). The destructor cancels.
class Alarm {
public:
    virtual ~Alarm() = default;
    virtual void arm(Timestamp at) = 0;
    virtual void cancel() = 0;
};

class AlarmFactory {
public:
    virtual ~AlarmFactory() = default;
    virtual std::unique_ptr<Alarm> make(std::function<void()> on_fire) = 0;
};

}  // namespace posthaste
