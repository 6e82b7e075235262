#include "net/asio_alarm.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>

namespace posthaste {

namespace {

using SteadyClock = std::chrono::steady_clock;
using SteadyTimer =
    asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

constexpr Duration kStepMax = 1s;

class AsioAlarm final : public Alarm {
public:
    AsioAlarm(Executor executor, const Clock& clock, std::function<void()> on_fire)
        : state_(std::make_shared<State>(executor, clock, std::move(on_fire))) {}

    ~AsioAlarm() override {
        state_->target.reset();
        state_->closed = true;
        state_->timer.cancel();
    }

    AsioAlarm(const AsioAlarm&) = delete;
    AsioAlarm& operator=(const AsioAlarm&) = delete;

    void arm(Timestamp at) override {
        state_->target = at;
        const Duration step = State::step_until(at, state_->clock.now());
        const auto wake = SteadyClock::now() + step;
        // A pending wait that ends no later will look at the new target by itself.
        if (state_->waiting && state_->timer.expiry() <= wake) return;
        State::wait(state_, wake);
    }

    void cancel() override { state_->target.reset(); }

private:
    // Shared with the pending wait, which may outlive the alarm by one turn of the loop.
    struct State {
        State(Executor executor, const Clock& clock_in, std::function<void()> fire)
            : clock(clock_in), on_fire(std::move(fire)), timer(executor) {}

        static Duration step_until(Timestamp at, Timestamp now) {
            return std::clamp<Duration>(at - now, Duration::zero(), kStepMax);
        }

        static void wait(const std::shared_ptr<State>& self, SteadyClock::time_point wake) {
            self->waiting = true;
            const std::uint64_t wait_number = ++self->wait_number;
            self->timer.expires_at(wake);
            self->timer.async_wait([self, wait_number](const boost::system::error_code&) {
                if (self->closed || wait_number != self->wait_number) return;
                self->waiting = false;
                woken(self);
            });
        }

        static void woken(const std::shared_ptr<State>& self) {
            if (!self->target) return;
            const Timestamp now = self->clock.now();
            if (*self->target > now) {
                wait(self, SteadyClock::now() + step_until(*self->target, now));
                return;
            }
            self->target.reset();
            // The callback may destroy the alarm; `self` keeps the function alive meanwhile.
            self->on_fire();
        }

        const Clock& clock;
        const std::function<void()> on_fire;
        SteadyTimer timer;
        std::optional<Timestamp> target;
        std::uint64_t wait_number = 0;
        bool waiting = false;
        bool closed = false;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<Alarm> AsioAlarmFactory::make(std::function<void()> on_fire) {
    return std::make_unique<AsioAlarm>(executor_, clock_, std::move(on_fire));
}

}  // namespace posthaste
