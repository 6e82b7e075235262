#include "api/route_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "api/router.h"

namespace posthaste {
namespace {

Task<HttpResponse> nothing(Call call) {
    static_cast<void>(call);
    co_return HttpResponse{};
}

constexpr ApiRoute kRoutes[] = {
    {Method::get, "/", nothing, "root"},
    {Method::get, "/a", nothing, "a"},
    {Method::post, "/a", nothing, "make_a"},
    {Method::get, "/a/{x}", nothing, "one_a"},
    {Method::post, "/a/all", nothing, "all_a"},
    {Method::get, "/a/{x}/b/{y}", nothing, "b_of_a"},
    {Method::delete_, "/a/all/b/{y}", nothing, "b_of_all"},
    {Method::get, "/{z}/b/c/d", nothing, "d"},
};

TEST(RouteTree, table) {
    const RouteTree tree(kRoutes);
    struct Case {
        Method method;
        const char* path;
        const char* name;  // null: none
        const char* params = "";
        const char* allowed = "";
    };
    for (const Case& c :
         {Case{Method::get, "/", "root"}, Case{Method::head, "/a/", "a"},
          Case{Method::post, "/%61", "make_a"},
          Case{Method::put, "/a", nullptr, "", "GET, HEAD, POST"},
          Case{Method::get, "/a/1", "one_a", "1 "},
          // The literal has no GET; the param next to it has.
          Case{Method::get, "/a/all", "one_a", "all "}, Case{Method::post, "/a/all", "all_a"},
          Case{Method::post, "/a/1", nullptr, "", "GET, HEAD"},
          Case{Method::get, "/a/all/b/2", "b_of_a", "all 2 "},
          Case{Method::delete_, "/a/all/b/2", "b_of_all", "2 "},
          Case{Method::get, "/a/b/c/d", "d", "a "}, Case{Method::get, "/a//b/2", nullptr},
          Case{Method::get, "/a//", nullptr}, Case{Method::get, "//", nullptr},
          Case{Method::get, "a", nullptr}, Case{Method::get, "", nullptr},
          Case{Method::get, "/a/1/b", nullptr}}) {
        const RouteMatch match = tree.match(c.method, c.path);
        EXPECT_EQ(match.route ? match.route->name : "none", c.name ? c.name : "none") << c.path;
        if (!match.route) {
            EXPECT_EQ(match.allowed.to_string(), c.allowed) << c.path;
            continue;
        }
        std::string params;
        const auto count = static_cast<std::size_t>(
            std::count(match.route->pattern.begin(), match.route->pattern.end(), '{'));
        for (std::size_t i = 0; i < count; ++i) params += std::string(match.params.at(i)) + " ";
        EXPECT_EQ(params, c.params) << c.path;
    }
}

// Every route of the server is found under its own pattern, with its params, and one more segment is found nowhere else.
TEST(RouteTree, finds_every_route_of_the_server) {
    const RouteTree tree(Api::routes());
    for (const ApiRoute& route : Api::routes()) {
        const RouteMatch match = tree.match(route.method, route.pattern);
        ASSERT_NE(match.route, nullptr) << route.pattern;
        EXPECT_EQ(match.route->name, route.name);
        RouteParams params;
        ASSERT_TRUE(match_pattern(route.pattern, route.pattern, params)) << route.pattern;
        EXPECT_EQ(match.params, params) << route.pattern;
    }
}

}  // namespace
}  // namespace posthaste
