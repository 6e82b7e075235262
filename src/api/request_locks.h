#pragma once

// What only one request at a time may do. Shared by all reactors; thread-safe.

#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/id.h"
#include "ports/task.h"

namespace posthaste {

class RequestLocks {
public:
    // True: it is yours until release(). False: `wake` is called once somebody released it, on that caller's thread.
    [[nodiscard]] bool acquire(Id key, std::function<void()> wake);
    void release(Id key);

private:
    std::mutex mutex_;
    std::map<Id, std::vector<std::function<void()>>> held_;
};

// Holds a key's lock until it goes, whatever becomes of the request.
class HeldLock {
public:
    HeldLock(RequestLocks& locks, Id key) : locks_(&locks), key_(key) {}
    ~HeldLock() {
        if (locks_) locks_->release(key_);
    }
    HeldLock(HeldLock&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)), key_(other.key_) {}
    HeldLock& operator=(HeldLock&&) = delete;

private:
    RequestLocks* locks_;
    Id key_;
};

// Waits until the key is free. The locks must outlive what is returned.
[[nodiscard]] Task<HeldLock> hold(RequestLocks* locks, Id key);

}  // namespace posthaste
