#include "api/route.h"

#include <gtest/gtest.h>

#include <set>

#include "api/router.h"

namespace posthaste {
namespace {

TEST(MatchPattern, table) {
    struct Case {
        const char* pattern;
        const char* path;
        bool fits;
        const char* first = "";
        const char* second = "";
    };
    const Case cases[] = {
        {"/", "/", true},
        {"/", "", false},
        {"/", "//", false},
        {"/a", "/a", true},
        {"/a", "/a/", true},
        {"/a", "/a//", false},
        {"/a", "/b", false},
        {"/a", "/ab", false},
        {"/a", "/%61", true},
        {"/a", "a", false},
        {"/a/{x}", "/a/1", true, "1"},
        {"/a/{x}", "/a/1/", true, "1"},
        {"/a/{x}", "/a/", false},
        {"/a/{x}", "/a", false},
        {"/a/{x}", "/a/%2F", true, "%2F"},
        {"/a/{x}", "/a/1/2", false},
        {"/{x}/b/{y}", "/1/b/2", true, "1", "2"},
        {"/{x}/b/{y}", "//b/2", false},
    };
    for (const Case& c : cases) {
        RouteParams params;
        EXPECT_EQ(match_pattern(c.pattern, c.path, params), c.fits) << c.pattern << " " << c.path;
        if (!c.fits) continue;
        EXPECT_EQ(params[0], c.first);
        EXPECT_EQ(params[1], c.second);
    }
}

TEST(Routes, patterns_are_unique_and_without_trailing_slash) {
    std::set<std::pair<Method, std::string_view>> seen;
    std::set<std::string_view> names;
    for (const ApiRoute& route : Api::routes()) {
        EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
        EXPECT_TRUE(names.insert(route.name).second) << route.name;
        EXPECT_TRUE(route.pattern == "/" || !route.pattern.ends_with('/')) << route.pattern;
    }
}

}  // namespace
}  // namespace posthaste
