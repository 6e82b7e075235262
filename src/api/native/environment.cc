// An organization's configuration as one document, to carry it to another organization or server: its event types.

#include "api/native/core.h"
#include "api/native/event_type_text.h"
#include "api/native/handlers.h"

namespace posthaste::native {

Task<Result<void>> import_event_type(Call call, PrincipalPtr principal, EventTypeInput input) {
    DirectoryService& directory = call.context->engine.directory();
    const OrganizationId organization = principal->organization;
    const Timestamp now = call.context->clock.now();
    if (!directory.current()->find_event_type(organization, input.name)) {
        EventType type;
        type.organization = organization;
        type.name = input.name;
        type.created_at = now;
        input.apply_to(type, now);
        const Result<EventType> created =
            co_await directory.create(std::move(type), author_of(call, *principal));
        if (created) co_return Result<void>();
        if (created.error().code != ErrorCode::exists) co_return std::unexpected(created.error());
    }
    std::function<Result<void>(EventType&)> change = [&](EventType& type) {
        input.apply_to(type, now);
        return Result<void>();
    };
    const std::string name = input.name;
    const Result<EventType> changed = co_await directory.change(
        organization, name, std::move(change), author_of(call, *principal));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Result<void>();
}

Task<HttpResponse> export_environment(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    std::string body;
    ObjectWriter writer(body);
    writer.time("createdAt", call.context->clock.now());
    writer.name("eventTypes");
    body += '[';
    bool is_first = true;
    for (const EventTypePtr& type :
         scope->directory->event_types(scope->principal->organization, {})) {
        if (!is_first) body += ',';
        is_first = false;
        append_event_type(body, *type, EventTypeContent::whole);
    }
    body += ']';
    writer.null("settings");
    writer.raw("transformationTemplates", "[]");
    writer.raw("connectors", "[]");
    writer.number("version", 1);
    writer.close();
    co_return reply(200, std::move(body));
}

// What the document does not name stays. All of it is checked before anything is stored.
Task<HttpResponse> import_environment(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    std::vector<EventTypeInput> inputs;
    for (BodyReader& one : body.objects({"eventTypes"}))
        inputs.push_back(read_event_type(one, EventTypeForm::create));
    if (!body.ok()) co_return body.reply();
    Result<void> done = co_await ensure_organization(call, scope->principal);
    for (EventTypeInput& input : inputs) {
        if (!done) break;
        done = co_await import_event_type(call, scope->principal, std::move(input));
    }
    if (!done) co_return fault(done.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::native
