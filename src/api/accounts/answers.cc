#include "api/accounts/answers.h"

#include <algorithm>

#include "api/authenticator.h"
#include "base/bytes.h"
#include "domain/account_rules.h"

namespace posthaste::accounts {

using namespace native;

void append_user(std::string& out, const User& user) {
    ObjectWriter writer(out);
    writer.text("id", to_base62("user", user.id));
    writer.text("email", user.email);
    writer.text("fullName", user.full_name);
    writer.text("role", to_string(user.role));
    if (user.application)
        writer.text("applicationId", to_base62("app", *user.application));
    else
        writer.null("applicationId");
    writer.flag("isActive", user.is_active);
    writer.time("createdAt", user.created_at);
    writer.time("updatedAt", user.updated_at);
    writer.close();
}

HttpResponse reply_user(int status, const User& user) {
    std::string body;
    append_user(body, user);
    return reply(status, std::move(body));
}

Entered enter_user(const Call& call) {
    Entered scope = enter(call, Level::either);
    if (scope && !scope->principal->user)
        return std::unexpected(
            fault(403, "no_user", "Only users have an account, and these credentials are none's."));
    return scope;
}

std::expected<void, HttpResponse> demand_json(const HttpRequest& request) {
    constexpr std::string_view kType = "application/json";
    const std::string_view given = request.header("content-type").value_or("");
    if (given.size() >= kType.size() && equal_ignoring_case(given.substr(0, kType.size()), kType) &&
        (given.size() == kType.size() || given[kType.size()] == ';' || given[kType.size()] == ' '))
        return {};
    return std::unexpected(
        fault(415, "unsupported_media_type", "Send the body as application/json."));
}

WipedText read_password(BodyReader& body, Spec spec) {
    std::string text = body.text(spec).value_or("");
    const WipedOnExit wiped(text);
    return WipedText(text);
}

WipedText read_new_password(BodyReader& body, Spec spec, std::string_view email) {
    std::string text;
    const WipedOnExit wiped(text);
    auto given = body.text(spec);
    if (!given) return {};
    text = std::move(*given.value);
    wipe(*given.value);
    if (const auto fault_found = fault_of_password(text, email))
        body.add_issue(spec.name, *fault_found);
    return WipedText(text);
}

Member<std::string> read_email(BodyReader& body, Presence presence) {
    Member<std::string> email = body.text({"email", presence});
    if (!email) return email;
    email.value = to_lower(*email.value);
    if (const auto fault_found = fault_of_email(*email.value))
        body.add_issue("email", *fault_found);
    return email;
}

Member<ApplicationId> read_application_id(BodyReader& body, const Scope& scope) {
    const auto text = body.text({"applicationId", Presence::clearable});
    Member<ApplicationId> id;
    id.is_given = text.is_given;
    if (!text) return id;
    const auto found =
        find_application(*scope.directory, scope.principal->organization, *text.value);
    if (found)
        id.value = found->config.id;
    else
        body.add_issue("applicationId", "There is no such application.");
    return id;
}

namespace {

std::string retry_after(Duration wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return "retry-after: " + std::to_string(std::max<std::int64_t>(seconds, 1)) + "\r\n";
}

}  // namespace

HttpResponse reply_refused(const LoginRefusal& refusal, AskedBy asked_by) {
    HttpResponse response;
    switch (refusal.fault) {
        case LoginFault::wrong:
            return asked_by == AskedBy::user
                       ? fault(403, "wrong_password", "The password is wrong.")
                       : fault(401, "wrong_credentials",
                               "The e-mail address or the password is wrong.");
        case LoginFault::inactive:
            return fault(403, "inactive_user", "This user was switched off.");
        case LoginFault::throttled:
            response = fault(429, "too_many_attempts",
                             "There were too many wrong passwords. Wait, or ask whoever manages "
                             "this server for a new one.");
            break;
        case LoginFault::overloaded:
            response = fault(503, "unavailable", "Too many log in at once. Try again.");
            break;
        case LoginFault::unavailable:
            response = fault(503, "unavailable", "Nobody can log in now. Try again.");
            break;
    }
    response.headers += retry_after(refusal.wait);
    return response;
}

namespace {

std::string cookie(const ApiSettings& settings, std::string_view value, Duration life) {
    std::string header = "set-cookie: ";
    header += kSessionCookie;
    header += '=';
    header += value;
    header += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=";
    header += std::to_string(life / Duration(1s));
    if (settings.public_url.starts_with("https:")) header += "; Secure";
    header += "\r\ncache-control: no-store\r\n";
    return header;
}

}  // namespace

HttpResponse reply_login(const Call& call, int status, const Login& login) {
    const Result<std::string> token = call.authenticator->sign(login.session);
    if (!token) return fault(503, "unavailable", token.error().message);
    std::string user;
    append_user(user, *login.user);
    std::string body;
    ObjectWriter writer(body);
    writer.raw("user", user);
    writer.text("csrfToken", call.authenticator->csrf_token(login.session.id));
    writer.time("expiresAt", login.session.expires_at);
    writer.close();
    HttpResponse response = reply(status, std::move(body));
    response.headers +=
        cookie(call.context->settings, *token, login.session.expires_at - login.session.created_at);
    return response;
}

std::string forget_cookie(const ApiSettings& settings) {
    return cookie(settings, "", Duration::zero());
}

HttpResponse reply_change_failed(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::exists)
        return conflict("There is a user with this e-mail address already.");
    // The only rule that the engine itself keeps.
    if (error.code == ErrorCode::invalid) return fault(409, "last_owner", error.message);
    return fault(error, context);
}

}  // namespace posthaste::accounts
