#include "net/system_clock.h"

namespace posthaste {

Timestamp SystemClock::now() const {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

}  // namespace posthaste
