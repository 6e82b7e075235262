// What a request says an endpoint shall be.

#include "api/json_scan.h"
#include "api/native/applications.h"
#include "api/native/endpoint_headers.h"
#include "api/native/endpoints.h"
#include "api/native/secrets.h"
#include "domain/url.h"

namespace posthaste::native {

namespace {

constexpr TextRule kIdentifier{.is_identifier = true};

void read_url(BodyReader& body, EndpointInput& input, Presence presence, bool https_only) {
    input.url = body.text({"url", presence});
    if (!input.url.value) return;
    Result<Target> target = parse_target(*input.url.value);
    if (!target) {
        body.add_issue("url", target.error().message);
    } else if (https_only && !target->tls) {
        body.add_issue("url",
                       "Endpoint URL schemes must be https when endpoint_https_only is set.");
    } else {
        input.url.value = std::move(target->url);
    }
}

// Every one must be an event type of the organization that is not archived.
void check_event_types(BodyReader& body, const std::vector<std::string>& names,
                       const EndpointRules& rules) {
    std::string missing;
    for (const std::string& name : names) {
        const EventTypePtr type = rules.directory.find_event_type(rules.organization, name);
        if (type && !type->is_archived) continue;
        if (!missing.empty()) missing += ", ";
        missing += name;
    }
    if (!missing.empty())
        body.add_issue("event_types", "The following event types don't exist: " + missing);
}

void read_secret_and_headers(BodyReader& body, EndpointInput& input) {
    input.secret = body.text({"secret", Presence::optional, "key"});
    if (input.secret && !is_secret(*input.secret.value))
        body.add_issue("key",
                       "A secret is whsec_ and base64 of 24 to 75 bytes, or whsk_ and base64 of an "
                       "ed25519 key pair of 64 bytes.");
    input.headers = body.map({"headers", Presence::optional});
    for (const auto& [name, value] : input.headers.value_or({}))
        if (const auto fault = fault_of_header(name, value)) body.add_issue("headers", *fault);
}

template <class T>
void assign(const Member<T>& member, EndpointForm form, std::optional<T>& target) {
    if (member.is_given || form != EndpointForm::patch) target = member.value;
}

template <class T>
void assign(const Member<T>& member, EndpointForm form, T& target) {
    if (member.value)
        target = *member.value;
    else if (form != EndpointForm::patch)
        target = T{};
}

}  // namespace

std::string describe(const FilterFault& fault) {
    std::string text = fault.message + " (at byte " + std::to_string(fault.offset);
    if (!fault.path.empty()) text += ", " + fault.path;
    return text + ")";
}

Member<std::string> read_filter(BodyReader& body, Presence presence) {
    Member<std::string> filter;
    const Member<std::string_view> raw = body.raw({"filter", presence});
    filter.is_given = raw.is_given;
    if (!raw.value) return filter;
    std::string text =
        raw.value->starts_with('"') ? unescape_json(*raw.value) : std::string(*raw.value);
    const auto compiled = Filter::compile(text);
    if (compiled)
        filter.value = std::move(text);
    else
        body.add_issue("filter", describe(compiled.error()));
    return filter;
}

EndpointInput read_endpoint(BodyReader& body, EndpointForm form, const EndpointRules& rules) {
    const bool is_patch = form == EndpointForm::patch;
    const Presence needed = is_patch ? Presence::patch : Presence::required;
    const Presence kept = is_patch ? Presence::patch : Presence::optional;
    const Presence clearable = is_patch ? Presence::clearable : Presence::optional;
    EndpointInput input;
    input.form = form;
    read_url(body, input, needed, rules.https_only);
    input.description = body.text({"description", kept});
    input.uid = body.uid({"uid", clearable}, "ep");
    input.throttle_rate = read_throttle_rate(body, clearable);
    input.version = body.integer({"version", kept}, 1, 65535);
    input.is_disabled = body.flag({"disabled", kept});
    SetRule types;
    types.min = 1;
    types.each = kIdentifier;
    input.event_types = body.set({"eventTypes", clearable, "event_types", "filterTypes"}, types);
    if (input.event_types) check_event_types(body, *input.event_types.value, rules);
    SetRule channels = types;
    channels.max = 10;
    input.channels = body.set({"channels", clearable}, channels);
    input.filter = read_filter(body, clearable);
    input.metadata = read_metadata(body, kept);
    if (form == EndpointForm::create) read_secret_and_headers(body, input);
    return input;
}

void EndpointInput::apply_to(Endpoint& endpoint, Timestamp now) const {
    if (url) endpoint.url = *url.value;
    assign(description, form, endpoint.description);
    assign(uid, form, endpoint.uid);
    assign(throttle_rate, form, endpoint.throttle_rate);
    if (version || form != EndpointForm::patch)
        endpoint.version = static_cast<std::uint16_t>(version.value_or(1));
    if (is_disabled || form != EndpointForm::patch) {
        const bool is_active = !is_disabled.value_or(false);
        // Whoever enables it again vouches for it.
        if (is_active && !endpoint.is_active) endpoint.failing_since.reset();
        endpoint.is_active = is_active;
    }
    assign(event_types, form, endpoint.event_types);
    assign(channels, form, endpoint.channels);
    assign(filter, form, endpoint.filter);
    assign(metadata, form, endpoint.metadata);
    if (secret) endpoint.secret = *secret.value;
    if (headers) endpoint.headers.assign(headers.value->begin(), headers.value->end());
    endpoint.updated_at = now;
}

}  // namespace posthaste::native
