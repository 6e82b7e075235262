// Tokens for customers: the application portal and its older name, and taking the tokens back.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/authenticator.h"
#include "api/native/applications.h"
#include "api/native/core.h"
#include "api/native/handlers.h"

namespace posthaste::native {

namespace {

constexpr Duration kTokenLife = std::chrono::days(28);
constexpr std::chrono::seconds kExpiryMin = std::chrono::hours(1);
constexpr std::chrono::seconds kExpiryMax = std::chrono::days(7);
constexpr std::size_t kSessionsMax = 100;  // of one request
constexpr TextRule kSessionRule{.min = 1, .max = 256};

// What a token is issued for.
struct Grant {
    std::vector<std::string> feature_flags;
    std::optional<std::vector<std::string>> capabilities;  // none: all
    std::optional<std::string> session;
    Duration life = kTokenLife;
};

HttpResponse reply_grant(const Call& call, const Scope& scope, Grant grant) {
    const Timestamp now = call.context->clock.now();
    TokenClaims claims;
    claims.subject = to_base62("app", scope.application->config.id);
    claims.organization = scope.principal->organization_name;
    claims.feature_flags = std::move(grant.feature_flags);
    claims.capabilities = std::move(grant.capabilities);
    claims.portal_session = std::move(grant.session);
    claims.issued_at = issue_time(scope.application->config.token_recalls, now);
    claims.not_before = now;
    claims.expires_at = now + grant.life;
    const Result<std::string> token = call.authenticator->sign(claims);
    if (!token) return fault(501, "not_implemented", token.error().message);
    std::string body;
    ObjectWriter writer(body);
    // Behind '#', where it reaches the page but no server's log.
    writer.text("url", call.context->settings.public_url + "/app-portal#key=" + *token);
    writer.text("token", *token);
    writer.close();
    return reply(200, std::move(body));
}

bool only_looks(const std::string& capability) {
    return capability == to_string(Capability::view_base) ||
           capability == to_string(Capability::view_endpoint_secret);
}

// None: everything. A read-only token shows secrets only when its issuer says so.
std::optional<std::vector<std::string>> read_capabilities(BodyReader& body) {
    const auto listed = body.set({"capabilities"}, {});
    const auto is_read_only = body.flag({"readOnly", Presence::optional, "read_only"});
    const std::string base(to_string(Capability::view_base));
    if (!listed) {
        if (!is_read_only.value_or(false)) return std::nullopt;
        return std::vector{base};
    }
    std::vector<std::string> names = *listed.value;
    for (const std::string& name : names)
        if (!parse_capability(name))
            body.add_issue("capabilities", "There is no capability '" + name + "'.");
    if (std::find(names.begin(), names.end(), base) == names.end())
        body.add_issue("capabilities", "'ViewBase' is always required.");
    if (is_read_only.value_or(false))
        std::erase_if(names, [](const std::string& name) { return !only_looks(name); });
    return names;
}

Grant read_grant(BodyReader& body) {
    Grant grant;
    grant.feature_flags =
        body.set({"featureFlags", Presence::optional, "feature_flags"}, {}).value_or({});
    const auto expiry = body.integer({"expiry"}, kExpiryMin.count(), kExpiryMax.count());
    if (expiry) grant.life = std::chrono::seconds(*expiry.value);
    grant.capabilities = read_capabilities(body);
    grant.session = body.text({"sessionId", Presence::optional, "session_id"}, kSessionRule).value;
    return grant;
}

// Adds to the application's list of tokens that are good no more.
Task<HttpResponse> recall(Call call, ApplicationId application, std::vector<TokenRecall> recalls) {
    const Timestamp now = call.context->clock.now();
    std::function<Result<void>(Application&)> change = [&recalls, now](Application& changed) {
        const Timestamp issued_until = issue_time(changed.token_recalls, now);
        for (TokenRecall recall : recalls) {
            if (!recall.token) recall.issued_until = issued_until;
            if (!add_recall(changed.token_recalls, std::move(recall), now))
                return Result<void>(fail(ErrorCode::overloaded, "too many tokens"));
        }
        return Result<void>();
    };
    // The route's own entry in the audit log says what was done.
    const Result<Application> changed =
        co_await call.context->engine.directory().change(application, std::move(change), Author());
    if (changed) co_return no_content();
    if (changed.error().code == ErrorCode::overloaded)
        co_return fault(400, "limit_reached",
                        "Too many tokens were taken back one by one; expire all of them.");
    if (changed.error().code == ErrorCode::not_found) co_return entity_not_found();
    co_return fault(changed.error(), *call.context);
}

}  // namespace

Task<HttpResponse> create_app_portal_access(Call call) {
    Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    Grant grant = read_grant(body);
    std::optional<ApplicationInput> application;
    if (auto nested = body.object({"application"})) application = read_application(*nested);
    if (!body.ok()) co_return body.reply();
    const Entered entered =
        co_await enter_or_create_application(call, *std::move(scope), std::move(application));
    if (!entered) co_return entered.error();
    co_return reply_grant(call, *entered, std::move(grant));
}

// The older name; whatever its body says is ignored.
Task<HttpResponse> create_dashboard_access(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    co_return reply_grant(call, *scope, Grant());
}

Task<HttpResponse> expire_tokens(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body.empty() ? std::string_view("{}") : call.request.body);
    const auto delay = body.integer({"expiry"}, 0, kExpiryMax.count());
    const auto sessions = body.set({"sessionIds", Presence::optional, "session_ids"},
                                   {.max = kSessionsMax, .each = kSessionRule});
    if (!body.ok()) co_return body.reply();
    TokenRecall every;
    every.from = call.context->clock.now() + std::chrono::seconds(delay.value_or(0));
    std::vector<TokenRecall> recalls;
    for (const std::string& session : sessions.value_or({})) {
        recalls.push_back(every);
        recalls.back().session = session;
    }
    if (recalls.empty()) recalls.push_back(std::move(every));
    co_return co_await recall(call, scope->application->config.id, std::move(recalls));
}

// Ends the token of an application that calls. There is nothing to log out of with any other.
Task<HttpResponse> logout(Call call) {
    const Timestamp now = call.context->clock.now();
    const auto principal =
        call.authenticator->authenticate(call.request, now, call.context->engine.directory());
    if (!principal || !(*principal)->token || !(*principal)->application)
        co_return fault(501, "not_implemented", "This API endpoint is not yet implemented.");
    const Principal& holder = **principal;
    TokenRecall recalled;
    recalled.from = now;
    if (holder.token_expires_at) recalled.over = *holder.token_expires_at + kTokenTolerance;
    recalled.issued_until = holder.token->issued_at.value_or(Timestamp());
    recalled.session = holder.token->session;
    recalled.token = holder.token->digest;
    std::vector<TokenRecall> recalls;
    recalls.push_back(std::move(recalled));
    co_return co_await recall(call, *holder.application, std::move(recalls));
}

}  // namespace posthaste::native
