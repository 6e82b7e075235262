// The description and the route table say the same. A new route needs an operation in src/api/<its API>/openapi.json, an
// operation needs a route, and what the merged document says must be sound OpenAPI 3.1.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "api/router.h"
#include "tests/api/description.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

namespace json = boost::json;

const Description& description() {
    static const Description document("/openapi.json");
    return document;
}

bool is_native(std::string_view name) { return name.starts_with("v1."); }

// As FastAPI names operations, whose links into the pages at /docs people have: the function's name and the path, with everything
// that is no letter or digit replaced, and the method.
std::string fastapi_id(std::string_view name, std::string_view path, std::string_view method) {
    std::string id = std::string(name) + std::string(path);
    const auto is_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    };
    std::ranges::replace_if(id, [&](char c) { return !is_word(c); }, '_');
    return id + "_" + std::string(method);
}

TEST(OpenApi, is_served) {
    World world;
    const Answer answer = world.get("/openapi.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    const json::value& root = description().root();
    EXPECT_EQ(root.at("openapi").as_string(), "3.1.0");
    EXPECT_EQ(root.at("info").at("title").as_string(), "posthaste");
    EXPECT_EQ(root.at("info").at("version").as_string(), ApiSettings{}.version);
}

TEST(OpenApi, every_route_is_described) {
    ASSERT_FALSE(Api::routes().empty());
    for (const ApiRoute& route : Api::routes()) {
        if (route.kind == RouteKind::page) continue;
        const auto found = description().operations().find(route_key(route));
        if (found == description().operations().end()) {
            ADD_FAILURE() << "no openapi.json below src/api describes " << route_key(route);
            continue;
        }
        const Description::Operation& operation = found->second;
        const json::value* const id = operation.object->if_contains("operationId");
        ASSERT_TRUE(id) << found->first;
        EXPECT_EQ(id->as_string(), is_native(route.name)
                                       ? std::string(route.name)
                                       : fastapi_id(route.name, operation.path, operation.method))
            << found->first;
        EXPECT_EQ(description().parameters(operation, "path"), params_of_pattern(route.pattern))
            << found->first;
    }
}

TEST(OpenApi, every_operation_is_served) {
    std::set<std::string> served;
    for (const ApiRoute& route : Api::routes())
        if (route.kind != RouteKind::page) served.insert(route_key(route));
    for (const auto& [key, operation] : description().operations())
        EXPECT_TRUE(served.contains(key)) << key << " is described, and no route";
}

TEST(OpenApi, operations_are_complete) {
    std::map<std::string, std::string> ids;
    for (const auto& [key, operation] : description().operations()) {
        for (const char* member : {"operationId", "summary", "tags", "responses", "security"})
            ASSERT_TRUE(operation.object->contains(member)) << key << " has no " << member;
        const std::string id(operation.object->at("operationId").as_string());
        const auto [first, is_new] = ids.emplace(id, key);
        EXPECT_TRUE(is_new) << key << " and " << first->second << " are both " << id;
        EXPECT_FALSE(operation.object->at("summary").as_string().empty()) << key;
        EXPECT_EQ(operation.object->at("tags").as_array().size(), 1u) << key;
        EXPECT_FALSE(operation.object->at("responses").as_object().empty()) << key;
    }
}

TEST(OpenApi, parameters_are_sound) {
    for (const auto& [key, operation] : description().operations()) {
        for (const json::object* holder : {operation.item, operation.object}) {
            const json::value* const list = holder->if_contains("parameters");
            if (list == nullptr) continue;
            for (const json::value& entry : list->as_array()) {
                const json::object& parameter = description().follow(entry);
                EXPECT_TRUE(parameter.contains("schema")) << key << json::serialize(parameter);
                if (parameter.at("in").as_string() == "path") {
                    EXPECT_TRUE(parameter.at("required").as_bool()) << key;
                }
            }
        }
        for (const char* place : {"query", "header", "cookie"})
            EXPECT_NO_THROW((void)description().parameters(operation, place)) << key;
    }
}

bool is_status(std::string_view text) {
    return text == "default" ||
           (text.size() == 3 && text[0] >= '1' && text[0] <= '5' &&
            std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }));
}

void expect_content(const std::string& key, const json::object& holder) {
    const json::value* const content = holder.if_contains("content");
    if (content == nullptr) return;
    EXPECT_FALSE(content->as_object().empty()) << key;
    for (const auto& [type, media] : content->as_object())
        EXPECT_TRUE(media.as_object().contains("schema")) << key << ", " << type;
}

TEST(OpenApi, requests_and_responses_are_sound) {
    for (const auto& [key, operation] : description().operations()) {
        for (const auto& [status, response] : operation.object->at("responses").as_object()) {
            EXPECT_TRUE(is_status(status)) << key << ", " << status;
            const json::object& found = description().follow(response);
            EXPECT_FALSE(found.at("description").as_string().empty()) << key << ", " << status;
            expect_content(key, found);
        }
        const json::value* const body = operation.object->if_contains("requestBody");
        if (body == nullptr) continue;
        EXPECT_NE(operation.method, "get") << key << " takes no body";
        EXPECT_TRUE(description().follow(*body).contains("content")) << key;
        expect_content(key, description().follow(*body));
    }
}

TEST(OpenApi, security_names_schemes_that_exist) {
    const json::object& schemes =
        description().root().at("components").at("securitySchemes").as_object();
    std::set<std::string> used;
    for (const auto& [key, operation] : description().operations())
        for (const json::value& one : operation.object->at("security").as_array())
            for (const auto& [name, scopes] : one.as_object()) {
                EXPECT_TRUE(schemes.contains(name)) << key << ", " << name;
                used.emplace(name);
            }
    for (const auto& [name, scheme] : schemes)
        EXPECT_TRUE(used.contains(std::string(name))) << name;
}

bool takes_credentials(const Description::Operation& operation) {
    return std::ranges::any_of(operation.object->at("security").as_array(),
                               [](const json::value& one) { return !one.as_object().empty(); });
}

TEST(OpenApi, what_takes_permission_says_how_to_sign_in) {
    for (const ApiRoute& route : Api::routes()) {
        const auto found = description().operations().find(route_key(route));
        if (route.kind == RouteKind::page || found == description().operations().end()) continue;
        const Description::Operation& operation = found->second;
        if (route.access != Access::anyone) {
            EXPECT_TRUE(takes_credentials(operation)) << found->first;
        }
        if (!takes_credentials(operation)) continue;
        const json::object& responses = operation.object->at("responses").as_object();
        EXPECT_TRUE(responses.contains("401")) << found->first << " has no 401";
        // Where credentials of another kind decide, a role can forbid nothing.
        if (route.access == Access::anyone) continue;
        EXPECT_TRUE(responses.contains("403")) << found->first << " has no 403";
    }
}

// ReDoc shows only what is in a group.
TEST(OpenApi, every_tag_is_declared_used_and_in_one_group) {
    std::set<std::string> declared;
    std::set<std::string> used;
    std::multiset<std::string> grouped;
    for (const json::value& tag : description().root().at("tags").as_array()) {
        EXPECT_FALSE(tag.at("description").as_string().empty());
        EXPECT_TRUE(declared.emplace(tag.at("name").as_string()).second) << tag;
    }
    for (const auto& [key, operation] : description().operations())
        for (const json::value& tag : operation.object->at("tags").as_array())
            used.emplace(tag.as_string());
    for (const json::value& group : description().root().at("x-tagGroups").as_array())
        for (const json::value& tag : group.at("tags").as_array()) grouped.emplace(tag.as_string());
    EXPECT_EQ(used, declared);
    EXPECT_EQ(std::set<std::string>(grouped.begin(), grouped.end()), declared);
    EXPECT_EQ(grouped.size(), declared.size());
}

TEST(OpenApi, every_reference_resolves_and_every_component_is_used) {
    const std::set<std::string> references = description().references();
    for (const std::string& reference : references)
        EXPECT_TRUE(description().resolve(reference)) << reference;
    for (const auto& [kind, members] : description().root().at("components").as_object()) {
        if (kind == "securitySchemes") continue;
        for (const auto& [name, value] : members.as_object()) {
            const std::string reference =
                "#/components/" + std::string(kind) + "/" + std::string(name);
            EXPECT_TRUE(references.contains(reference)) << reference << " is used nowhere";
        }
    }
}

}  // namespace
}  // namespace posthaste::test
