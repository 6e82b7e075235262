#include "engine/directory_service.h"

#include "engine/audit_text.h"
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
void DirectoryHolder::publish(User user) { replace(std::move(user)); }
void DirectoryHolder::publish(ApiKey key) { replace(std::move(key)); }
void DirectoryHolder::publish(Session session) { replace(std::move(session)); }

Task<Result<Directory::Contents>> load_contents(Store* store) {
    Directory::Contents contents;
    ASSIGN_OR_CO_RETURN(contents.endpoints, co_await store->load_endpoints());
    for (const RecordKind kind :
         {RecordKind::organization, RecordKind::application, RecordKind::event_type,
          RecordKind::user, RecordKind::api_key, RecordKind::session}) {
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
    for (User& one : all.users) holder_.publish(std::move(one));
    for (ApiKey& one : all.api_keys) holder_.publish(std::move(one));
    for (Session& one : all.sessions) holder_.publish(std::move(one));
    co_return Result<void>();
}

// ---- endpoints

Task<Result<Endpoint>> DirectoryService::commit_endpoint(Endpoint endpoint,
                                                         PreparedEndpointPtr before,
                                                         Author author) {
    ConfigChange change;
    if (author.is_audited())
        change.audit.push_back(audit_change(author, before ? &before->config : nullptr, endpoint));
    change.endpoints.push_back(std::move(endpoint));
    Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
    if (!stored) {
        if (stored.error().code == ErrorCode::commit_unknown) co_await catch_up();
        co_return std::unexpected(std::move(stored).error());
    }
    Endpoint& result = stored->endpoints.front();
    holder_.publish(result);
    co_return std::move(result);
}

Task<Result<Endpoint>> DirectoryService::create(Endpoint endpoint, Author author) {
    endpoint.revision = 0;
    return commit_endpoint(std::move(endpoint), nullptr, std::move(author));
}

Task<Result<Endpoint>> DirectoryService::change(EndpointId id, Change<Endpoint> change,
                                                Author author) {
    while (true) {
        const PreparedEndpointPtr held = current()->find(id);
        if (!held || held->config.is_deleted)
            co_return fail(ErrorCode::not_found, "no such endpoint");
        Endpoint endpoint = held->config;
        if (Result<void> changed = change(endpoint); !changed)
            co_return std::unexpected(std::move(changed).error());
        Result<Endpoint> stored = co_await commit_endpoint(std::move(endpoint), held, author);
        if (stored || stored.error().code != ErrorCode::conflict) co_return stored;
        // Somebody committed first, and their publication follows their commit; unless that commit was in doubt for them, when
        // nobody published it.
        if (current()->find(id) != held) continue;
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
    }
}

Task<Result<Endpoint>> DirectoryService::remove(EndpointId id, Author author) {
    Endpoint before;
    auto bury = [&before](Endpoint& endpoint) -> Result<void> {
        before = endpoint;
        endpoint.is_active = false;
        endpoint.is_deleted = true;
        return {};
    };
    ASSIGN_OR_CO_RETURN(const Endpoint stored,
                        co_await change(id, std::ref(bury), std::move(author)));
    before.revision = stored.revision;
    co_return before;
}

// ---- records

namespace {

template <class Object>
void add_audit(ConfigChange& change, const Author& author, const Object* before,
               const Object& after) {
    if (author.is_audited()) change.audit.push_back(audit_change(author, before, after));
}
void add_audit(ConfigChange&, const Author&, const Session*, const Session&) {}
void add_audit(ConfigChange&, const Author&, const Organization*, const Organization&) {}

}  // namespace

template <class Object>
Task<Result<Object>> DirectoryService::commit(Object object, std::shared_ptr<const Object> before,
                                              Author author) {
    ConfigChange change;
    add_audit(change, author, before.get(), object);
    return commit<Object>(std::move(object), std::move(change));
}

template <class Object>
Task<Result<Object>> DirectoryService::commit(Object object, ConfigChange change) {
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

template <class Object>
Task<Result<Object>> DirectoryService::change_found(
    std::function<std::shared_ptr<const Object>()> find, Change<Object> change, Author author) {
    while (true) {
        const std::shared_ptr<const Object> held = find();
        if (!held) co_return fail(ErrorCode::not_found, "no such object");
        Object object = *held;
        if (Result<void> changed = change(object); !changed)
            co_return std::unexpected(std::move(changed).error());
        Result<Object> stored = co_await commit(std::move(object), held, author);
        if (stored || stored.error().code != ErrorCode::conflict) co_return stored;
        if (find() != held) continue;  // as for endpoints
        if (Result<void> caught_up = co_await catch_up(); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
        if (find() != held) continue;
        // Catching up publishes all that the store holds. This one expired there.
        object = *held;
        object.is_deleted = true;
        holder_.publish(std::move(object));
        co_return fail(ErrorCode::not_found, "no such object");
    }
}

template <class Object, class ObjectId>
Task<Result<void>> DirectoryService::bury(ObjectId id, Author author) {
    Change<Object> mark = [](Object& object) -> Result<void> {
        object.is_deleted = true;
        return {};
    };
    const Result<Object> removed = co_await change(id, std::move(mark), std::move(author));
    if (!removed) co_return std::unexpected(removed.error());
    co_return Result<void>();
}

Task<Result<Application>> DirectoryService::create(Application application, Author author) {
    application.revision = 0;
    return commit<Application>(std::move(application), nullptr, std::move(author));
}

Task<Result<EventType>> DirectoryService::create(EventType type, Author author) {
    type.revision = 0;
    return commit<EventType>(std::move(type), nullptr, std::move(author));
}

Task<Result<User>> DirectoryService::create(User user, Author author) {
    user.revision = 0;
    return commit<User>(std::move(user), nullptr, std::move(author));
}

Task<Result<User>> DirectoryService::create(User user, Application own, Author author) {
    user.revision = own.revision = 0;
    user.application = own.id;
    ConfigChange change;
    add_audit<User>(change, author, nullptr, user);
    add_audit<Application>(change, author, nullptr, own);
    change.records.push_back(to_record(user));
    change.records.push_back(to_record(own));
    const Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
    if (!stored) {
        if (stored.error().code == ErrorCode::commit_unknown) co_await catch_up();
        co_return std::unexpected(stored.error());
    }
    user.id = UserId(stored->records.front().id);
    user.revision = stored->records.front().revision;
    own.revision = stored->records.back().revision;
    holder_.publish(std::move(own));
    holder_.publish(user);
    co_return user;
}

Task<Result<ApiKey>> DirectoryService::create(ApiKey key, Author author) {
    key.revision = 0;
    return commit<ApiKey>(std::move(key), nullptr, std::move(author));
}

Task<Result<Session>> DirectoryService::create(Session session, AuditEntry login) {
    session.revision = 0;
    ConfigChange change;
    change.audit.push_back(std::move(login));
    return commit<Session>(std::move(session), std::move(change));
}

namespace {

// Somebody else was faster: it is there.
template <class Object>
Result<void> there(const Result<Object>& stored) {
    if (stored || stored.error().code == ErrorCode::exists ||
        stored.error().code == ErrorCode::conflict)
        return {};
    return std::unexpected(stored.error());
}

}  // namespace

Task<Result<void>> DirectoryService::ensure(Organization organization) {
    if (current()->find(organization.id)) co_return Result<void>();
    organization.revision = 0;
    co_return there(co_await commit<Organization>(std::move(organization), nullptr, Author()));
}

Task<Result<void>> DirectoryService::ensure(Application application) {
    if (current()->find(application.id)) co_return Result<void>();
    application.revision = 0;
    co_return there(co_await commit<Application>(std::move(application), nullptr, Author()));
}

Task<Result<Application>> DirectoryService::change(ApplicationId id, Change<Application> change,
                                                   Author author) {
    // A snapshot's application is part of what is prepared with it; the pointer to the part is as good an identity.
    std::function<std::shared_ptr<const Application>()> find =
        [this, id]() -> std::shared_ptr<const Application> {
        const PreparedApplicationPtr held = current()->find(id);
        return held ? std::shared_ptr<const Application>(held, &held->config) : nullptr;
    };
    return change_found<Application>(std::move(find), std::move(change), std::move(author));
}

Task<Result<EventType>> DirectoryService::change(OrganizationId organization, std::string name,
                                                 Change<EventType> change, Author author) {
    std::function<EventTypePtr()> find = [this, organization, name = std::move(name)] {
        return current()->find_event_type(organization, name);
    };
    return change_found<EventType>(std::move(find), std::move(change), std::move(author));
}

Task<Result<ApiKey>> DirectoryService::change(ApiKeyId id, Change<ApiKey> change, Author author) {
    std::function<ApiKeyPtr()> find = [this, id] { return current()->find(id); };
    return change_found<ApiKey>(std::move(find), std::move(change), std::move(author));
}

// A key that changes in the same moment keeps all of them from being stored; the next minute makes up for it.
Task<Result<void>> DirectoryService::note_uses(std::vector<ApiKeyId> keys, Timestamp at) {
    ConfigChange change;
    std::vector<ApiKey> used;
    for (const ApiKeyId id : keys) {
        const ApiKeyPtr held = current()->find(id);
        // One that expired may have left the store.
        if (!held || (held->expires_at && *held->expires_at <= at)) continue;
        ApiKey& key = used.emplace_back(*held);
        key.last_used_at = at;
        change.records.push_back(to_record(key));
    }
    if (used.empty()) co_return Result<void>();
    const Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
    if (!stored) {
        if (stored.error().code == ErrorCode::commit_unknown) co_await catch_up();
        co_return std::unexpected(stored.error());
    }
    for (ApiKey& key : used) {
        ++key.revision;
        holder_.publish(std::move(key));
    }
    co_return Result<void>();
}

Task<Result<Session>> DirectoryService::change(SessionId id, Change<Session> change,
                                               Author author) {
    std::function<SessionPtr()> find = [this, id] { return current()->find(id); };
    return change_found<Session>(std::move(find), std::move(change), std::move(author));
}

Task<Result<void>> DirectoryService::remove(OrganizationId organization, std::string event_type,
                                            Author author) {
    Change<EventType> mark = [](EventType& type) -> Result<void> {
        type.is_deleted = true;
        return {};
    };
    const Result<EventType> removed =
        co_await change(organization, std::move(event_type), std::move(mark), std::move(author));
    if (!removed) co_return std::unexpected(removed.error());
    co_return Result<void>();
}

Task<Result<void>> DirectoryService::remove(ApiKeyId id, Author author) {
    return bury<ApiKey>(id, std::move(author));
}

Task<Result<void>> DirectoryService::remove(SessionId id) { return bury<Session>(id, Author{}); }

Task<Result<void>> DirectoryService::remove(ApplicationId id, Author author) {
    while (true) {
        const PreparedApplicationPtr held = current()->find(id);
        if (!held) co_return fail(ErrorCode::not_found, "no such application");
        ConfigChange change;
        Application application = held->config;
        application.is_deleted = true;
        add_audit(change, author, &held->config, application);
        change.records.push_back(to_record(application));
        for (const PreparedEndpointPtr& endpoint : current()->endpoints(id, {})) {
            Endpoint& tombstone = change.endpoints.emplace_back(endpoint->config);
            tombstone.is_active = false;
            tombstone.is_deleted = true;
            add_audit(change, author, &endpoint->config, tombstone);
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

Task<Result<void>> DirectoryService::note(AuditEntry entry) {
    ConfigChange change;
    change.audit.push_back(std::move(entry));
    const Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
    if (!stored) co_return std::unexpected(stored.error());
    co_return Result<void>();
}

}  // namespace posthaste
