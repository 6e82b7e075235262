#include "api/accounts/routes.h"

#include "api/accounts/handlers.h"

namespace posthaste::accounts {

namespace {

// What carries a secret in its answer is kept nowhere.
constexpr RouteKind kNative = RouteKind::native;
constexpr RouteKind kPrivate = RouteKind::native_private;

constexpr ApiRoute kRoutes[] = {
    {Method::post, "/api/v1/account/setup", set_up, "v1.account.set-up", Access::anyone, kPrivate},
    {Method::post, "/api/v1/account/login", log_in, "v1.account.login", Access::anyone, kPrivate},
    {Method::post, "/api/v1/account/logout", log_out, "v1.account.logout", Access::read, kPrivate,
     "user.logout"},

    // Whoever asks may know who they are; the rest is for users, whom every role lets read.
    {Method::get, "/api/v1/account", get_account, "v1.account.get", Access::anyone, kPrivate},
    {Method::patch, "/api/v1/account", patch_account, "v1.account.patch", Access::read, kNative},
    {Method::post, "/api/v1/account/password", change_password, "v1.account.change-password",
     Access::read, kPrivate},
    {Method::get, "/api/v1/account/sessions", list_sessions, "v1.account.list-sessions",
     Access::read, kNative},
    {Method::delete_, "/api/v1/account/sessions", end_other_sessions,
     "v1.account.end-other-sessions", Access::read, kNative, "session.delete-others"},
    {Method::delete_, "/api/v1/account/sessions/{session_id}", end_session,
     "v1.account.end-session", Access::read, kNative, "session.delete"},

    {Method::get, "/api/v1/members", list_members, "v1.member.list", Access::manage, kNative},
    {Method::post, "/api/v1/members", create_member, "v1.member.create", Access::manage, kPrivate},
    {Method::get, "/api/v1/members/{user_id}", get_member, "v1.member.get", Access::manage,
     kNative},
    {Method::patch, "/api/v1/members/{user_id}", patch_member, "v1.member.patch", Access::manage,
     kNative},
    {Method::delete_, "/api/v1/members/{user_id}", delete_member, "v1.member.delete",
     Access::manage, kNative},

    {Method::get, "/api/v1/api-keys", list_keys, "v1.api-key.list", Access::manage, kNative},
    {Method::post, "/api/v1/api-keys", create_key, "v1.api-key.create", Access::manage, kPrivate},
    {Method::get, "/api/v1/api-keys/{key_id}", get_key, "v1.api-key.get", Access::manage, kNative},
    {Method::patch, "/api/v1/api-keys/{key_id}", patch_key, "v1.api-key.patch", Access::manage,
     kNative},
    {Method::delete_, "/api/v1/api-keys/{key_id}", delete_key, "v1.api-key.delete", Access::manage,
     kNative},

    {Method::get, "/api/v1/audit", list_audit, "v1.audit.list", Access::manage, kNative},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::accounts
