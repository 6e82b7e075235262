#pragma once

// The current directory snapshot and the only way to change it. A change is committed by the store first, then published;
// requests that start after the change's reply see it, on every reactor.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "domain/directory.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste {

// Shared by all reactors; thread-safe.
class DirectoryHolder {
public:
    explicit DirectoryHolder(DirectoryPtr initial) : current_(std::move(initial)) {}

    [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
    [[nodiscard]] DirectoryPtr load() const;
    // Publishes a committed endpoint, unless a newer revision of it is published already.
    void publish(Endpoint endpoint);
    // Called after each publication, on the publishing thread. Set once, before any thread starts.
    void on_change(std::function<void(EndpointId)> listener) { listener_ = std::move(listener); }

private:
    mutable std::mutex mutex_;
    DirectoryPtr current_;
    std::atomic<std::uint64_t> version_{1};
    std::function<void(EndpointId)> listener_;
};

// One per reactor; not thread-safe.
class DirectoryService {
public:
    DirectoryService(DirectoryHolder& holder, Store& store) : holder_(holder), store_(store) {}

    // The newest snapshot. Costs one atomic load when nothing changed. Keep the returned pointer across an await only if
    // an older view is acceptable.
    [[nodiscard]] const DirectoryPtr& current();
    [[nodiscard]] std::uint64_t version() const { return holder_.version(); }

    // Commits and publishes a new endpoint; the id is issued by the store.
    Task<Result<Endpoint>> create(Endpoint endpoint);
    // Applies `change` to the newest revision of a live endpoint, commits, publishes. Repeats when somebody else was faster,
    // so `change` may run more than once. not_found when there is no such endpoint or it is deleted.
    Task<Result<Endpoint>> change(EndpointId id, std::function<Result<void>(Endpoint&)> change);
    // Leaves a tombstone: pending deliveries of the endpoint are cancelled. Returns the endpoint as it was.
    Task<Result<Endpoint>> remove(EndpointId id);

private:
    // Publishes what the store holds and nobody has published: the outcome of a change whose commit was in doubt.
    Task<Result<void>> catch_up();

    DirectoryHolder& holder_;
    Store& store_;
    DirectoryPtr cached_;
    std::uint64_t cached_version_ = 0;
};

}  // namespace posthaste
