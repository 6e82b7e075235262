// Event types: list, create (which revives an archived one), get, replace, change, archive or delete.

#include "api/native/core.h"
#include "api/native/event_type_text.h"
#include "api/native/handlers.h"
#include "api/schema_check.h"

namespace posthaste::native {

namespace {

HttpResponse reply_event_type(int status, const EventType& type) {
    std::string body;
    append_event_type(body, type, EventTypeContent::whole);
    return reply(status, std::move(body));
}

// Customers see a type that is behind a flag only when their token carries the flag.
bool may_see(const Principal& principal, const EventType& type) {
    return !principal.is_application || !type.feature_flag ||
           std::find(principal.feature_flags.begin(), principal.feature_flags.end(),
                     *type.feature_flag) != principal.feature_flags.end();
}

Task<HttpResponse> store_change(Call call, PrincipalPtr principal, EventTypeInput input) {
    const Timestamp now = call.context->clock.now();
    std::function<Result<void>(EventType&)> change = [&](EventType& type) {
        input.apply_to(type, now);
        return Result<void>();
    };
    const std::string name = input.name;
    const Result<EventType> changed = co_await call.context->engine.directory().change(
        principal->organization, name, std::move(change), author_of(call, *principal));
    if (!changed) co_return fault(changed.error(), *call.context);
    co_return reply_event_type(200, *changed);
}

HttpResponse already_exists() {
    return fault(409, "event_type_exists", "An event type with this name already exists");
}

// 201, 409, or what the store says.
Task<HttpResponse> store_new(Call call, PrincipalPtr principal, EventTypeInput input) {
    const ApiContext& context = *call.context;
    if (Result<void> ensured = co_await ensure_organization(call, principal); !ensured)
        co_return fault(ensured.error(), context);
    EventType type;
    type.organization = principal->organization;
    type.name = input.name;
    type.created_at = context.clock.now();
    input.apply_to(type, type.created_at);
    const Result<EventType> created =
        co_await context.engine.directory().create(std::move(type), author_of(call, *principal));
    if (created) co_return reply_event_type(201, *created);
    if (created.error().code == ErrorCode::exists) co_return already_exists();
    co_return fault(created.error(), context);
}

}  // namespace

EventTypeInput read_event_type(BodyReader& body, EventTypeForm form) {
    const bool is_patch = form == EventTypeForm::patch;
    const Presence kept = is_patch ? Presence::patch : Presence::optional;
    const Presence clearable = is_patch ? Presence::clearable : Presence::optional;
    EventTypeInput input;
    input.form = form;
    if (form == EventTypeForm::create)
        input.name = body.text({"name", Presence::required}, {.is_identifier = true}).value_or("");
    input.description = body.text({"description", is_patch ? Presence::patch : Presence::required});
    input.is_archived = body.flag({"archived", kept});
    input.is_deprecated = body.flag({"deprecated", kept});
    input.feature_flag = body.text({"featureFlag", clearable, "feature_flag"});
    input.group_name = body.text({"groupName", clearable, "group_name"});
    const auto schemas = body.raw_object({"schemas", clearable});
    input.schemas.is_given = schemas.is_given;
    if (schemas.value) {
        input.schemas.value = std::string(*schemas.value);
        if (const auto fault = check_schemas(*schemas.value))
            body.add_issue("schemas", fault->path + ": " + fault->message);
    }
    const auto mode = body.text({"payloadValidation", kept, "payload_validation"});
    if (mode) {
        input.schema_mode = parse_schema_mode(*mode.value);
        if (!input.schema_mode)
            body.add_issue("payload_validation", "One of off, warn and reject is needed.");
    }
    return input;
}

void EventTypeInput::apply_to(EventType& type, Timestamp now) const {
    const bool resets = form != EventTypeForm::patch;
    if (description || resets) type.description = description.value_or("");
    if (is_archived || resets) type.is_archived = is_archived.value_or(false);
    if (is_deprecated || resets) type.is_deprecated = is_deprecated.value_or(false);
    if (schemas.is_given || resets) type.schemas = schemas.value;
    if (feature_flag.is_given || resets) type.feature_flag = feature_flag.value;
    if (group_name.is_given || resets) type.group_name = group_name.value;
    if (schema_mode || resets) type.schema_mode = schema_mode.value_or(SchemaMode::off);
    type.updated_at = now;
}

Task<HttpResponse> list_event_types(Call call) {
    Query query(call.request.query);
    const Paging paging = query.page_by_name();
    const bool include_archived = query.flag("include_archived", false);
    const auto content = query.flag("with_content", false) ? EventTypeContent::whole
                                                           : EventTypeContent::without_schemas;
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::either);
    if (!scope) co_return scope.error();

    Directory::NameBounds bounds;
    bounds.descending = paging.reads_descending();
    (bounds.descending ? bounds.below : bounds.above) = paging.name;
    std::vector<EventTypePtr> page =
        scope->directory->event_types(scope->principal->organization, bounds);
    std::erase_if(page, [&](const EventTypePtr& type) {
        return (type->is_archived && !include_archived) || !may_see(*scope->principal, *type);
    });
    if (page.size() > paging.limit) page.resize(paging.limit + 1);
    const bool done = paging.cut(page);
    ListWriter list;
    for (const EventTypePtr& type : page) append_event_type(list.item(type->name), *type, content);
    co_return list.finish(done);
}

Task<HttpResponse> create_event_type(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    EventTypeInput input = read_event_type(body, EventTypeForm::create);
    if (!body.ok()) co_return body.reply();

    const OrganizationId organization = scope->principal->organization;
    const EventTypePtr existing = scope->directory->find_event_type(organization, input.name);
    if (existing && !existing->is_archived) co_return already_exists();
    if (!existing) co_return co_await store_new(call, scope->principal, std::move(input));
    HttpResponse revived = co_await store_change(call, scope->principal, std::move(input));
    if (revived.status == 200) revived.status = 201;
    co_return revived;
}

Task<HttpResponse> get_event_type(Call call) {
    const Entered scope = enter(call, Level::either);
    if (!scope) co_return scope.error();
    const EventTypePtr type = scope->directory->find_event_type(scope->principal->organization,
                                                                percent_decode(call.params[0]));
    if (!type || !may_see(*scope->principal, *type)) co_return entity_not_found();
    co_return reply_event_type(200, *type);
}

Task<HttpResponse> put_event_type(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    EventTypeInput input = read_event_type(body, EventTypeForm::replace);
    input.name = percent_decode(call.params[0]);
    if (body.ok() && !is_identifier(input.name))
        body.add_issue("name",
                       "1 to 256 characters of a-z, A-Z, 0-9, '-', '_' and '.' are allowed.");
    if (!body.ok()) co_return body.reply();

    const OrganizationId organization = scope->principal->organization;
    if (scope->directory->find_event_type(organization, input.name))
        co_return co_await store_change(call, scope->principal, std::move(input));
    co_return co_await store_new(call, scope->principal, std::move(input));
}

Task<HttpResponse> patch_event_type(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    const OrganizationId organization = scope->principal->organization;
    const std::string name = percent_decode(call.params[0]);
    if (!scope->directory->find_event_type(organization, name)) co_return entity_not_found();
    BodyReader body(call.request.body);
    EventTypeInput input = read_event_type(body, EventTypeForm::patch);
    input.name = name;
    if (!body.ok()) co_return body.reply();
    co_return co_await store_change(call, scope->principal, std::move(input));
}

Task<HttpResponse> delete_event_type(Call call) {
    Query query(call.request.query);
    const bool expunge = query.flag("expunge", false);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    const ApiContext& context = *call.context;
    const OrganizationId organization = scope->principal->organization;
    const std::string name = percent_decode(call.params[0]);
    if (expunge) {
        const Result<void> removed = co_await context.engine.directory().remove(
            organization, name, author_of(call, *scope->principal));
        if (!removed) co_return fault(removed.error(), context);
        co_return no_content();
    }
    const Timestamp now = context.clock.now();
    std::function<Result<void>(EventType&)> archive = [now](EventType& type) {
        type.is_archived = true;
        type.updated_at = now;
        return Result<void>();
    };
    const Result<EventType> archived = co_await context.engine.directory().change(
        organization, name, std::move(archive), author_of(call, *scope->principal));
    if (!archived) co_return fault(archived.error(), context);
    co_return no_content();
}

}  // namespace posthaste::native
