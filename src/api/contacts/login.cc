// Logging in with a password, as OAuth2's password flow has it (RFC 6749 §4.3), and asking whose token one holds.

#include "engine/logins.h"

#include "api/authenticator.h"
#include "api/contacts/account.h"
#include "api/contacts/form.h"
#include "api/contacts/handlers.h"
#include "api/contacts/user_document.h"
#include "api/problems.h"
#include "api/reply.h"
#include "base/json_text.h"
#include "domain/wipe.h"

namespace posthaste::contacts {

namespace {

std::string read_field(Problems& problems, std::string_view form, std::string_view name) {
    auto value = form_field(form, name);
    if (value) return *std::move(value);
    problems.add("missing", "[\"body\",\"" + std::string(name) + "\"]", "Field required", "null");
    return {};
}

void check_grant_type(Problems& problems, std::string_view form) {
    const auto type = form_field(form, "grant_type");
    if (!type || *type == "password") return;
    std::string input;
    append_json_string(input, *type);
    problems.add("string_pattern_mismatch", "[\"body\",\"grant_type\"]",
                 "String should match pattern 'password'", echoed_input(input),
                 R"({"pattern":"password"})");
}

Credentials read_credentials(Problems& problems, const Call& call) {
    const std::string_view form = form_of(call.request);
    check_grant_type(problems, form);
    Credentials credentials;
    credentials.email = read_field(problems, form, "username");
    std::string password = read_field(problems, form, "password");
    const WipedOnExit wiped(password);
    credentials.password = WipedText(password);
    credentials.address = call.request.remote_address;
    credentials.now = call.context->clock.now();
    return credentials;
}

HttpResponse reply_later(int status, std::string_view sentence, Duration wait) {
    HttpResponse response = reply_detail(status, sentence);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    response.headers +=
        "retry-after: " + std::to_string(std::max<std::int64_t>(1, seconds)) + "\r\n";
    return response;
}

HttpResponse reply_refused(const LoginRefusal& refusal) {
    switch (refusal.fault) {
        case LoginFault::wrong: return reply_detail(400, "Incorrect email or password");
        case LoginFault::inactive: return reply_detail(400, "Inactive user");
        case LoginFault::throttled:
            return reply_later(429, "Too many failed logins: try again later.", refusal.wait);
        case LoginFault::overloaded:
        case LoginFault::unavailable: break;
    }
    return reply_later(503, "Nobody can log in right now: try again.", refusal.wait);
}

}  // namespace

Task<HttpResponse> login_access_token(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    Credentials credentials = read_credentials(problems, call);
    if (!problems.none()) co_return problems.reply();
    std::string user_agent(call.request.header("user-agent").value_or(""));
    const LoginOutcome login =
        co_await context.logins.login(std::move(credentials), std::move(user_agent));
    if (!login) co_return reply_refused(login.error());
    const Result<std::string> token = call.authenticator->sign(login->session);
    if (!token) co_return reply_error(token.error(), context.settings.retry_after);
    std::string body = "{\"access_token\":";
    append_json_string(body, *token);
    body += ",\"token_type\":\"bearer\"}";
    HttpResponse response = reply(200, std::move(body));
    response.headers += "cache-control: no-store\r\n";
    co_return response;
}

Task<HttpResponse> test_token(Call call) {
    const auto account = find_account(call);
    if (!account) co_return account.error();
    std::string body;
    append_user(body, *account->user);
    co_return reply(200, std::move(body));
}

}  // namespace posthaste::contacts
