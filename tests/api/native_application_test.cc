// Applications over the wire: svix-api.md's rows 1 to 6.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

TEST(NativeApplications, life_of_one) {
    World world;
    const Answer made = world.call(Method::post, "/app", R"({"name":"My app","uid":"mine"})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string id = made.text("id");
    EXPECT_EQ(made.body, R"({"uid":"mine","name":"My app","throttleRate":null,"id":")" + id +
                             R"(","createdAt":"2026-01-02T03:04:05.123456Z",)"
                             R"("updatedAt":"2026-01-02T03:04:05.123456Z","metadata":{}})");
    EXPECT_EQ(world.call(Method::get, "/app/" + id).body, made.body);
    EXPECT_EQ(world.call(Method::get, "/app/mine").body, made.body);
    const Answer listed = world.call(Method::get, "/app");
    EXPECT_EQ(listed.status, 200);
    EXPECT_EQ(listed.body, "{\"data\":[" + made.body + "],\"iterator\":\"" + id +
                               "\",\"prevIterator\":\"-" + id + "\",\"done\":true}");
    EXPECT_EQ(world.call(Method::delete_, "/app/mine").status, 204);
    EXPECT_EQ(world.call(Method::get, "/app/" + id).status, 404);
}

}  // namespace
}  // namespace posthaste::test
