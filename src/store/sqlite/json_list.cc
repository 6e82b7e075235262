#include "store/sqlite/json_list.h"

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

}  // namespace

std::string to_json(const std::vector<std::string>& names) {
    return list_of(
        names, [](std::string& json, const std::string& name) { append_json_string(json, name); });
}

std::string to_json(const std::vector<OldSecret>& secrets) {
    return list_of(secrets, [](std::string& json, const OldSecret& old) {
        json += '[';
        append_json_string(json, old.secret);
        json += ',' + std::to_string(to_micros(old.expires_at)) + ']';
    });
}

std::string to_json(const std::vector<Duration>& gaps) {
    return list_of(gaps,
                   [](std::string& json, Duration gap) { json += std::to_string(gap.count()); });
}

}  // namespace posthaste
