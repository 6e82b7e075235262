#pragma once

// Lets coroutines of one executor wait for something to happen.

#include <functional>
#include <utility>
#include <vector>

#include "ports/suspend.h"

namespace posthaste {

class Signal {
    struct Woken {};

public:
    Signal() = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    Task<void> wait() {
        auto keep = [this](std::move_only_function<void(Woken)> wake) {
            waiting_.push_back(std::move(wake));
        };
        co_await suspend<Woken>(std::move(keep));
    }

    // Resumes every waiter in this turn, in the order they came.
    void notify() {
        std::vector<std::move_only_function<void(Woken)>> waking;
        waking.swap(waiting_);
        for (auto& wake : waking) wake(Woken{});
    }

private:
    std::vector<std::move_only_function<void(Woken)>> waiting_;
};

}  // namespace posthaste
