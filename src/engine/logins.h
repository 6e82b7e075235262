#pragma once

// Logging in, and what belongs to it: a password is checked, a session begins, and the audit log hears of it. What is refused,
// and how long that takes, is the same whether there is such a user or not.
//
// One Logins per reactor, on its executor; the guard that counts failures is shared by all, for connections land on any of
// them. Sessions and users are the directory's: a session that ends is worth nothing on every reactor at once.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "domain/author.h"
#include "domain/login_guard.h"
#include "domain/wipe.h"
#include "engine/directory_service.h"
#include "engine/task_group.h"
#include "ports/passwords.h"

namespace posthaste {

// Thread-safe.
class SharedLoginGuard {
public:
    explicit SharedLoginGuard(LoginGuardLimits limits = {}) : guard_(limits) {}

    template <class Use>
    auto with(Use use) {
        const std::scoped_lock lock(mutex_);
        return use(guard_);
    }

private:
    std::mutex mutex_;
    LoginGuard guard_;
};

struct LoginSettings {
    Duration session_lifetime = 24h * 8;
    std::size_t sessions_max = 100;  // of a user; the oldest ends when one more begins
};

struct Credentials {
    std::string email;  // in any case
    WipedText password;
    std::string address;  // the client's
    Timestamp now;
};

enum class LoginFault : std::uint8_t {
    wrong,        // no such user, or not their password: which one is not told
    throttled,    // too many failures; try again after `wait`
    inactive,     // the password is right, but the user was switched off
    overloaded,   // too many log in at once; try again after `wait`
    unavailable,  // the store cannot keep the session now
};

struct LoginRefusal {
    LoginFault fault = LoginFault::wrong;
    Duration wait{};
};

struct Login {
    UserPtr user;
    Session session;  // Authenticator::sign makes a token of it
};

using LoginOutcome = std::expected<Login, LoginRefusal>;

class Logins {
public:
    Logins(Executor executor, DirectoryService& directory, Passwords& passwords,
           SharedLoginGuard& guard, LoginSettings settings)
        : directory_(directory),
          passwords_(passwords),
          guard_(guard),
          settings_(settings),
          notes_(std::move(executor)) {}

    Task<LoginOutcome> login(Credentials credentials, std::string user_agent);

    // Is it the password of somebody who is logged in? Guarded and noted as a login.
    Task<std::expected<void, LoginRefusal>> confirm(UserPtr user, Credentials credentials);

    // Waits for the notes that are being written.
    Task<void> join() { return notes_.join(); }

private:
    Task<std::expected<void, LoginRefusal>> check(UserPtr user, Credentials credentials);
    Task<LoginOutcome> begin_session(UserPtr user, Session session);
    // Of a failure; without holding up the answer, whose time must not tell whether there is such a user.
    void note_failure(const UserPtr& user, const Credentials& credentials, LoginFault fault);
    Task<void> note(AuditEntry entry);

    DirectoryService& directory_;
    Passwords& passwords_;
    SharedLoginGuard& guard_;
    const LoginSettings settings_;
    TaskGroup notes_;
};

}  // namespace posthaste
