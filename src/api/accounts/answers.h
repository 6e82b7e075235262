#pragma once

// What the accounts' routes have in common: users as JSON, reading passwords, and the answers about logging in.

#include <expected>
#include <string>
#include <string_view>

#include "api/native/core.h"
#include "domain/model.h"
#include "domain/wipe.h"
#include "engine/logins.h"

namespace posthaste::accounts {

void append_user(std::string& out, const User& user);
[[nodiscard]] HttpResponse reply_user(int status, const User& user);

// The caller, who must be a user: an API key and a token of the native API have no account (403).
[[nodiscard]] native::Entered enter_user(const Call& call);

// A JSON body cannot come from a form of another site, which would log its visitor in as somebody else: 415.
[[nodiscard]] std::expected<void, HttpResponse> demand_json(const HttpRequest& request);

// The member, whose text is wiped when it was read; its rules are the caller's.
[[nodiscard]] WipedText read_password(native::BodyReader& body, native::Spec spec);
// A new one, which keeps the rules (domain/account_rules.h).
[[nodiscard]] WipedText read_new_password(native::BodyReader& body, native::Spec spec,
                                          std::string_view email);
// In lower case; an issue when it is none.
[[nodiscard]] native::Member<std::string> read_email(native::BodyReader& body,
                                                     native::Presence presence);

// "applicationId": what a user or a key is limited to; an issue when the organization has none such.
[[nodiscard]] native::Member<ApplicationId> read_application_id(native::BodyReader& body,
                                                                const native::Scope& scope);

// 401, 403, 429 or 503; 403 instead of 401 where somebody is logged in already.
enum class AskedBy : std::uint8_t { stranger, user };
[[nodiscard]] HttpResponse reply_refused(const LoginRefusal& refusal, AskedBy asked_by);

// The session's cookie, and who logged in.
[[nodiscard]] HttpResponse reply_login(const Call& call, int status, const Login& login);
// Set-Cookie that makes a browser forget the session.
[[nodiscard]] std::string forget_cookie(const ApiSettings& settings);

// A failed change of a user or a key.
[[nodiscard]] HttpResponse reply_change_failed(const Error& error, const ApiContext& context);

}  // namespace posthaste::accounts
