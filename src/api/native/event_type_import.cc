// Event types from the webhooks of an OpenAPI document. All of it is checked before anything is stored.

#include <algorithm>

#include "api/json_scan.h"
#include "api/native/core.h"
#include "api/native/event_type_text.h"
#include "api/native/handlers.h"
#include "api/native/openapi_webhooks.h"

namespace posthaste::native {

namespace {

template <class T>
Member<T> given(T value) {
    return {true, std::move(value)};
}

// What an import leaves alone: the feature flag, and whether payloads are checked.
EventTypeInput input_of(const WebhookType& type) {
    EventTypeInput input;
    input.form = EventTypeForm::patch;
    input.name = type.name;
    input.description = given(type.description);
    input.is_archived = given(false);
    input.is_deprecated = given(type.is_deprecated);
    input.schemas = {true, type.schemas};
    if (type.group_name) input.group_name = given(*type.group_name);
    return input;
}

bool would_change(const EventType* existing, const EventTypeInput& input) {
    if (existing == nullptr) return true;
    EventType changed = *existing;
    input.apply_to(changed, existing->updated_at);
    return changed != *existing;
}

// Inputs that archive the live types that `types` does not have.
std::vector<EventTypeInput> archive_others(const Directory& directory, OrganizationId organization,
                                           const std::vector<WebhookType>& types) {
    std::vector<EventTypeInput> inputs;
    for (const EventTypePtr& known : directory.event_types(organization, {})) {
        const bool is_kept =
            std::ranges::find(types, known->name, &WebhookType::name) != types.end();
        if (is_kept || known->is_archived) continue;
        EventTypeInput input;
        input.form = EventTypeForm::patch;
        input.name = known->name;
        input.is_archived = given(true);
        inputs.push_back(std::move(input));
    }
    return inputs;
}

std::string describe_change(const WebhookType& type) {
    std::string out;
    ObjectWriter writer(out);
    writer.text("name", type.name);
    writer.text("description", type.description);
    writer.raw("schemas", type.schemas ? std::string_view(*type.schemas) : "null");
    writer.flag("deprecated", type.is_deprecated);
    if (type.group_name) writer.text("groupName", *type.group_name);
    writer.close();
    return out;
}

std::string report(const std::vector<std::string>& modified, std::string_view to_modify) {
    std::string out = "{\"data\":";
    ObjectWriter writer(out);
    writer.texts("modified", modified);
    if (!to_modify.empty()) writer.raw("to_modify", to_modify);
    writer.close();
    return out + "}";
}

struct ImportRequest {
    std::string document;
    bool is_dry_run = false;
    bool replaces_all = false;
};

std::expected<ImportRequest, HttpResponse> read_request(std::string_view text) {
    BodyReader body(text);
    ImportRequest request;
    const auto spec = body.raw_object({"spec"});
    const auto raw = body.text({"specRaw", Presence::optional, "spec_raw"});
    request.is_dry_run = body.flag({"dryRun", Presence::optional, "dry_run"}).value_or(false);
    request.replaces_all =
        body.flag({"replaceAll", Presence::optional, "replace_all"}).value_or(false);
    if (!body.ok()) return std::unexpected(body.reply());
    if (spec.value.has_value() == raw.value.has_value())
        return std::unexpected(bad_query("Either spec or specRaw is needed, and not both."));
    request.document = spec ? std::string(*spec.value) : *raw.value;
    return request;
}

// Which of the types are new or would change. A name that cannot be one is an issue.
std::expected<std::vector<WebhookType>, HttpResponse> read_types(const ImportRequest& request) {
    auto types = read_webhooks(request.document);
    if (!types) {
        const SchemaFault& fault = types.error();
        return std::unexpected(
            unprocessable("spec", (fault.path.empty() ? "" : fault.path + ": ") + fault.message));
    }
    for (const WebhookType& type : *types) {
        if (!is_identifier(type.name))
            return std::unexpected(unprocessable(
                "spec", "The webhook's name " + type.name +
                            " is not one of an event type: 1 to 256 characters of a-z, A-Z, 0-9, "
                            "'-', '_' and '.' are allowed."));
    }
    return std::move(*types);
}

}  // namespace

Task<HttpResponse> import_event_types(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    const auto request = read_request(call.request.body);
    if (!request) co_return request.error();
    const auto types = read_types(*request);
    if (!types) co_return types.error();

    const OrganizationId organization = scope->principal->organization;
    std::vector<EventTypeInput> inputs;
    std::string to_modify = "[";
    for (const WebhookType& type : *types) {
        EventTypeInput input = input_of(type);
        const EventTypePtr known = scope->directory->find_event_type(organization, type.name);
        if (!would_change(known.get(), input)) continue;
        if (to_modify.size() > 1) to_modify += ',';
        to_modify += describe_change(type);
        inputs.push_back(std::move(input));
    }
    to_modify += ']';
    if (request->is_dry_run) co_return reply(200, report({}, to_modify));
    if (request->replaces_all)
        std::ranges::move(archive_others(*scope->directory, organization, *types),
                          std::back_inserter(inputs));

    std::vector<std::string> modified;
    Result<void> done = co_await ensure_organization(call, scope->principal);
    for (EventTypeInput& input : inputs) {
        if (!done) break;
        modified.push_back(input.name);
        done = co_await import_event_type(call, scope->principal, std::move(input));
    }
    if (!done) co_return fault(done.error(), *call.context);
    co_return reply(200, report(modified, ""));
}

}  // namespace posthaste::native
