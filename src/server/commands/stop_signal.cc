#include "server/commands/stop_signal.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <ctime>

namespace posthaste {
namespace {

sigset_t stop_signals() {
    sigset_t set{};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

StopSignal::StopSignal() {
    const sigset_t set = stop_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    fd_ = FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

StopSignal::~StopSignal() {
    // What is pending is consumed, or it would strike as soon as the mask is lifted.
    const sigset_t set = stop_signals();
    const timespec now{};
    while (::sigtimedwait(&set, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignal::raised() const {
    pollfd poll{fd_.get(), POLLIN, 0};
    return ::poll(&poll, 1, 0) > 0;
}

}  // namespace posthaste
