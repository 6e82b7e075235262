#include "store/sqlite/json_list.h"

#include <string_view>

#include "base/json_text.h"

namespace posthaste {

namespace {

template <class Item, class Append>
std::string list_of(const std::vector<Item>& items, Append append) {
    std::string json = "[";
    for (const Item& item : items) {
        if (json.size() > 1) json += ',';
        append(json, item);
    }
    return json + ']';
}

template <class Pairs>
std::string pairs_json(const Pairs& pairs) {
    std::string json = "[";
    for (const auto& [name, text] : pairs) {
        json += json.size() > 1 ? ",[" : "[";
        append_json_string(json, name);
        json += ',';
        append_json_string(json, text);
        json += ']';
    }
    return json + ']';
}

std::string text_json(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

}  // namespace

std::string to_json(const std::vector<std::string>& names) {
    return list_of(
        names, [](std::string& json, const std::string& name) { append_json_string(json, name); });
}

std::string to_json(const std::vector<Duration>& gaps) {
    return list_of(gaps,
                   [](std::string& json, Duration gap) { json += std::to_string(gap.count()); });
}

std::string details_json(const Endpoint& endpoint) {
    std::string json = "{";
    const auto add = [&](std::string_view name, const std::string& value) {
        json.append(json.size() > 1 ? ",\"" : "\"").append(name).append("\":").append(value);
    };
    if (!endpoint.description.empty()) add("description", text_json(endpoint.description));
    if (endpoint.version != Endpoint{}.version) add("version", std::to_string(endpoint.version));
    if (endpoint.throttle_rate) add("throttle_rate", std::to_string(*endpoint.throttle_rate));
    if (endpoint.channels) add("channels", to_json(*endpoint.channels));
    if (endpoint.filter) add("filter", text_json(*endpoint.filter));
    if (!endpoint.metadata.empty()) add("metadata", pairs_json(endpoint.metadata));
    if (endpoint.retry.after_timeout_min != Duration{})
        add("after_timeout_min", std::to_string(endpoint.retry.after_timeout_min.count()));
    if (endpoint.failing_since)
        add("failing_since", std::to_string(to_micros(*endpoint.failing_since)));
    if (endpoint.updated_at != Timestamp{})
        add("updated_at", std::to_string(to_micros(endpoint.updated_at)));
    return json + '}';
}

}  // namespace posthaste
