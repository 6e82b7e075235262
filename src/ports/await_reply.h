#pragma once

// How a coroutine on a reactor waits for work on another thread: it hands out a Reply, sleeps, and resumes on its own executor
// once the Reply was called. A Reply must be called exactly once, from any thread. (On its own executor: ports/suspend.h.)

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

#include "ports/task.h"

namespace posthaste {

template <class T>
using Reply = std::move_only_function<void(T)>;

template <class T>
Task<T> await_reply(std::move_only_function<void(Reply<T>)> start) {
    const Executor executor = co_await asio::this_coro::executor;
    auto initiation = [executor, start = std::move(start)](auto handler) mutable {
        start([guard = asio::make_work_guard(executor),
               handler = std::move(handler)](T value) mutable {
            asio::post(guard.get_executor(),
                       [handler = std::move(handler), value = std::move(value)]() mutable {
                           handler(std::move(value));
                       });
        });
    };
    using Token = asio::use_awaitable_t<Executor>;
    co_return co_await asio::async_initiate<const Token, void(T)>(std::move(initiation), Token{});
}

}  // namespace posthaste
