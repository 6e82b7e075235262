// The dashboard and the portal as files; how they look and work: tests/browser.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr std::string_view kBrowser = "text/html,application/xhtml+xml,*/*;q=0.8";

bool has(const Answer& answer, std::string_view text) {
    return answer.headers.find(text) != std::string::npos;
}

void expect_page(const Answer& answer, std::string_view script, std::string_view path) {
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.content_type, "text/html; charset=utf-8") << path;
    EXPECT_TRUE(has(answer, "content-security-policy: default-src 'none';")) << path;
    EXPECT_TRUE(has(answer, "style-src 'self'\r\n")) << path;
    EXPECT_FALSE(has(answer, "unsafe")) << path;
    EXPECT_NE(answer.body.find("/assets/" + std::string(script) + "-"), std::string::npos) << path;
}

TEST(DashboardPages, S2_25_every_address_is_the_same_page) {
    World world;
    for (const char* path : {"/dashboard", "/dashboard/", "/dashboard/deliveries",
                             "/dashboard/endpoints/ep_1", "/dashboard/deliveries/msg_1/ep_1"})
        expect_page(world.get(path), "index", path);
    for (const char* path : {"/portal", "/app-portal", "/portal/deliveries",
                             "/portal/endpoints/ep_1", "/portal/deliveries/msg_1/ep_1"})
        expect_page(world.get(path), "portal", path);
}

TEST(DashboardPages, the_root_is_the_dashboard_for_browsers_only) {
    World world;
    const Answer page = world.send(Method::get, "/", {}, {{"accept", std::string(kBrowser)}});
    expect_page(page, "index", "/");
    EXPECT_TRUE(has(page, "vary: Accept\r\n"));
    const Answer greeting = world.get("/");
    EXPECT_EQ(greeting.content_type, "application/json");
    EXPECT_TRUE(has(greeting, "vary: Accept\r\n"));
}

TEST(DashboardPages, name_only_what_this_server_has) {
    World world;
    for (const char* path : {"/dashboard", "/portal"}) {
        const std::string html = world.get(path).body;
        std::size_t count = 0;
        constexpr std::string_view kAsset = "=\"/assets/";
        for (std::size_t at = html.find(kAsset); at != std::string::npos;
             at = html.find(kAsset, at + 1), ++count) {
            const std::size_t begin = at + 2;
            const std::string address = html.substr(begin, html.find('"', begin) - begin);
            EXPECT_EQ(world.get(address).status, 200) << address << " in " << path;
        }
        EXPECT_GE(count, 4u) << path;
    }
}

TEST(DashboardPages, are_below_what_they_are_below) {
    World world;
    EXPECT_EQ(world.get("/dashboard/a/b/c/d").status, 404);
    EXPECT_EQ(world.get("/dashboards").status, 404);
    EXPECT_EQ(world.get("/index.html").status, 404);
}

}  // namespace
}  // namespace posthaste::test
