#pragma once

// The current directory snapshot and the only way to change it. A change is committed by the store first, then published;
// requests that start after the change's reply see it, on every reactor.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

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
    // Publishes a committed object, unless a newer revision of it is published already.
    void publish(Endpoint endpoint);
    void publish(Application application);
    void publish(EventType type);
    void publish(Organization organization);
    // Called after each publication of an endpoint, on the publishing thread. Set once, before any thread starts.
    void on_change(std::function<void(EndpointId)> listener) { listener_ = std::move(listener); }

private:
    template <class Object>
    void replace(Object object);

    mutable std::mutex mutex_;
    DirectoryPtr current_;
    std::atomic<std::uint64_t> version_{1};
    std::function<void(EndpointId)> listener_;
};

// Everything a directory holds, from the store, which must outlive the task.
[[nodiscard]] Task<Result<Directory::Contents>> load_contents(Store* store);

// One per reactor; not thread-safe.
class DirectoryService {
public:
    DirectoryService(DirectoryHolder& holder, Store& store) : holder_(holder), store_(store) {}

    // The newest snapshot. Costs one atomic load when nothing changed. Keep the returned pointer across an await only if
    // an older view is acceptable.
    [[nodiscard]] const DirectoryPtr& current();
    [[nodiscard]] std::uint64_t version() const { return holder_.version(); }

    // Commit and publish a new object; the id is issued by the store. `exists` when its name or uid is taken.
    Task<Result<Endpoint>> create(Endpoint endpoint);
    Task<Result<Application>> create(Application application);
    Task<Result<EventType>> create(EventType type);
    // Stores the organization, unless it is known.
    Task<Result<void>> ensure(Organization organization);

    // Applies `change` to the newest revision of a live endpoint, commits, publishes. Repeats when somebody else was faster,
    // so `change` may run more than once. not_found when there is no such endpoint or it is deleted.
    Task<Result<Endpoint>> change(EndpointId id, std::function<Result<void>(Endpoint&)> change);
    Task<Result<Application>> change(ApplicationId id,
                                     std::function<Result<void>(Application&)> change);
    // The event type with that name.
    Task<Result<EventType>> change(OrganizationId organization, std::string name,
                                   std::function<Result<void>(EventType&)> change);
    // Deletes the application and leaves tombstones of all its endpoints, in one commit.
    Task<Result<void>> remove(ApplicationId id);
    Task<Result<void>> remove(OrganizationId organization, std::string event_type);
    // Leaves a tombstone: pending deliveries of the endpoint are cancelled. Returns the endpoint as it was.
    Task<Result<Endpoint>> remove(EndpointId id);

private:
    // Publishes what the store holds and nobody has published: the outcome of a change whose commit was in doubt.
    Task<Result<void>> catch_up();
    template <class Object>
    Task<Result<Object>> commit(Object object);

    DirectoryHolder& holder_;
    Store& store_;
    DirectoryPtr cached_;
    std::uint64_t cached_version_ = 0;
};

}  // namespace posthaste
