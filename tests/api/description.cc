#include "tests/api/description.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "tests/api/world.h"

namespace posthaste::test {

namespace json = boost::json;

namespace {

bool is_method(std::string_view name) {
    static const std::set<std::string_view> kMethods = {"get",   "head",   "post",   "put",
                                                        "patch", "delete", "options"};
    return kMethods.contains(name);
}

void collect_references(const json::value& value, std::set<std::string>& out) {
    if (value.is_array())
        for (const json::value& item : value.as_array()) collect_references(item, out);
    if (!value.is_object()) return;
    for (const auto& [name, member] : value.as_object()) {
        if (name == "$ref" && member.is_string()) out.emplace(member.as_string());
        collect_references(member, out);
    }
}

}  // namespace

Description::Description(const std::string& path) {
    World world;
    root_ = json::parse(world.get(path).body);
    for (const auto& [name, item] : root_.at("paths").as_object())
        for (const auto& [word, value] : item.as_object())
            if (is_method(word))
                operations_.emplace(route_key(word, name),
                                    Operation{std::string(name), std::string(word),
                                              &value.as_object(), &item.as_object()});
}

const json::value* Description::resolve(std::string_view reference) const {
    if (!reference.starts_with("#/")) return nullptr;
    boost::system::error_code error;
    const json::value* found = root_.find_pointer(reference.substr(1), error);
    return error ? nullptr : found;
}

const json::object& Description::follow(const json::value& value) const {
    const json::value* const reference = value.as_object().if_contains("$ref");
    if (reference == nullptr) return value.as_object();
    const json::value* const found = resolve(reference->as_string());
    if (found == nullptr)
        throw std::runtime_error(std::string(reference->as_string()) + " leads nowhere");
    return found->as_object();
}

std::set<std::string> Description::references() const {
    std::set<std::string> found;
    collect_references(root_, found);
    return found;
}

std::set<std::string> Description::parameters(const Operation& operation,
                                              std::string_view place) const {
    std::set<std::string> names;
    for (const json::object* holder : {operation.item, operation.object}) {
        const json::value* const list = holder->if_contains("parameters");
        if (list == nullptr) continue;
        for (const json::value& entry : list->as_array()) {
            const json::object& parameter = follow(entry);
            if (parameter.at("in").as_string() != place) continue;
            if (!names.emplace(parameter.at("name").as_string()).second)
                throw std::runtime_error("twice: " + json::serialize(parameter));
        }
    }
    return names;
}

std::string route_key(std::string_view method, std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return std::string(method) + " " + std::string(path);
}

std::string route_key(const ApiRoute& route) {
    return route_key(method_word(route.method), route.pattern);
}

std::string method_word(Method method) {
    std::string word{to_string(method)};
    for (char& c : word) c = static_cast<char>(c | 0x20);
    return word;
}

std::set<std::string> params_of_pattern(std::string_view pattern) {
    std::set<std::string> names;
    for (std::size_t at = pattern.find('{'); at != std::string_view::npos;
         at = pattern.find('{', at + 1))
        names.emplace(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
    return names;
}

}  // namespace posthaste::test
