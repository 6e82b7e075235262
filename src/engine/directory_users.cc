// Changes of users, and the sessions that end with them.

#include <algorithm>
#include <utility>

#include "domain/account_rules.h"
#include "engine/audit_text.h"
#include "engine/catalog.h"
#include "engine/directory_service.h"

namespace posthaste {

namespace {

bool is_active_owner(const User& user) {
    return user.role == Role::owner && user.is_active && !user.is_deleted;
}

bool has_another_owner(const Directory& directory, const User& but) {
    return std::ranges::any_of(directory.users(but.organization, {}), [&](const UserPtr& user) {
        return user->id != but.id && is_active_owner(*user);
    });
}

bool ends_sessions(const User& before, const User& after) {
    return after.is_deleted || !after.is_active || before.password_hash != after.password_hash;
}

// The user's sessions as they are once `user` is stored: `keep` goes on under the new password, the others end.
std::vector<Session> sessions_after(const Directory& directory, const User& user,
                                    std::optional<SessionId> keep) {
    std::vector<Session> sessions;
    for (const SessionPtr& held : directory.sessions(user.id)) {
        Session& session = sessions.emplace_back(*held);
        session.is_deleted = session.id != keep || user.is_deleted || !user.is_active;
        session.password_mark = password_mark(user.password_hash);
    }
    return sessions;
}

// The organization as it is in the snapshot: a change that takes it along fails when another one does at the same time.
Organization organization_of(const Directory& directory, OrganizationId id) {
    if (const OrganizationPtr known = directory.find(id)) return *known;
    Organization organization;
    organization.id = id;
    organization.name = to_base62("org", id);
    return organization;
}

}  // namespace

// What goes into one commit with a user.
struct DirectoryService::UserCommit {
    User user;
    // With an owner who stops being one, so that of two owners who remove each other at once only one does.
    std::optional<Organization> organization;
    std::vector<Session> sessions;

    [[nodiscard]] ConfigChange to_change() const {
        ConfigChange change;
        change.records.push_back(to_record(user));
        if (organization) change.records.push_back(to_record(*organization));
        for (const Session& session : sessions) change.records.push_back(to_record(session));
        return change;
    }
};

void DirectoryService::publish(std::vector<Session> sessions) {
    for (Session& session : sessions) {
        ++session.revision;
        holder_.publish(std::move(session));
    }
}

// After a conflict: what the snapshot holds of the user's sessions and the store does not has expired there.
Task<Result<void>> DirectoryService::catch_up(UserId user) {
    const std::vector<SessionPtr> held = current()->sessions(user);
    if (Result<void> caught_up = co_await catch_up(); !caught_up) co_return caught_up;
    for (const SessionPtr& session : held) {
        if (current()->find(session->id) != session) continue;
        Session gone = *session;
        gone.is_deleted = true;
        holder_.publish(std::move(gone));
    }
    co_return Result<void>();
}

Task<Result<User>> DirectoryService::change(UserId id, Change<User> change, Author author,
                                            std::optional<SessionId> keep) {
    while (true) {
        // One snapshot for all: an owner who is counted, and an organization that tells when they stopped being one.
        const DirectoryPtr snapshot = current();
        const UserPtr held = snapshot->find(id);
        if (!held) co_return fail(ErrorCode::not_found, "no such user");
        UserCommit commit;
        commit.user = *held;
        if (Result<void> changed = change(commit.user); !changed)
            co_return std::unexpected(std::move(changed).error());
        if (is_active_owner(*held) && !is_active_owner(commit.user)) {
            if (!has_another_owner(*snapshot, *held))
                co_return fail(ErrorCode::invalid, "An organization keeps one active owner.");
            commit.organization = organization_of(*snapshot, held->organization);
        }
        if (ends_sessions(*held, commit.user))
            commit.sessions = sessions_after(*snapshot, commit.user, keep);
        ConfigChange all = commit.to_change();
        if (author.is_audited()) all.audit.push_back(audit_change(author, held.get(), commit.user));
        Result<ConfigChange> stored = co_await store_.change_config(std::move(all));
        if (stored) {
            publish(commit);
            co_return std::move(commit.user);
        }
        const ErrorCode code = stored.error().code;
        if (code != ErrorCode::commit_unknown && code != ErrorCode::conflict)
            co_return std::unexpected(std::move(stored).error());
        if (Result<void> caught_up = co_await catch_up(id); !caught_up)
            co_return std::unexpected(std::move(caught_up).error());
        if (code == ErrorCode::commit_unknown) co_return std::unexpected(stored.error());
    }
}

void DirectoryService::publish(UserCommit& commit) {
    ++commit.user.revision;
    holder_.publish(commit.user);
    if (commit.organization) {
        ++commit.organization->revision;
        holder_.publish(*std::move(commit.organization));
    }
    publish(std::move(commit.sessions));
}

Task<Result<void>> DirectoryService::remove(UserId id, Author author) {
    Change<User> mark = [](User& user) -> Result<void> {
        user.is_deleted = true;
        return {};
    };
    const Result<User> removed = co_await change(id, std::move(mark), std::move(author));
    if (!removed) co_return std::unexpected(removed.error());
    co_return Result<void>();
}

Task<Result<void>> DirectoryService::end_sessions(UserId user, std::optional<SessionId> keep) {
    while (true) {
        std::vector<Session> ended;
        ConfigChange change;
        for (const SessionPtr& held : current()->sessions(user)) {
            if (held->id == keep) continue;
            ended.push_back(*held);
            ended.back().is_deleted = true;
            change.records.push_back(to_record(ended.back()));
        }
        if (ended.empty()) co_return Result<void>();
        const Result<ConfigChange> stored = co_await store_.change_config(std::move(change));
        if (stored) {
            publish(std::move(ended));
            co_return Result<void>();
        }
        const ErrorCode code = stored.error().code;
        if (code != ErrorCode::commit_unknown && code != ErrorCode::conflict)
            co_return std::unexpected(stored.error());
        if (Result<void> caught_up = co_await catch_up(user); !caught_up) co_return caught_up;
        if (code == ErrorCode::commit_unknown) co_return std::unexpected(stored.error());
    }
}

void DirectoryService::forget_expired_sessions(UserId user, Timestamp now) {
    for (const SessionPtr& held : current()->sessions(user)) {
        if (held->expires_at > now) continue;
        Session session = *held;
        session.is_deleted = true;
        holder_.publish(std::move(session));
    }
}

}  // namespace posthaste
