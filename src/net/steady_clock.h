#pragma once

// The time that deadlines are measured by: the machine's steady clock, or, in tests, one that moves when they say so. How
// often deadlines are looked at is a matter of real timers either way.

#include <chrono>
#include <functional>

namespace posthaste {

using SteadyTime = std::chrono::steady_clock::time_point;
using SteadyClock = std::function<SteadyTime()>;

}  // namespace posthaste
