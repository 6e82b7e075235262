#pragma once

// Task<T> is the one name from Asio that ports and engine use: a lazily started coroutine on the reactor's executor.
// Coroutine rules (GCC 12 miscompiles some temporaries, see CONTRIBUTING.md): inside a full expression with co_await never
// write a braced aggregate with a non-trivial member or a lambda with by-value captures; name it on the line above, then
// std::move it. Parameters by value. No capturing lambda is itself a coroutine.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace posthaste {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

}  // namespace posthaste
