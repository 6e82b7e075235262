// The API's description and the route table say the same. A new route needs an operation in src/api/native/openapi.json, whose
// operationId is the route's name; an operation needs a route.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/native/routes.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

namespace json = boost::json;

const json::value& document() {
    static const json::value parsed = [] {
        World world;
        return json::parse(world.get("/api/v1/openapi.json").body);
    }();
    return parsed;
}

bool is_method(std::string_view name) {
    static const std::set<std::string_view> kMethods = {"get",   "head",   "post",   "put",
                                                        "patch", "delete", "options"};
    return kMethods.contains(name);
}

std::string method_of(const ApiRoute& route) {
    std::string name{to_string(route.method)};
    for (char& c : name) c = static_cast<char>(c | 0x20);
    return name;
}

// "get /api/v1/app" and so on -> the operation, path item beside it.
struct Operation {
    const json::object* operation;
    const json::object* item;
    std::string path;
};
std::map<std::string, Operation> operations() {
    std::map<std::string, Operation> found;
    for (const auto& [path, item] : document().at("paths").as_object())
        for (const auto& [name, value] : item.as_object())
            if (is_method(name))
                found.emplace(std::string(name) + " " + std::string(path),
                              Operation{&value.as_object(), &item.as_object(), path});
    return found;
}

// What a "#/…" leads to, or null.
const json::value* resolve(std::string_view reference) {
    if (!reference.starts_with("#/")) return nullptr;
    boost::system::error_code error;
    const json::value* found =
        document().find_pointer({reference.data() + 1, reference.size() - 1}, error);
    return error ? nullptr : found;
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

std::set<std::string> params_of_pattern(std::string_view pattern) {
    std::set<std::string> names;
    for (std::size_t at = pattern.find('{'); at != std::string_view::npos;
         at = pattern.find('{', at + 1))
        names.emplace(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
    return names;
}

// The names of an operation's parameters that stand in `place`, its path's among them.
std::set<std::string> params_of(const Operation& one, std::string_view place) {
    std::set<std::string> names;
    for (const json::object* holder : {one.item, one.operation}) {
        const json::value* const list = holder->if_contains("parameters");
        if (list == nullptr) continue;
        for (const json::value& entry : list->as_array()) {
            const json::value* const parameter = resolve(entry.at("$ref").as_string());
            if (parameter == nullptr || parameter->at("in").as_string() != place) continue;
            EXPECT_TRUE(parameter->as_object().contains("schema"));
            if (place == "path") {
                EXPECT_TRUE(parameter->at("required").as_bool());
            }
            EXPECT_TRUE(names.emplace(parameter->at("name").as_string()).second) << "twice";
        }
    }
    return names;
}

TEST(OpenApi, is_served) {
    World world;
    const Answer answer = world.get("/api/v1/openapi.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(document().at("openapi").as_string(), "3.1.0");
    EXPECT_EQ(document().at("info").at("title").as_string(), "posthaste");
}

TEST(OpenApi, every_route_is_described) {
    const auto described = operations();
    ASSERT_FALSE(native::routes().empty());
    for (const ApiRoute& route : native::routes()) {
        const auto found = described.find(method_of(route) + " " + std::string(route.pattern));
        if (found == described.end()) {
            ADD_FAILURE() << "openapi.json does not describe " << method_of(route) << " "
                          << route.pattern;
            continue;
        }
        const json::value* const id = found->second.operation->if_contains("operationId");
        ASSERT_TRUE(id) << route.pattern;
        EXPECT_EQ(id->as_string(), route.name) << route.pattern;
        EXPECT_EQ(params_of(found->second, "path"), params_of_pattern(route.pattern))
            << route.pattern;
    }
}

TEST(OpenApi, every_operation_is_served) {
    std::set<std::string> served;
    for (const ApiRoute& route : native::routes())
        served.insert(method_of(route) + " " + std::string(route.pattern));
    for (const auto& [name, one] : operations())
        EXPECT_TRUE(served.contains(name))
            << "openapi.json describes " << name << ", which is no route";
}

TEST(OpenApi, operations_are_complete) {
    std::set<std::string> ids;
    std::set<std::string> tags;
    for (const json::value& tag : document().at("tags").as_array())
        tags.emplace(tag.at("name").as_string());
    for (const auto& [name, one] : operations()) {
        for (const char* member : {"operationId", "summary", "tags", "responses"})
            ASSERT_TRUE(one.operation->contains(member)) << name << " has no " << member;
        EXPECT_TRUE(ids.emplace(one.operation->at("operationId").as_string()).second) << name;
        EXPECT_FALSE(one.operation->at("summary").as_string().empty()) << name;
        for (const json::value& tag : one.operation->at("tags").as_array())
            EXPECT_TRUE(tags.contains(std::string(tag.as_string()))) << name;
        const json::object& responses = one.operation->at("responses").as_object();
        EXPECT_FALSE(responses.empty()) << name;
        const bool is_open = one.operation->contains("security");
        EXPECT_EQ(responses.contains("401"), !is_open) << name;
        EXPECT_EQ(one.operation->contains("requestBody"), responses.contains("413")) << name;
        (void)params_of(one, "query");
    }
}

TEST(OpenApi, every_reference_resolves_and_every_component_is_used) {
    std::set<std::string> references;
    collect_references(document(), references);
    for (const std::string& reference : references) EXPECT_TRUE(resolve(reference)) << reference;
    for (const char* kind : {"schemas", "parameters", "responses"})
        for (const auto& [name, value] : document().at("components").at(kind).as_object())
            EXPECT_TRUE(
                references.contains("#/components/" + std::string(kind) + "/" + std::string(name)))
                << name;
}

// What needs no token says so, and answers without one; all the others refuse.
TEST(OpenApi, says_which_operations_need_a_token) {
    World world;
    for (const ApiRoute& route : native::routes()) {
        const auto described = operations();
        const auto found = described.find(method_of(route) + " " + std::string(route.pattern));
        if (found == described.end()) continue;
        const bool is_open = found->second.operation->contains("security");
        const Answer answer = world.send(route.method, std::string(route.pattern), "{}");
        EXPECT_EQ(answer.status == 401, !is_open) << route.pattern << ": " << answer.body;
    }
}

}  // namespace
}  // namespace posthaste::test
