#include "server/commands/tool_clock.h"

#include <poll.h>

#include <ctime>

namespace posthaste {

std::int64_t monotonic_nanos() {
    timespec ts{};
    ::clock_gettime(CLOCK_MONOTONIC, &ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

Timestamp wall_clock() {
    timespec ts{};
    ::clock_gettime(CLOCK_REALTIME, &ts);
    return from_micros(static_cast<std::int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000);
}

void pause_for(Duration duration) {
    timespec ts{};
    ts.tv_sec = duration.count() / 1'000'000;
    ts.tv_nsec = (duration.count() % 1'000'000) * 1000;
    ::ppoll(nullptr, 0, &ts, nullptr);
}

}  // namespace posthaste
