#include "api/native/session.h"

#include "api/native/answers.h"
#include "api/native/digest.h"
#include "api/text.h"
#include "base/bytes.h"

namespace posthaste::native {

namespace {

constexpr std::size_t kKnownTokensMax = 4096;
constexpr std::string_view kAuthenticationFailed = "authentication_failed";

HttpResponse token_refused(TokenFault fault_found) {
    switch (fault_found) {
        case TokenFault::invalid: return fault(401, kAuthenticationFailed, "Invalid token");
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
    }
    return fault(401, kAuthenticationFailed, "Invalid token");
}

// "Bearer <token>"; empty when it is anything else.
std::string_view bearer_token(const HttpRequest& request) {
    constexpr std::string_view kScheme = "bearer ";
    const auto header = request.header("authorization");
    if (!header || header->size() <= kScheme.size() ||
        !equal_ignoring_case(header->substr(0, kScheme.size()), kScheme))
        return {};
    std::string_view token = header->substr(kScheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    return token;
}

PrincipalPtr make_principal(TokenClaims claims) {
    auto principal = std::make_shared<Principal>();
    principal->is_application = claims.organization.has_value();
    principal->organization_name =
        principal->is_application ? std::move(*claims.organization) : claims.subject;
    principal->organization = organization_id(principal->organization_name);
    if (principal->is_application) {
        if (const auto id = parse_base62("app", claims.subject))
            principal->application = ApplicationId(*id);
    }
    principal->subject = std::move(claims.subject);
    principal->feature_flags = std::move(claims.feature_flags);
    return principal;
}

}  // namespace

OrganizationId organization_id(std::string_view name) {
    if (const auto id = parse_base62("org", name); id && !id->is_nil()) return OrganizationId(*id);
    return OrganizationId(digest_id(name));
}

Sessions::Sessions(const TokenSettings& settings) {
    if (auto keys = TokenKeys::create(settings)) keys_ = std::move(*keys);
}
Sessions::~Sessions() = default;

std::expected<PrincipalPtr, HttpResponse> Sessions::authenticate(const HttpRequest& request,
                                                                 Timestamp now) {
    const std::string_view token = bearer_token(request);
    if (token.empty() || !keys_) return std::unexpected(token_refused(TokenFault::invalid));
    const auto known = known_.find(token);
    if (known != known_.end()) {
        if (known->second.from <= now && now <= known->second.until) return known->second.principal;
        known_.erase(known);
    }
    auto verified = keys_->verify(token, now);
    if (!verified) return std::unexpected(token_refused(verified.error()));
    // Whoever uses more tokens than this at once pays for their signatures.
    if (known_.size() >= kKnownTokensMax) known_.clear();
    PrincipalPtr principal = make_principal(std::move(verified->claims));
    known_.emplace(token, Known{principal, verified->from, verified->until});
    return principal;
}

Result<std::string> Sessions::sign(const TokenClaims& claims) const {
    if (!keys_) return fail(ErrorCode::invalid, "No key for tokens is configured.");
    return keys_->sign(claims);
}

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
    auto principal = call.sessions->authenticate(call.request, call.context->clock.now());
    if (!principal) return std::unexpected(std::move(principal).error());
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
