#include "api/admission.h"

#include "api/authenticator.h"
#include "api/reply.h"
#include "domain/digest.h"

namespace posthaste {

namespace {

std::expected<PrincipalPtr, TokenFault> identify(const Call& call) {
    return call.authenticator->authenticate(call.request, call.context->clock.now(),
                                            call.context->engine.directory());
}

HttpResponse reply_unauthenticated() {
    HttpResponse response = reply_detail(401, "Not authenticated");
    response.headers += "www-authenticate: Bearer\r\n";
    return response;
}

}  // namespace

HttpResponse reply_refused(TokenFault fault) {
    switch (fault) {
        case TokenFault::missing: return reply_unauthenticated();
        case TokenFault::user_gone: return reply_detail(404, "User not found");
        case TokenFault::user_inactive: return reply_detail(400, "Inactive user");
        case TokenFault::no_csrf_token:
            return reply_detail(403,
                                "The session's cookie alone changes nothing: send "
                                "X-CSRF-Token with it.");
        case TokenFault::invalid:
        case TokenFault::is_secret:
        case TokenFault::no_subject:
        case TokenFault::bad_organization:
        case TokenFault::bad_application: break;
    }
    return reply_detail(403, "Could not validate credentials");
}

HttpResponse reply_forbidden(const ApiRoute& route) {
    return reply_detail(403, "This takes the permission to " +
                                 std::string(to_string(route.access)) +
                                 ", which these credentials do not have.");
}

Admission admit_known(const Call& call) {
    auto principal = identify(call);
    if (!principal) return std::unexpected(reply_refused(principal.error()));
    if (!(*principal)->permissions.allow(call.route->access))
        return std::unexpected(reply_forbidden(*call.route));
    return *std::move(principal);
}

Admission admit(const Call& call) {
    if (call.context->settings.auth == AuthMode::required && call.route->access != Access::anyone)
        return admit_known(call);
    auto principal = identify(call);
    if (!principal) return nullptr;
    // They act for somebody, so they do no more than they may for them.
    if (!(*principal)->permissions.allow(call.route->access))
        return std::unexpected(reply_forbidden(*call.route));
    return *std::move(principal);
}

ApplicationId default_application(const ApiSettings& settings, OrganizationId organization) {
    if (organization == settings.organization) return settings.application;
    return ApplicationId(digest_id("default application of " + to_uuid(organization)));
}

Owner owner_of(const Call& call) {
    const ApiSettings& settings = call.context->settings;
    if (!call.principal) return {settings.organization, settings.application};
    const Principal& principal = *call.principal;
    return {principal.organization, principal.is_application
                                        ? principal.application.value_or(ApplicationId())
                                        : default_application(settings, principal.organization)};
}

namespace {

Task<Result<void>> ensure(DirectoryService* directory, Owner owner, std::string organization_name,
                          Timestamp now) {
    if (directory->current()->find(owner.application)) co_return Result<void>();
    Organization organization;
    organization.id = owner.organization;
    organization.name = std::move(organization_name);
    organization.created_at = now;
    Application application;
    application.id = owner.application;
    application.organization = owner.organization;
    application.name = "Default application";
    application.created_at = now;
    application.updated_at = now;
    Result<void> ensured = co_await directory->ensure(std::move(organization));
    if (ensured) ensured = co_await directory->ensure(std::move(application));
    co_return ensured;
}

}  // namespace

Task<Result<void>> ensure_owner(Call call) {
    const Owner owner = owner_of(call);
    std::string name =
        call.principal ? call.principal->organization_name : to_base62("org", owner.organization);
    return ensure(&call.context->engine.directory(), owner, std::move(name),
                  call.context->clock.now());
}

Task<Result<void>> ensure_owner(DirectoryService* directory, Owner owner, Timestamp now) {
    return ensure(directory, owner, to_base62("org", owner.organization), now);
}

Author author_of(const Call& call, const Principal& principal) {
    Author author(principal.actor);
    author.name = principal.actor_name;
    author.organization = principal.audited_in;
    author.address = call.request.remote_address;
    author.at = call.context->clock.now();
    return author;
}

Author author_of(const Call& call) {
    if (call.principal) return author_of(call, *call.principal);
    Author author("anonymous");
    author.address = call.request.remote_address;
    author.at = call.context->clock.now();
    return author;
}

}  // namespace posthaste
