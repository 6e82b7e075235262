#include "api/contacts/webhook_document.h"

#include <algorithm>

#include "api/contacts/events.h"
#include "api/contacts/text.h"
#include "api/endpoint_members.h"
#include "api/json_body.h"
#include "base/json_text.h"
#include "domain/address_guard.h"
#include "domain/url.h"

namespace posthaste::contacts {

namespace {

bool is_event(std::string_view name, Purpose purpose) {
    if (purpose == Purpose::create)
        return std::find(kEventsOfNew.begin(), kEventsOfNew.end(), name) != kEventsOfNew.end();
    return std::find(kEvents.begin(), kEvents.end(), name) != kEvents.end();
}

// A list without names would be one that wants nothing; for the engine it wants everything.
std::optional<std::vector<std::string>> read_events(Problems& problems, const json::value& value,
                                                    Purpose purpose) {
    auto events = read_strings(problems, "events", value);
    if (!events) return std::nullopt;
    if (events->empty()) {
        problems.add("too_short", body_location("events"),
                     "List should have at least 1 item after validation, not 0", echoed(value),
                     R"({"field_type":"List","min_length":1,"actual_length":0})");
        return std::nullopt;
    }
    for (const std::string& event : *events) {
        if (is_event(event, purpose)) continue;
        problems.add_value_error(body_location("events"), "Invalid event: " + event, echoed(value));
        return std::nullopt;
    }
    return events;
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

// A name below a top-level domain, or an address.
bool is_public_form(std::string_view host) {
    if (parse_ip(host)) return true;
    const std::size_t period = host.rfind('.');
    return period != std::string_view::npos && period > 0 && period + 2 < host.size() &&
           host.find("..") == std::string_view::npos;
}

}  // namespace

void WebhookChanges::apply_to(Endpoint& endpoint) const {
    if (events) endpoint.event_types = *events;
    if (secret) endpoint.secret = *secret;
    if (is_active) endpoint.is_active = *is_active;
}

WebhookChanges read_webhook(Problems& problems, std::string_view body, Purpose purpose) {
    WebhookChanges changes;
    const auto object = read_object(problems, body);
    if (!object) return changes;
    const bool is_new = purpose == Purpose::create;
    const auto member = [&](std::string_view name) -> const json::value* {
        const json::value* value = object->if_contains(name);
        return value && value->is_null() && !is_new ? nullptr : value;
    };
    if (const json::value* url = member("url")) {
        if (const auto text = read_string(problems, body_location("url"), *url))
            changes.url = std::string(*text);
    } else if (is_new) {
        add_missing(problems, "url", *object);
    }
    if (const json::value* events = member("events"))
        changes.events = read_events(problems, *events, purpose);
    else if (is_new)
        add_missing(problems, "events", *object);
    if (const json::value* secret = object->if_contains("secret"))
        changes.secret = read_secret(problems, *secret);
    const json::value* active = is_new ? nullptr : member("is_active");
    if (active) changes.is_active = read_bool(problems, "is_active", *active);
    return changes;
}

void append_webhook(std::string& out, const Endpoint& endpoint) {
    out += "{\"id\":\"" + to_uuid(endpoint.id) + "\",\"url\":";
    append_json_string(out, endpoint.url);
    out += ",\"events\":";
    append_texts(out, endpoint.event_types.value_or(std::vector<std::string>()));
    const bool is_active = endpoint.is_active && !endpoint.is_deleted;
    out += is_active ? ",\"is_active\":true" : ",\"is_active\":false";
    out += ",\"created_at\":\"" + format_offset(endpoint.created_at) + "\"}";
}

std::optional<std::string> webhook_url(std::string_view text,
                                       const std::vector<std::string>& http_hosts) {
    Result<Target> target = parse_target(text);
    if (!target || !target->authorization.empty()) return std::nullopt;
    const auto is_listed = [&](const std::string& host) {
        return host == "*" || host == target->host;
    };
    const bool is_free =
        is_loopback(target->host) || std::any_of(http_hosts.begin(), http_hosts.end(), is_listed);
    if (!is_free && !(target->tls && is_public_form(target->host))) return std::nullopt;
    return std::move(target->url);
}

}  // namespace posthaste::contacts
