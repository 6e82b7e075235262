#include "api/subscriptions/document.h"

#include "api/endpoint_members.h"
#include "api/json_body.h"
#include "base/json_text.h"

namespace posthaste::subscriptions {

void Changes::apply_to(Endpoint& endpoint) const {
    if (target_url) endpoint.url = *target_url;
    if (secret) endpoint.secret = *secret;
    if (event_types) endpoint.event_types = *event_types;
    if (is_active) endpoint.is_active = *is_active;
}

Changes read_changes(Problems& problems, std::string_view body, Purpose purpose) {
    Changes changes;
    const auto object = read_object(problems, body);
    if (!object) return changes;
    if (const json::value* url = object->if_contains("target_url"))
        changes.target_url = read_target_url(problems, *url);
    else if (purpose == Purpose::create)
        add_missing(problems, "target_url", *object);
    if (const json::value* secret = object->if_contains("secret"))
        changes.secret = read_secret(problems, *secret);
    if (const json::value* types = object->if_contains("event_types"))
        changes.event_types = read_event_types(problems, *types);
    const json::value* active = object->if_contains("is_active");
    if (active != nullptr && purpose == Purpose::update)
        changes.is_active = read_bool(problems, "is_active", *active);
    return changes;
}

void append_subscription(std::string& out, const Endpoint& endpoint, AuthMode auth) {
    out += "{\"target_url\":";
    append_json_string(out, endpoint.url);
    out += ",\"secret\":";
    if (endpoint.secret && auth == AuthMode::open)
        append_json_string(out, *endpoint.secret);
    else
        out += "null";
    out += ",\"event_types\":";
    append_event_types(out, endpoint.event_types);
    out += ",\"id\":\"" + to_uuid(endpoint.id) + "\",\"created_at\":\"";
    out += format_naive(endpoint.created_at);
    out += endpoint.is_active ? "\",\"is_active\":true}" : "\",\"is_active\":false}";
}

}  // namespace posthaste::subscriptions
