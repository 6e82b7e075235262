#include "engine/rest.h"

namespace posthaste {

Rest::Rest(AlarmFactory& alarms, Clock& clock)
    : clock_(clock), alarm_(alarms.make([this] { over_.notify(); })) {}

Task<void> Rest::wait(Duration duration) {
    alarm_->arm(clock_.now() + duration);
    co_await over_.wait();
}

void Rest::cut_short() {
    alarm_->cancel();
    over_.notify();
}

}  // namespace posthaste
