#pragma once

// Bridges callbacks into coroutines.

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

#include "ports/task.h"

namespace posthaste {

// Suspends the calling coroutine, hands `start` a function that resumes it with a value, and returns that value. The
// function must be called exactly once, on the coroutine's own executor; dropping it ends the coroutine unseen.
template <class Value, class Start>
Task<Value> suspend(Start start) {
    asio::use_awaitable_t<Executor> token;
    auto initiate = [&start](auto handler) {
        start(std::move_only_function<void(Value)>(std::move(handler)));
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<Executor>, void(Value)>(initiate,
                                                                                          token);
}

}  // namespace posthaste
