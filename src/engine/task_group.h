#pragma once

// Runs coroutines nobody waits for one by one, and lets their owner wait for all of them. The only place that detaches a
// coroutine. Declared last in its owner, so that tasks never outlive the members they use. Not thread-safe: one executor.

#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <exception>
#include <utility>

#include "base/assert.h"
#include "engine/signal.h"
#include "ports/task.h"

namespace posthaste {

class TaskGroup {
public:
    explicit TaskGroup(Executor executor) : executor_(std::move(executor)) {}
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // Starts the task in this very turn. A task must not throw.
    void spawn(Task<void> task) {
        ++running_;
        asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr error) {
            ASSERT(!error);
            if (--running_ == 0) idle_.notify();
        });
    }

    [[nodiscard]] std::size_t running() const { return running_; }

    // Returns once no task runs.
    Task<void> join() {
        while (running_ > 0) co_await idle_.wait();
    }

private:
    Executor executor_;
    std::size_t running_ = 0;
    Signal idle_;
};

}  // namespace posthaste
