#include "engine/directory_service.h"

namespace posthaste {

DirectoryPtr DirectoryHolder::load() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

void DirectoryHolder::publish(Endpoint endpoint) {
    const EndpointId id = endpoint.id;
    {
        const std::lock_guard lock(mutex_);
        current_ = current_->with(std::move(endpoint));
        version_.fetch_add(1, std::memory_order_release);
    }
    if (listener_) listener_(id);
}

const DirectoryPtr& DirectoryService::current() {
    const std::uint64_t version = holder_.version();
    if (version != cached_version_) {
        cached_ = holder_.load();
        cached_version_ = version;
    }
    return cached_;
}

Task<Result<Endpoint>> DirectoryService::create(Endpoint endpoint) {
    endpoint.revision = 0;
    Result<Endpoint> stored = co_await store_.put_endpoint(std::move(endpoint));
    if (stored)
        holder_.publish(*stored);
    else if (stored.error().code == ErrorCode::commit_unknown)
        co_await catch_up();
    co_return stored;
}

Task<Result<Endpoint>> DirectoryService::change(EndpointId id,
                                                std::function<Result<void>(Endpoint&)> change) {
    while (true) {
        const PreparedEndpointPtr held = current()->find(id);
        if (!held || held->config.is_deleted)
            co_return fail(ErrorCode::not_found, "no such endpoint");
        Endpoint endpoint = held->config;
        if (Result<void> changed = change(endpoint); !changed)
            co_return std::unexpected(std::move(changed).error());
        Result<Endpoint> stored = co_await store_.put_endpoint(std::move(endpoint));
        if (stored) {
            holder_.publish(*stored);
            co_return stored;
        }
        if (stored.error().code == ErrorCode::commit_unknown) co_await catch_up();
        if (stored.error().code != ErrorCode::conflict) co_return stored;
        // Somebody committed first, and their publication follows their commit; unless that commit was in doubt for them, when
        // nobody published it.
        const PreparedEndpointPtr newest = current()->find(id);
        if (newest != held) continue;
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
    }
}

Task<Result<void>> DirectoryService::catch_up() {
    ASSIGN_OR_CO_RETURN(std::vector<Endpoint> all, co_await store_.load_endpoints());
    for (Endpoint& endpoint : all) {
        const PreparedEndpointPtr held = current()->find(endpoint.id);
        if (!held || held->config.revision < endpoint.revision)
            holder_.publish(std::move(endpoint));
    }
    co_return Result<void>();
}

Task<Result<Endpoint>> DirectoryService::remove(EndpointId id) {
    Endpoint before;
    auto bury = [&before](Endpoint& endpoint) -> Result<void> {
        before = endpoint;
        endpoint.is_active = false;
        endpoint.is_deleted = true;
        return {};
    };
    ASSIGN_OR_CO_RETURN(const Endpoint stored, co_await change(id, std::ref(bury)));
    before.revision = stored.revision;
    co_return before;
}

}  // namespace posthaste
