#include "engine/logins.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "base/bytes.h"
#include "domain/account_rules.h"
#include "engine/audit_text.h"

namespace posthaste {

namespace {

constexpr std::size_t kUserAgentMax = 200;
// About what a full queue of passwords takes.
constexpr Duration kOverloadedWait = 2s;

std::unexpected<LoginRefusal> refuse(LoginFault fault, Duration wait = {}) {
    return std::unexpected(LoginRefusal{fault, wait});
}

LoginFault fault_of(const Error& error) {
    return error.code == ErrorCode::overloaded ? LoginFault::overloaded : LoginFault::unavailable;
}

Author author_of(const User& user, std::string address, Timestamp at) {
    Author author(to_base62("user", user.id));
    author.name = user.email;
    author.address = std::move(address);
    author.at = at;
    return author;
}

AuditEntry login_entry(const User& user, const Session& session) {
    return audit_entry(author_of(user, session.address, session.created_at), user.organization,
                       "user.login", to_base62("user", user.id));
}

}  // namespace

Task<LoginOutcome> Logins::login(Credentials credentials, std::string user_agent) {
    credentials.email = to_lower(credentials.email);
    UserPtr user = directory_.current()->find_user(credentials.email);
    Session session;
    session.created_at = credentials.now;
    session.expires_at = credentials.now + settings_.session_lifetime;
    session.address = credentials.address;
    session.user_agent = std::move(user_agent);
    if (session.user_agent.size() > kUserAgentMax) session.user_agent.resize(kUserAgentMax);
    const auto checked = co_await check(user, std::move(credentials));
    if (!checked) co_return std::unexpected(checked.error());
    co_return co_await begin_session(std::move(user), std::move(session));
}

Task<std::expected<void, LoginRefusal>> Logins::confirm(UserPtr user, Credentials credentials) {
    return check(std::move(user), std::move(credentials));
}

Task<std::expected<void, LoginRefusal>> Logins::check(UserPtr user, Credentials credentials) {
    const auto attempt = guard_.with([&](LoginGuard& guard) {
        return guard.begin(credentials.email, credentials.address, credentials.now);
    });
    if (!attempt) {
        note_failure(user, credentials, LoginFault::throttled);
        co_return refuse(LoginFault::throttled, attempt.error());
    }
    std::string hash = user ? user->password_hash : std::string();
    const PasswordQueue queue =
        attempt->is_familiar ? PasswordQueue::familiar : PasswordQueue::strangers;
    const Result<bool> is_right =
        co_await passwords_.verify(std::move(credentials.password), std::move(hash), queue);
    if (!is_right) {
        guard_.with([&](LoginGuard& guard) { guard.forgive(*attempt); });
        co_return refuse(fault_of(is_right.error()), kOverloadedWait);
    }
    if (!*is_right) {
        note_failure(user, credentials, LoginFault::wrong);
        co_return refuse(LoginFault::wrong);
    }
    guard_.with([&](LoginGuard& guard) { guard.succeed(*attempt, credentials.now); });
    // Meanwhile the password may have been changed, or the user removed.
    const UserPtr current = directory_.current()->find(user->id);
    if (!current || current->password_hash != user->password_hash)
        co_return refuse(LoginFault::wrong);
    if (!current->is_active) co_return refuse(LoginFault::inactive);
    co_return std::expected<void, LoginRefusal>();
}

Task<LoginOutcome> Logins::begin_session(UserPtr user, Session session) {
    session.user = user->id;
    session.password_mark = password_mark(user->password_hash);
    directory_.forget_expired_sessions(user->id, session.created_at);
    const std::vector<SessionPtr> others = directory_.current()->sessions(user->id);
    for (std::size_t i = 0; i + settings_.sessions_max <= others.size(); ++i)
        co_await directory_.remove(others[i]->id);
    AuditEntry entry = login_entry(*user, session);
    Result<Session> begun = co_await directory_.create(std::move(session), std::move(entry));
    if (!begun) co_return refuse(fault_of(begun.error()), kOverloadedWait);
    Login login;
    login.user = std::move(user);
    login.session = *std::move(begun);
    co_return login;
}

void Logins::note_failure(const UserPtr& user, const Credentials& credentials, LoginFault fault) {
    if (!user) return;  // nobody's log has a place for it
    const auto failures = guard_.with([&](LoginGuard& guard) {
        return guard.failures_to_note(credentials.email, credentials.now);
    });
    if (!failures) return;
    Author author("anonymous");
    author.address = credentials.address;
    author.at = credentials.now;
    boost::json::object after;
    after["failures"] = *failures;
    after["reason"] = fault == LoginFault::throttled ? "throttled" : "wrong password";
    AuditEntry entry =
        audit_entry(author, user->organization, "user.login-failed", to_base62("user", user->id));
    entry.after = boost::json::serialize(after);
    notes_.spawn(note(std::move(entry)));
}

Task<void> Logins::note(AuditEntry entry) {
    // A store that cannot write refuses the logins as well, and says so in its own voice.
    static_cast<void>(co_await directory_.note(std::move(entry)));
}

}  // namespace posthaste
