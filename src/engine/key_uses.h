#pragma once

// When API keys were last used, to the minute. Requests only name the key, at most once a minute each; once a minute what
// gathered is stored in one commit. So a key in use costs no request anything, and one write a minute at most.

#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "engine/directory_service.h"
#include "engine/task_group.h"
#include "ports/clock.h"

namespace posthaste {

inline constexpr Duration kKeyUseKept = 1min;

// Shared by all reactors; thread-safe.
class KeyUses {
public:
    void note(ApiKeyId key);
    [[nodiscard]] std::vector<ApiKeyId> take();

private:
    std::mutex mutex_;
    std::set<ApiKeyId> keys_;
};

// One of a process, on one reactor.
class KeyUseRecorder {
public:
    KeyUseRecorder(Executor executor, KeyUses& uses, DirectoryService& directory, Clock& clock,
                   AlarmFactory& alarms);

    void start();
    void stop();
    Task<void> join() { return tasks_.join(); }

private:
    Task<void> record();

    KeyUses& uses_;
    DirectoryService& directory_;
    Clock& clock_;
    bool is_stopping_ = false;
    std::unique_ptr<Alarm> alarm_;
    TaskGroup tasks_;
};

}  // namespace posthaste
