// Logging in and out, and the first owner.

#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/authenticator.h"
#include "engine/setup_token.h"

namespace posthaste::accounts {

using namespace native;

namespace {

HttpResponse reply_not_set_up() {
    return fault(
        403, "wrong_setup_token",
        "The set-up token is wrong, or was used. A server without an owner prints a new one "
        "when it starts.");
}

Credentials credentials_of(const Call& call, std::string email, WipedText password) {
    Credentials credentials;
    credentials.email = std::move(email);
    credentials.password = std::move(password);
    credentials.address = call.request.remote_address;
    credentials.now = call.context->clock.now();
    return credentials;
}

std::string user_agent(const Call& call) {
    return std::string(call.request.header("user-agent").value_or(""));
}

Task<HttpResponse> answer_login(Call call, int status, Credentials credentials) {
    const LoginOutcome login =
        co_await call.context->logins.login(std::move(credentials), user_agent(call));
    if (!login) co_return reply_refused(login.error(), AskedBy::stranger);
    co_return reply_login(call, status, *login);
}

Task<Result<User>> create_owner(Call call, User user, WipedText password) {
    Organization organization;
    organization.id = user.organization;
    organization.name = to_base62("org", user.organization);
    organization.created_at = user.created_at;
    DirectoryService& directory = call.context->engine.directory();
    if (Result<void> ensured = co_await directory.ensure(std::move(organization)); !ensured)
        co_return std::unexpected(std::move(ensured).error());
    ASSIGN_OR_CO_RETURN(user.password_hash,
                        co_await call.context->passwords.hash(std::move(password)));
    Author author("setup");
    author.name = user.email;
    author.address = call.request.remote_address;
    author.at = user.created_at;
    co_return co_await directory.create(std::move(user), std::move(author));
}

}  // namespace

Task<HttpResponse> set_up(Call call) {
    if (const auto json = demand_json(call.request); !json) co_return json.error();
    BodyReader body(call.request.body);
    const std::string token = body.text({"token", Presence::required}).value_or("");
    User user;
    user.organization = call.context->settings.organization;
    user.email = read_email(body, Presence::required).value_or("");
    user.full_name = body.text({"fullName"}, {.max = 200}).value_or("");
    user.role = Role::owner;
    user.created_at = user.updated_at = call.context->clock.now();
    WipedText password = read_new_password(body, {"password", Presence::required}, user.email);
    if (!body.ok()) co_return body.reply();
    const DirectoryPtr directory = call.context->engine.directory().current();
    if (directory->has_owner(user.organization) || !call.context->setup_token.claim(token))
        co_return reply_not_set_up();

    Credentials credentials = credentials_of(call, user.email, WipedText(password.view()));
    const Result<User> created = co_await create_owner(call, std::move(user), std::move(password));
    if (!created) {
        call.context->setup_token.give_back(token);
        co_return reply_change_failed(created.error(), *call.context);
    }
    co_return co_await answer_login(call, 201, std::move(credentials));
}

Task<HttpResponse> log_in(Call call) {
    if (const auto json = demand_json(call.request); !json) co_return json.error();
    BodyReader body(call.request.body);
    std::string email = body.text({"email", Presence::required}).value_or("");
    WipedText password = read_password(body, {"password", Presence::required});
    if (!body.ok()) co_return body.reply();
    Credentials credentials = credentials_of(call, std::move(email), std::move(password));
    co_return co_await answer_login(call, 200, std::move(credentials));
}

// The browser forgets its cookie whatever it was worth.
Task<HttpResponse> log_out(Call call) {
    const Entered scope = enter_user(call);
    HttpResponse response = scope ? no_content() : scope.error();
    if (scope) {
        const Result<void> ended =
            co_await call.context->engine.directory().remove(scope->principal->session->id);
        if (!ended && ended.error().code != ErrorCode::not_found)
            co_return fault(ended.error(), *call.context);
    }
    response.headers += forget_cookie(call.context->settings);
    co_return response;
}

}  // namespace posthaste::accounts
