#include "engine/directory_service.h"

#include "engine/catalog.h"

namespace posthaste {

DirectoryPtr DirectoryHolder::load() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

template <class Object>
void DirectoryHolder::replace(Object object) {
    const std::lock_guard lock(mutex_);
    current_ = current_->with(std::move(object));
    version_.fetch_add(1, std::memory_order_release);
}

void DirectoryHolder::publish(Endpoint endpoint) {
    const EndpointId id = endpoint.id;
    replace(std::move(endpoint));
    if (listener_) listener_(id);
}

void DirectoryHolder::publish(Application application) { replace(std::move(application)); }
void DirectoryHolder::publish(EventType type) { replace(std::move(type)); }
void DirectoryHolder::publish(Organization organization) { replace(std::move(organization)); }

Task<Result<Directory::Contents>> load_contents(Store* store) {
    Directory::Contents contents;
    ASSIGN_OR_CO_RETURN(contents.endpoints, co_await store->load_endpoints());
    for (const RecordKind kind :
         {RecordKind::organization, RecordKind::application, RecordKind::event_type}) {
        RecordQuery query;
        query.kind = kind;
        ASSIGN_OR_CO_RETURN(const std::vector<Record> records,
                            co_await store->read_records(std::move(query)));
        for (const Record& record : records)
            if (Result<void> added = add_to(contents, record); !added)
                co_return std::unexpected(std::move(added).error());
    }
    co_return contents;
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
    ASSIGN_OR_CO_RETURN(Directory::Contents all, co_await load_contents(&store_));
    for (Endpoint& endpoint : all.endpoints) {
        const PreparedEndpointPtr held = current()->find(endpoint.id);
        if (!held || held->config.revision < endpoint.revision)
            holder_.publish(std::move(endpoint));
    }
    for (Organization& one : all.organizations) holder_.publish(std::move(one));
    for (Application& one : all.applications) holder_.publish(std::move(one));
    for (EventType& one : all.event_types) holder_.publish(std::move(one));
    co_return Result<void>();
}

// ---- records

template <class Object>
Task<Result<Object>> DirectoryService::commit(Object object) {
    ConfigChange change;
    change.records.push_back(to_record(object));
    Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
    if (!stored) {
        if (stored.error().code == ErrorCode::commit_unknown) co_await catch_up();
        co_return std::unexpected(std::move(stored).error());
    }
    Record& record = stored->records.front();
    object.id = decltype(object.id)(record.id);
    object.revision = record.revision;
    holder_.publish(object);
    co_return object;
}

Task<Result<Application>> DirectoryService::create(Application application) {
    application.revision = 0;
    return commit(std::move(application));
}

Task<Result<EventType>> DirectoryService::create(EventType type) {
    type.revision = 0;
    return commit(std::move(type));
}

Task<Result<void>> DirectoryService::ensure(Organization organization) {
    if (current()->find(organization.id)) co_return Result<void>();
    organization.revision = 0;
    const Result<Organization> stored = co_await commit(std::move(organization));
    // Somebody else was faster: it is there.
    if (stored || stored.error().code == ErrorCode::exists ||
        stored.error().code == ErrorCode::conflict)
        co_return Result<void>();
    co_return std::unexpected(stored.error());
}

Task<Result<Application>> DirectoryService::change(
    ApplicationId id, std::function<Result<void>(Application&)> change) {
    while (true) {
        const PreparedApplicationPtr held = current()->find(id);
        if (!held) co_return fail(ErrorCode::not_found, "no such application");
        Application application = held->config;
        if (Result<void> changed = change(application); !changed)
            co_return std::unexpected(std::move(changed).error());
        Result<Application> stored = co_await commit(std::move(application));
        if (stored || stored.error().code != ErrorCode::conflict) co_return stored;
        if (current()->find(id) != held) continue;
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
    }
}

Task<Result<EventType>> DirectoryService::change(OrganizationId organization, std::string name,
                                                 std::function<Result<void>(EventType&)> change) {
    while (true) {
        const EventTypePtr held = current()->find_event_type(organization, name);
        if (!held) co_return fail(ErrorCode::not_found, "no such event type");
        EventType type = *held;
        if (Result<void> changed = change(type); !changed)
            co_return std::unexpected(std::move(changed).error());
        Result<EventType> stored = co_await commit(std::move(type));
        if (stored || stored.error().code != ErrorCode::conflict) co_return stored;
        if (current()->find_event_type(organization, name) != held) continue;
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
    }
}

Task<Result<void>> DirectoryService::remove(OrganizationId organization, std::string event_type) {
    auto bury = [](EventType& type) -> Result<void> {
        type.is_deleted = true;
        return {};
    };
    const Result<EventType> removed =
        co_await change(organization, std::move(event_type), std::ref(bury));
    if (!removed) co_return std::unexpected(removed.error());
    co_return Result<void>();
}

Task<Result<void>> DirectoryService::remove(ApplicationId id) {
    while (true) {
        const PreparedApplicationPtr held = current()->find(id);
        if (!held) co_return fail(ErrorCode::not_found, "no such application");
        ConfigChange change;
        Application application = held->config;
        application.is_deleted = true;
        change.records.push_back(to_record(application));
        for (const PreparedEndpointPtr& endpoint : current()->endpoints(id, {})) {
            Endpoint& tombstone = change.endpoints.emplace_back(endpoint->config);
            tombstone.is_active = false;
            tombstone.is_deleted = true;
        }
        Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
        if (stored) {
            ++application.revision;
            holder_.publish(std::move(application));
            for (Endpoint& endpoint : stored->endpoints) holder_.publish(std::move(endpoint));
            co_return Result<void>();
        }
        const ErrorCode code = stored.error().code;
        if (code != ErrorCode::commit_unknown && code != ErrorCode::conflict)
            co_return std::unexpected(std::move(stored).error());
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
        if (code == ErrorCode::commit_unknown) co_return std::unexpected(stored.error());
    }
}

// ---- tombstones

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
