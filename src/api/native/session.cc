#include "api/native/session.h"

#include "api/authenticator.h"
#include "api/native/answers.h"
#include "api/text.h"

namespace posthaste::native {

namespace {

constexpr std::string_view kAuthenticationFailed = "authentication_failed";

HttpResponse token_refused(TokenFault fault_found) {
    switch (fault_found) {
        case TokenFault::missing:
        case TokenFault::invalid:
        case TokenFault::user_gone:
        case TokenFault::user_inactive: break;
        case TokenFault::is_secret:
            return fault(401, kAuthenticationFailed,
                         "Authentication failed. JWT signing secrets can not be used as tokens, "
                         "please refer to https://github.com/svix/svix-webhooks#authentication "
                         "for more information.");
        case TokenFault::no_subject:
            return fault(401, kAuthenticationFailed, "Invalid token (missing `sub`).");
        case TokenFault::bad_organization:
            return fault(400, "bad_token", "The token does not name an organization.");
        case TokenFault::bad_application:
            return fault(400, "bad token", "The token does not name an application.");
        case TokenFault::no_csrf_token:
            return fault(403, "no_csrf_token",
                         "The session's cookie alone changes nothing: send X-CSRF-Token with it.");
    }
    return fault(401, kAuthenticationFailed, "Invalid token");
}

}  // namespace

PreparedApplicationPtr find_application(const Directory& directory, OrganizationId organization,
                                        std::string_view id_or_uid) {
    const std::string name = percent_decode(id_or_uid);
    if (const auto id = parse_base62("app", name)) {
        PreparedApplicationPtr found = directory.find(ApplicationId(*id));
        if (!found || found->config.organization != organization || found->config.is_deleted)
            return nullptr;
        return found;
    }
    return directory.find_application(organization, name);
}

PreparedEndpointPtr find_endpoint(const Directory& directory, ApplicationId application,
                                  std::string_view id_or_uid) {
    const std::string name = percent_decode(id_or_uid);
    if (const auto id = parse_base62("ep", name)) {
        PreparedEndpointPtr found = directory.find(EndpointId(*id));
        if (!found || found->config.application != application || found->config.is_deleted)
            return nullptr;
        return found;
    }
    return directory.find_endpoint(application, name);
}

Entered enter(const Call& call, Level level) {
    auto principal = call.authenticator->authenticate(call.request, call.context->clock.now(),
                                                      call.context->engine.directory());
    if (!principal) return std::unexpected(token_refused(principal.error()));
    if (!(*principal)->permissions.allow(call.route->access))
        return std::unexpected(insufficient_access());
    if (level == Level::organization && (*principal)->is_application)
        return std::unexpected(insufficient_access());
    Scope scope;
    scope.principal = *std::move(principal);
    scope.directory = call.context->engine.directory().current();
    return scope;
}

Entered enter_application(const Call& call, Level level) {
    Entered scope = enter(call, level);
    if (!scope) return scope;
    scope->application =
        find_application(*scope->directory, scope->principal->organization, call.params[0]);
    if (!scope->application) return std::unexpected(entity_not_found());
    if (level == Level::application && scope->principal->is_application &&
        scope->principal->application != scope->application->config.id)
        return std::unexpected(entity_not_found());
    return scope;
}

Entered enter_endpoint(const Call& call, Level level, std::size_t index) {
    Entered scope = enter_application(call, level);
    if (!scope) return scope;
    scope->endpoint =
        find_endpoint(*scope->directory, scope->application->config.id, call.params.at(index));
    if (!scope->endpoint) return std::unexpected(entity_not_found());
    return scope;
}

Task<Result<void>> ensure_organization(Call call, PrincipalPtr principal) {
    Organization organization;
    organization.id = principal->organization;
    organization.name = principal->organization_name;
    organization.created_at = call.context->clock.now();
    co_return co_await call.context->engine.directory().ensure(std::move(organization));
}

}  // namespace posthaste::native
