// The endpoints that hear of an organization's own affairs: those of the application that has the organization's name, in
// the management organization. The first endpoint makes the application and the event types.

#include <array>

#include "api/authenticator.h"
#include "api/native/core.h"
#include "api/native/endpoints.h"
#include "api/native/handlers.h"
#include "engine/operational_events.h"

namespace posthaste::native {

namespace {

struct OperationalType {
    std::string_view name;
    std::string_view description;
};
constexpr std::array kTypes = std::to_array<OperationalType>({
    {"endpoint.created", "An endpoint was created."},
    {"endpoint.updated", "An endpoint or its secret was changed."},
    {"endpoint.deleted", "An endpoint was deleted."},
    {"endpoint.enabled", "An endpoint was enabled again."},
    {"endpoint.disabled", "An endpoint was disabled, because it kept failing or by its owner."},
    {"message.attempt.failing", "A message failed several times and will be tried again."},
    {"message.attempt.exhausted", "A message failed for the last time."},
    {"message.attempt.recovered", "A message that was failing was delivered."},
    {"background_task.finished", "A background task has finished."},
});

// The caller's place in the management organization; its application may be null.
Entered enter_operational(const Call& call) {
    Entered scope = enter(call, Level::organization);
    if (!scope) return scope;
    const std::string owner = scope->principal->organization_name;
    auto principal = std::make_shared<Principal>();
    principal->organization_name = kManagementOrganization;
    principal->organization = organization_id(kManagementOrganization);
    principal->subject = owner;  // users and keys have others
    principal->actor = scope->principal->actor;
    principal->actor_name = scope->principal->actor_name;
    // What they do with the management organization's objects is their own organization's affair.
    principal->audited_in = scope->principal->organization;
    scope->principal = std::move(principal);
    scope->application = scope->directory->find_application(scope->principal->organization, owner);
    return scope;
}

Entered enter_operational_endpoint(const Call& call) {
    Entered scope = enter_operational(call);
    if (!scope) return scope;
    if (!scope->application) return std::unexpected(entity_not_found());
    scope->endpoint =
        find_endpoint(*scope->directory, scope->application->config.id, call.params[0]);
    if (!scope->endpoint) return std::unexpected(entity_not_found());
    return scope;
}

bool is_there(const Error& error) { return error.code == ErrorCode::exists; }

Task<Result<void>> make_types(Call call, OrganizationId organization) {
    DirectoryService& directory = call.context->engine.directory();
    for (const OperationalType& one : kTypes) {
        if (directory.current()->find_event_type(organization, one.name)) continue;
        EventType type;
        type.organization = organization;
        type.name = one.name;
        type.description = one.description;
        type.created_at = call.context->clock.now();
        type.updated_at = type.created_at;
        const Result<EventType> created = co_await directory.create(std::move(type));
        if (!created && !is_there(created.error())) co_return std::unexpected(created.error());
    }
    co_return Result<void>();
}

// Makes what is missing of the management organization and the caller's application in it.
Task<Entered> with_application(Call call, Scope scope, std::string owner) {
    DirectoryService& directory = call.context->engine.directory();
    const OrganizationId organization = scope.principal->organization;
    Result<void> made = co_await ensure_organization(call, scope.principal);
    if (made) made = co_await make_types(call, organization);
    if (!made) co_return std::unexpected(fault(made.error(), *call.context));
    if (!scope.application) {
        Application application;
        application.organization = organization;
        application.uid = owner;
        application.name = owner;
        application.created_at = call.context->clock.now();
        application.updated_at = application.created_at;
        const Result<Application> created = co_await directory.create(std::move(application));
        if (!created && !is_there(created.error()))
            co_return std::unexpected(fault(created.error(), *call.context));
    }
    scope.directory = directory.current();
    scope.application = scope.directory->find_application(organization, owner);
    if (!scope.application) co_return std::unexpected(conflict());
    co_return scope;
}

}  // namespace

Task<HttpResponse> list_operational_endpoints(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("ep", Order::descending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_operational(call);
    if (!scope) co_return scope.error();
    if (!scope->application) co_return ListWriter().finish(true);
    co_return co_await answer_endpoint_list(call, *scope, paging);
}

Task<HttpResponse> create_operational_endpoint(Call call) {
    Entered scope = enter_operational(call);
    if (!scope) co_return scope.error();
    std::string owner = scope->principal->subject;
    const Entered complete = co_await with_application(call, *std::move(scope), std::move(owner));
    if (!complete) co_return complete.error();
    co_return co_await answer_endpoint_creation(call, *complete);
}

Task<HttpResponse> get_operational_endpoint(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    std::string body;
    append_endpoint(body, scope->endpoint->config);
    co_return reply(200, std::move(body));
}

Task<HttpResponse> put_operational_endpoint(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return co_await answer_endpoint_replacement(call, *scope);
}

Task<HttpResponse> delete_operational_endpoint(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return co_await answer_endpoint_deletion(call, *scope);
}

Task<HttpResponse> get_operational_secret(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return answer_secret(*scope);
}

Task<HttpResponse> rotate_operational_secret(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return co_await answer_rotation(call, *scope);
}

Task<HttpResponse> get_operational_headers(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return answer_headers(*scope);
}

Task<HttpResponse> put_operational_headers(Call call) {
    const Entered scope = enter_operational_endpoint(call);
    if (!scope) co_return scope.error();
    co_return co_await answer_header_replacement(call, *scope);
}

}  // namespace posthaste::native
