// Event types over the wire: the wire contract's rows 22 to 27.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

std::string made_of(const std::string& name, const std::string& more = {}) {
    return R"({"name":")" + name + R"(","description":"d")" + more + "}";
}

std::string names_of(const Answer& listed) {
    std::string names;
    const auto json = listed.json();
    for (const auto& one : json.at("data").as_array())
        names += std::string(one.at("name").as_string()) + " ";
    return names;
}

TEST(NativeEventTypes, life_of_one) {
    World world;
    const std::string schemas = R"({"1":{"type":"object","examples":[{"a":1}]}})";
    const Answer made = world.call(Method::post, "/event-type",
                                   made_of("user.created", R"(,"schemas":)" + schemas));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.body, R"({"name":"user.created","description":"d","archived":false,)"
                         R"("deprecated":false,"schemas":)" +
                             schemas +
                             R"(,"featureFlag":null,"payloadValidation":"off",)"
                             R"("createdAt":"2026-01-02T03:04:05.123456Z",)"
                             R"("updatedAt":"2026-01-02T03:04:05.123456Z"})");
    EXPECT_EQ(world.call(Method::get, "/event-type/user.created").body, made.body);
    const Answer again = world.call(Method::post, "/event-type", made_of("user.created"));
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.text("code"), "event_type_exists");

    // Archived: out of the lists, still to be had by name, and revived by creating it again.
    EXPECT_EQ(world.call(Method::delete_, "/event-type/user.created").status, 204);
    EXPECT_EQ(names_of(world.call(Method::get, "/event-type")), "");
    EXPECT_EQ(names_of(world.call(Method::get, "/event-type?include_archived=true")),
              "user.created ");
    const Answer archived = world.call(Method::get, "/event-type/user.created");
    EXPECT_EQ(archived.status, 200);
    EXPECT_TRUE(archived.json().at("archived").as_bool());
    EXPECT_TRUE(archived.json().at("schemas").is_object());
    const Answer revived = world.call(Method::post, "/event-type", made_of("user.created"));
    EXPECT_EQ(revived.status, 201);
    EXPECT_FALSE(revived.json().at("archived").as_bool());
    EXPECT_TRUE(revived.json().at("schemas").is_null());

    EXPECT_EQ(world.call(Method::delete_, "/event-type/user.created?expunge=true").status, 204);
    EXPECT_EQ(world.call(Method::get, "/event-type/user.created").status, 404);
    EXPECT_EQ(world.call(Method::delete_, "/event-type/user.created").status, 404);
}

TEST(NativeEventTypes, put_and_patch) {
    World world;
    const Answer made = world.call(Method::put, "/event-type/a.b",
                                   R"({"description":"x","featureFlag":"f","schemas":{"1":{}}})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.text("name"), "a.b");
    const Answer patched = world.call(Method::patch, "/event-type/a.b",
                                      R"({"deprecated":true,"payloadValidation":"reject"})");
    EXPECT_EQ(patched.status, 200) << patched.body;
    EXPECT_EQ(patched.text("description"), "x");
    EXPECT_EQ(patched.text("payloadValidation"), "reject");
    EXPECT_TRUE(patched.json().at("schemas").is_object());
    const Answer cleared =
        world.call(Method::patch, "/event-type/a.b", R"({"schemas":null,"featureFlag":null})");
    EXPECT_TRUE(cleared.json().at("schemas").is_null());
    EXPECT_TRUE(cleared.json().at("featureFlag").is_null());
    EXPECT_TRUE(cleared.json().at("deprecated").as_bool());
    const Answer replaced = world.call(Method::put, "/event-type/a.b", R"({"description":"y"})");
    EXPECT_EQ(replaced.status, 200);
    EXPECT_FALSE(replaced.json().at("deprecated").as_bool());
    EXPECT_EQ(replaced.text("payloadValidation"), "off");

    EXPECT_EQ(world.call(Method::patch, "/event-type/none", "{}").status, 404);
    struct Case {
        Method method;
        const char* path;
        const char* body;
    };
    for (const Case& c :
         {Case{Method::post, "", "{}"},
          Case{Method::post, "", R"({"name":"a b","description":""})"},
          Case{Method::post, "", R"({"name":"x"})"},
          Case{Method::post, "", R"({"name":"x","description":"","schemas":{"1":{"type":7}}})"},
          Case{Method::post, "", R"({"name":"x","description":"","schemas":[]})"},
          Case{Method::post, "", R"({"name":"x","description":"","payloadValidation":"no"})"},
          Case{Method::put, "/a%20b", R"({"description":""})"},
          Case{Method::patch, "/a.b", R"({"description":null})"},
          Case{Method::patch, "/a.b", R"({"archived":1})"}})
        EXPECT_EQ(world.call(c.method, std::string("/event-type") + c.path, c.body).status, 422)
            << c.path << c.body;
}

TEST(NativeEventTypes, lists_are_by_name_whatever_the_order_asked_for) {
    World world;
    for (const char* name : {"c", "a", "d", "b"})
        world.call(Method::post, "/event-type", made_of(name, R"(,"schemas":{"1":{}})"));
    struct Case {
        const char* query;
        const char* names;
        bool done;
    };
    for (const Case& c :
         {Case{"", "a b c d ", true}, Case{"?order=descending", "a b c d ", true},
          Case{"?limit=2", "a b ", false}, Case{"?limit=2&iterator=b", "c d ", true},
          Case{"?limit=1&iterator=-c", "b ", false}, Case{"?limit=2&iterator=-c", "a b ", true}}) {
        const Answer listed = world.call(Method::get, std::string("/event-type") + c.query);
        EXPECT_EQ(names_of(listed), c.names) << c.query;
        EXPECT_EQ(listed.json().at("done").as_bool(), c.done) << c.query;
    }
    const Answer listed = world.call(Method::get, "/event-type?limit=1");
    EXPECT_EQ(listed.text("iterator"), "a");
    EXPECT_EQ(listed.text("prevIterator"), "-a");
    EXPECT_TRUE(listed.json().at("data").at(0).at("schemas").is_null());
    EXPECT_TRUE(world.call(Method::get, "/event-type?with_content=true")
                    .json()
                    .at("data")
                    .at(0)
                    .at("schemas")
                    .is_object());
    EXPECT_EQ(world.call(Method::get, "/event-type?iterator=a%20b").status, 422);
    EXPECT_EQ(world.call(Method::get, "/event-type?with_content=1").status, 400);
}

TEST(NativeEventTypes, customers_see_flagged_types_with_the_flag_only) {
    World world;
    world.call(Method::post, "/event-type", made_of("open"));
    world.call(Method::post, "/event-type", made_of("secret", R"(,"featureFlag":"beta")"));
    const std::string app = world.call(Method::post, "/app", R"({"name":"a"})").text("id");
    const std::string plain = world.token(world.organization, app);
    const std::string beta = world.token(world.organization, app, {"alpha", "beta"});
    EXPECT_EQ(names_of(world.call(Method::get, "/event-type")), "open secret ");
    EXPECT_EQ(names_of(world.call(Method::get, "/event-type", "", plain)), "open ");
    EXPECT_EQ(names_of(world.call(Method::get, "/event-type", "", beta)), "open secret ");
    EXPECT_EQ(world.call(Method::get, "/event-type/secret", "", plain).status, 404);
    EXPECT_EQ(world.call(Method::get, "/event-type/secret", "", beta).status, 200);
}

TEST(NativeEnvironment, goes_from_one_organization_to_another) {
    World world;
    world.call(Method::post, "/event-type",
               made_of("a", R"(,"schemas":{"1":{}},"payloadValidation":"warn")"));
    world.call(Method::post, "/event-type", made_of("b", R"(,"archived":true)"));
    const Answer out = world.call(Method::post, "/environment/export", "");
    ASSERT_EQ(out.status, 200) << out.body;
    EXPECT_EQ(out.json().at("version").as_int64(), 1);
    const std::string other = world.token("org_other");
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(world.call(Method::post, "/environment/import", out.body, other).status, 204);
    EXPECT_EQ(world.call(Method::post, "/environment/export", "", other).body, out.body);
    const Answer bad = world.call(
        Method::post, "/environment/import",
        R"({"eventTypes":[{"name":"new","description":""},{"name":"x y","description":""},7]})",
        other);
    EXPECT_EQ(bad.status, 422);
    EXPECT_NE(bad.body.find(R"(["body","eventTypes[1]","name"])"), std::string::npos) << bad.body;
    EXPECT_NE(bad.body.find(R"(["body","eventTypes[2]"])"), std::string::npos) << bad.body;
    EXPECT_EQ(world.call(Method::get, "/event-type/new", "", other).status, 404);
}

}  // namespace
}  // namespace posthaste::test
