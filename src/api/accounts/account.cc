// What users do with their own account.

#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/authenticator.h"
#include "domain/access.h"

namespace posthaste::accounts {

using namespace native;

namespace {

std::vector<std::string> names_of(Permissions permissions) {
    std::vector<std::string> names;
    for (const Access access :
         {Access::ingest, Access::read, Access::operate, Access::manage, Access::administer})
        if (permissions.allow(access)) names.emplace_back(to_string(access));
    return names;
}

void append_session(std::string& out, const Session& session, SessionId current) {
    ObjectWriter writer(out);
    writer.text("id", to_base62("sess", session.id));
    writer.time("createdAt", session.created_at);
    writer.time("expiresAt", session.expires_at);
    writer.text("address", session.address);
    writer.text("userAgent", session.user_agent);
    writer.flag("isCurrent", session.id == current);
    writer.close();
}

Task<std::expected<void, LoginRefusal>> confirm(Call call, PrincipalPtr principal,
                                                WipedText password) {
    Credentials credentials;
    credentials.email = principal->user->email;
    credentials.password = std::move(password);
    credentials.address = call.request.remote_address;
    credentials.now = call.context->clock.now();
    co_return co_await call.context->logins.confirm(principal->user, std::move(credentials));
}

}  // namespace

// Who asks, whatever their credentials are.
Task<HttpResponse> get_account(Call call) {
    const Entered scope = enter(call, Level::either);
    if (!scope) co_return scope.error();
    const Principal& principal = *scope->principal;
    std::string body;
    ObjectWriter writer(body);
    if (principal.user) {
        std::string user;
        append_user(user, *principal.user);
        writer.raw("user", user);
    } else {
        writer.null("user");
    }
    writer.text("actor", principal.actor);
    writer.text("organizationId", principal.organization_name);
    if (principal.application)
        writer.text("applicationId", to_base62("app", *principal.application));
    else
        writer.null("applicationId");
    writer.texts("permissions", names_of(principal.permissions));
    if (principal.session) {
        writer.text("csrfToken", call.authenticator->csrf_token(principal.session->id));
        writer.time("expiresAt", principal.session->expires_at);
    }
    writer.close();
    HttpResponse response = reply(200, std::move(body));
    response.headers += "cache-control: no-store\r\n";
    co_return response;
}

// The address is what one logs in with, so changing it takes the password.
Task<HttpResponse> patch_account(Call call) {
    const Entered scope = enter_user(call);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const auto full_name = body.text({"fullName", Presence::patch}, {.max = 200});
    const auto email = read_email(body, Presence::patch);
    WipedText password =
        read_password(body, {"currentPassword", email ? Presence::required : Presence::optional});
    if (!body.ok()) co_return body.reply();
    if (email) {
        const auto confirmed = co_await confirm(call, scope->principal, std::move(password));
        if (!confirmed) co_return reply_refused(confirmed.error(), AskedBy::user);
    }
    const Timestamp now = call.context->clock.now();
    DirectoryService::Change<User> change = [&](User& user) -> Result<void> {
        if (full_name) user.full_name = *full_name.value;
        if (email) user.email = *email.value;
        user.updated_at = now;
        return {};
    };
    const Result<User> changed = co_await call.context->engine.directory().change(
        scope->principal->user->id, std::move(change), author_of(call, *scope->principal));
    if (!changed) co_return reply_change_failed(changed.error(), *call.context);
    co_return reply_user(200, *changed);
}

// All other sessions end: whoever knew the old password is out.
Task<HttpResponse> change_password(Call call) {
    const Entered scope = enter_user(call);
    if (!scope) co_return scope.error();
    const PrincipalPtr principal = scope->principal;
    BodyReader body(call.request.body);
    WipedText current = read_password(body, {"currentPassword", Presence::required});
    WipedText fresh =
        read_new_password(body, {"newPassword", Presence::required}, principal->user->email);
    if (!body.ok()) co_return body.reply();
    const auto confirmed = co_await confirm(call, principal, std::move(current));
    if (!confirmed) co_return reply_refused(confirmed.error(), AskedBy::user);
    const Result<std::string> hash = co_await call.context->passwords.hash(std::move(fresh));
    if (!hash) co_return fault(hash.error(), *call.context);

    const Timestamp now = call.context->clock.now();
    DirectoryService::Change<User> change = [&](User& user) -> Result<void> {
        user.password_hash = *hash;
        user.updated_at = now;
        return {};
    };
    const Result<User> changed = co_await call.context->engine.directory().change(
        principal->user->id, std::move(change), author_of(call, *principal),
        principal->session->id);
    if (!changed) co_return reply_change_failed(changed.error(), *call.context);
    co_return no_content();
}

Task<HttpResponse> list_sessions(Call call) {
    const Entered scope = enter_user(call);
    if (!scope) co_return scope.error();
    const Timestamp now = call.context->clock.now();
    ListWriter list;
    for (const SessionPtr& session : scope->directory->sessions(scope->principal->user->id))
        if (session->expires_at > now)
            append_session(list.item(to_base62("sess", session->id)), *session,
                           scope->principal->session->id);
    co_return list.finish(true);
}

Task<HttpResponse> end_session(Call call) {
    const Entered scope = enter_user(call);
    if (!scope) co_return scope.error();
    const auto id = parse_base62("sess", percent_decode(call.params[0]));
    const SessionPtr session = id ? scope->directory->find(SessionId(*id)) : nullptr;
    if (!session || session->user != scope->principal->user->id) co_return entity_not_found();
    const Result<void> ended = co_await call.context->engine.directory().remove(session->id);
    if (!ended) co_return fault(ended.error(), *call.context);
    co_return no_content();
}

Task<HttpResponse> end_other_sessions(Call call) {
    const Entered scope = enter_user(call);
    if (!scope) co_return scope.error();
    const Result<void> ended = co_await call.context->engine.directory().end_sessions(
        scope->principal->user->id, scope->principal->session->id);
    if (!ended) co_return fault(ended.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::accounts
