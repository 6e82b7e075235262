#pragma once

// The current directory snapshot and the only way to change it. A change is committed by the store first, then published;
// requests that start after the change's reply see it, on every reactor.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/audit.h"
#include "domain/author.h"
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
    void publish(User user);
    void publish(ApiKey key);
    void publish(Session session);
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

    // All changes below: an `author` that is not the server itself leaves an entry in the audit log, in the same commit.

    // Commit and publish a new object; the id is issued by the store. `exists` when its name or uid is taken.
    Task<Result<Endpoint>> create(Endpoint endpoint, Author author = Author());
    Task<Result<Application>> create(Application application, Author author = Author());
    Task<Result<EventType>> create(EventType type, Author author = Author());
    Task<Result<User>> create(User user, Author author = Author());
    // Together with the application that is to be theirs alone; it has its id already.
    Task<Result<User>> create(User user, Application own, Author author = Author());
    Task<Result<ApiKey>> create(ApiKey key, Author author = Author());
    // `login` is the entry that goes with it.
    Task<Result<Session>> create(Session session, AuditEntry login);
    // Stores the organization, unless it is known.
    Task<Result<void>> ensure(Organization organization);
    // Stores the application under its own id, unless it is known.
    Task<Result<void>> ensure(Application application);

    // Applies `change` to the newest revision of a live object, commits, publishes. Repeats when somebody else was faster,
    // so `change` may run more than once. not_found when there is no such object or it is deleted.
    template <class Object>
    using Change = std::function<Result<void>(Object&)>;
    Task<Result<Endpoint>> change(EndpointId id, Change<Endpoint> change, Author author = Author());
    Task<Result<Application>> change(ApplicationId id, Change<Application> change,
                                     Author author = Author());
    // The event type with that name.
    Task<Result<EventType>> change(OrganizationId organization, std::string name,
                                   Change<EventType> change, Author author = Author());
    // A new password, and being switched off, end the user's sessions, but for `keep`, in the same commit. invalid: the last
    // active owner of an organization would not be one any more.
    Task<Result<User>> change(UserId id, Change<User> change, Author author = Author(),
                              std::optional<SessionId> keep = std::nullopt);
    Task<Result<ApiKey>> change(ApiKeyId id, Change<ApiKey> change, Author author = Author());
    // When the keys were last used; those that are gone are left out.
    Task<Result<void>> note_uses(std::vector<ApiKeyId> keys, Timestamp at);
    // Sessions leave no entry: logins are noted as such.
    Task<Result<Session>> change(SessionId id, Change<Session> change, Author author = Author());

    // Deletes the application and leaves tombstones of all its endpoints, in one commit.
    Task<Result<void>> remove(ApplicationId id, Author author = Author());
    Task<Result<void>> remove(OrganizationId organization, std::string event_type,
                              Author author = Author());
    // Leaves a tombstone: pending deliveries of the endpoint are cancelled. Returns the endpoint as it was.
    Task<Result<Endpoint>> remove(EndpointId id, Author author = Author());
    Task<Result<void>> remove(UserId id, Author author = Author());  // as change()
    Task<Result<void>> remove(ApiKeyId id, Author author = Author());
    Task<Result<void>> remove(SessionId id);
    // All of the user's, but for `keep`.
    Task<Result<void>> end_sessions(UserId user, std::optional<SessionId> keep = std::nullopt);
    // The user's sessions that have passed leave the snapshot; the store deletes them by itself.
    void forget_expired_sessions(UserId user, Timestamp now);

    // Notes what changes no object: a login, a resend. Not for the server itself.
    Task<Result<void>> note(AuditEntry entry);

private:
    // Publishes what the store holds and nobody has published: the outcome of a change whose commit was in doubt.
    Task<Result<void>> catch_up();
    // Commits the object, whose state before is `before` (null: it is new), and publishes it.
    template <class Object>
    Task<Result<Object>> commit(Object object, std::shared_ptr<const Object> before, Author author);
    // The same with the audit entries that `change` holds.
    template <class Object>
    Task<Result<Object>> commit(Object object, ConfigChange change);
    Task<Result<Endpoint>> commit_endpoint(Endpoint endpoint, PreparedEndpointPtr before,
                                           Author author);
    // `find` looks the object up in the current snapshot; null: there is none.
    template <class Object>
    Task<Result<Object>> change_found(std::function<std::shared_ptr<const Object>()> find,
                                      Change<Object> change, Author author);
    // directory_users.cc
    struct UserCommit;
    void publish(UserCommit& commit);
    void publish(std::vector<Session> sessions);
    Task<Result<void>> catch_up(UserId user);
    template <class Object, class ObjectId>
    Task<Result<void>> bury(ObjectId id, Author author);

    DirectoryHolder& holder_;
    Store& store_;
    DirectoryPtr cached_;
    std::uint64_t cached_version_ = 0;
};

}  // namespace posthaste
