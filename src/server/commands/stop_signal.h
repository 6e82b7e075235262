#pragma once

// SIGINT and SIGTERM as something to poll: from construction on they no longer end the process but make fd() readable.
// REQUIRES: constructed before other threads are started, so that they inherit the mask.

#include <csignal>

#include "server/commands/file_descriptor.h"

namespace posthaste {

class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    [[nodiscard]] int fd() const { return fd_.get(); }
    // Whether a signal has come; keeps fd() readable.
    [[nodiscard]] bool raised() const;

private:
    sigset_t before_{};
    FileDescriptor fd_;
};

}  // namespace posthaste
