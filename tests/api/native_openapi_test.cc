// The native API's own description, from which SDKs are made: a document that needs no other, and says exactly what is served.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "api/native/routes.h"
#include "tests/api/description.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

const Description& description() {
    static const Description document("/api/v1/openapi.json");
    return document;
}

TEST(NativeOpenApi, is_served) {
    World world;
    const Answer answer = world.get("/api/v1/openapi.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(description().root().at("openapi").as_string(), "3.1.0");
}

TEST(NativeOpenApi, describes_the_native_routes_and_no_others) {
    std::set<std::string> served;
    for (const ApiRoute& route : native::routes()) served.insert(route_key(route));
    std::set<std::string> described;
    for (const auto& [key, operation] : description().operations()) described.insert(key);
    EXPECT_EQ(described, served);
}

TEST(NativeOpenApi, who_wants_a_token_may_answer_401_and_who_takes_a_body_413) {
    for (const auto& [key, operation] : description().operations()) {
        const boost::json::object& responses = operation.object->at("responses").as_object();
        EXPECT_EQ(responses.contains("401"), !operation.object->contains("security")) << key;
        EXPECT_EQ(operation.object->contains("requestBody"), responses.contains("413")) << key;
    }
}

TEST(NativeOpenApi, refers_to_its_own_components_only) {
    for (const std::string& reference : description().references())
        EXPECT_TRUE(description().resolve(reference)) << reference;
}

// What needs no token says so, and answers without one; all the others refuse.
TEST(NativeOpenApi, says_which_operations_need_a_token) {
    World world;
    for (const ApiRoute& route : native::routes()) {
        const auto found = description().operations().find(route_key(route));
        if (found == description().operations().end()) continue;
        const bool is_open = found->second.object->contains("security");
        const Answer answer = world.send(route.method, std::string(route.pattern), "{}");
        EXPECT_EQ(answer.status == 401, !is_open) << route.pattern << ": " << answer.body;
    }
}

}  // namespace
}  // namespace posthaste::test
