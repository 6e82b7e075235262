// Tokens for customers: the application portal and its older name.

#include "api/authenticator.h"
#include "api/native/applications.h"
#include "api/native/core.h"
#include "api/native/handlers.h"

namespace posthaste::native {

namespace {

constexpr Duration kTokenLife = std::chrono::days(28);
constexpr std::chrono::seconds kExpiryMin = std::chrono::hours(1);
constexpr std::chrono::seconds kExpiryMax = std::chrono::days(7);

HttpResponse grant(const Call& call, const Scope& scope, std::vector<std::string> feature_flags,
                   Duration life = kTokenLife) {
    const Timestamp now = call.context->clock.now();
    TokenClaims claims;
    claims.subject = to_base62("app", scope.application->config.id);
    claims.organization = scope.principal->organization_name;
    claims.feature_flags = std::move(feature_flags);
    claims.issued_at = now;
    claims.not_before = now;
    claims.expires_at = now + life;
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

}  // namespace

Task<HttpResponse> create_app_portal_access(Call call) {
    Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    auto flags = body.set({"featureFlags", Presence::optional, "feature_flags"}, {});
    const auto expiry = body.integer({"expiry"}, kExpiryMin.count(), kExpiryMax.count());
    std::optional<ApplicationInput> application;
    if (auto nested = body.object({"application"})) application = read_application(*nested);
    if (!body.ok()) co_return body.reply();
    const Entered entered =
        co_await enter_or_create_application(call, *std::move(scope), std::move(application));
    if (!entered) co_return entered.error();
    const Duration life = expiry ? std::chrono::seconds(*expiry.value) : kTokenLife;
    co_return grant(call, *entered, flags.value_or({}), life);
}

// The older name; whatever its body says is ignored.
Task<HttpResponse> create_dashboard_access(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    co_return grant(call, *scope, {});
}

// A signed token is good until it expires; there is nothing to log out of.
Task<HttpResponse> logout(Call call) {
    static_cast<void>(call);
    co_return fault(501, "not_implemented", "This API endpoint is not yet implemented.");
}

}  // namespace posthaste::native
