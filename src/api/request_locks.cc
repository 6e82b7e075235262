#include "api/request_locks.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>

#include "base/assert.h"
#include "ports/suspend.h"

namespace posthaste {

bool RequestLocks::acquire(Id key, std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    const auto [held, is_new] = held_.try_emplace(key);
    if (!is_new && wake) held->second.push_back(std::move(wake));
    return is_new;
}

void RequestLocks::release(Id key) {
    std::vector<std::function<void()>> waiting;
    {
        const std::lock_guard lock(mutex_);
        const auto held = held_.find(key);
        ASSERT(held != held_.end());
        waiting = std::move(held->second);
        held_.erase(held);
    }
    for (const auto& wake : waiting) wake();
}

namespace {

struct Woken {};
using Resume = std::move_only_function<void(Woken)>;

}  // namespace

Task<HeldLock> hold(RequestLocks* locks, Id key) {
    const Executor executor = co_await asio::this_coro::executor;
    bool is_mine = locks->acquire(key, nullptr);
    while (!is_mine) {
        auto start = [&](Resume resume) {
            auto shared = std::make_shared<Resume>(std::move(resume));
            const std::function<void()> wake = [executor, shared] {
                asio::post(executor, [shared] { (*shared)(Woken{}); });
            };
            is_mine = locks->acquire(key, wake);
            if (is_mine) wake();
        };
        co_await suspend<Woken>(std::move(start));
    }
    co_return HeldLock(*locks, key);
}

}  // namespace posthaste
