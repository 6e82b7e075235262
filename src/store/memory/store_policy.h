#pragma once

// Where a test bends a MemoryStore: when each step of the store happens, and what becomes of a commit. The default policy is
// a store that is always well and answers in the next turn of its executor. The simulator injects delays and failures here.

#include <cstdint>
#include <functional>

#include "ports/task.h"

namespace posthaste {

enum class StoreStep : std::uint8_t {
    collect,  // a group of batches is about to be closed and its ids issued
    write,    // ids are issued, nothing is durable yet
    answer,   // the group is durable (or not), nobody has been told
    read,     // a read is about to look at the committed state
};

enum class CommitFate : std::uint8_t {
    applied,          // durable, answered with success
    refused,          // nothing durable, answered unavailable
    unknown_applied,  // durable, answered commit_unknown
    unknown_lost,     // nothing durable, answered commit_unknown
};

class StorePolicy {
public:
    virtual ~StorePolicy() = default;
    // Runs `step` on the store's executor in a later turn, never from within this call.
    virtual void schedule(StoreStep step, std::move_only_function<void()> run) = 0;
    // Asked once for each group commit and each configuration change.
    virtual CommitFate next_commit() { return CommitFate::applied; }
    // Asked once for each read; false: the read answers unavailable.
    virtual bool next_read_works() { return true; }
};

// Always well; everything happens in the next turn of the executor.
class PromptPolicy final : public StorePolicy {
public:
    explicit PromptPolicy(Executor executor) : executor_(std::move(executor)) {}
    void schedule(StoreStep step, std::move_only_function<void()> run) override;

private:
    Executor executor_;
};

}  // namespace posthaste
