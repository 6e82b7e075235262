// The pages at /docs and /redoc as files: what they are sent with, and that everything they name is there. How they look and
// work: tests/browser.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "assets/assets.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

bool has(const Answer& answer, std::string_view line) {
    return answer.headers.find(std::string(line) + "\r\n") != std::string::npos;
}

// What stands in every href="…" and src="…".
std::vector<std::string> addresses_in(std::string_view html) {
    std::vector<std::string> found;
    for (const std::string_view attribute : {"href=\"", "src=\""})
        for (std::size_t at = html.find(attribute); at != std::string_view::npos;
             at = html.find(attribute, at + 1)) {
            const std::size_t begin = at + attribute.size();
            found.emplace_back(html.substr(begin, html.find('"', begin) - begin));
        }
    return found;
}

TEST(DocsPages, S2_27_are_html_under_a_strict_policy) {
    World world;
    for (const char* path : {"/docs", "/docs/", "/redoc"}) {
        const Answer page = world.get(path);
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
        EXPECT_TRUE(has(page, "cache-control: no-cache"));
        EXPECT_NE(page.headers.find("content-security-policy: default-src 'none';"),
                  std::string::npos);
        EXPECT_NE(page.headers.find("script-src 'self';"), std::string::npos);
        EXPECT_EQ(page.headers.find("unsafe"), std::string::npos) << page.headers;
    }
}

TEST(DocsPages, name_only_what_this_server_has) {
    World world;
    for (const char* path : {"/docs", "/redoc"}) {
        const std::vector<std::string> addresses = addresses_in(world.get(path).body);
        EXPECT_GE(addresses.size(), 4u) << path;
        for (const std::string& address : addresses)
            EXPECT_EQ(world.get(address).status, 200) << address << " in " << path;
    }
}

TEST(DocsPages, S3_17_doc_leads_to_docs) {
    World world;
    const Answer answer = world.get("/doc");
    EXPECT_EQ(answer.status, 307);
    EXPECT_TRUE(has(answer, "location: /docs"));
}

TEST(DocsPages, assets_may_be_kept_for_ever) {
    World world;
    std::size_t count = 0;
    for (const Asset& asset : assets()) {
        if (!asset.path.starts_with("/assets/")) continue;
        const Answer answer = world.get(std::string(asset.path));
        EXPECT_EQ(answer.status, 200) << asset.path;
        EXPECT_EQ(answer.content_type, asset.content_type);
        EXPECT_TRUE(has(answer, "cache-control: public, max-age=31536000, immutable"));
        EXPECT_TRUE(has(answer, "x-content-type-options: nosniff"));
        ++count;
    }
    EXPECT_GT(count, 0u);
}

TEST(DocsPages, what_is_no_asset_is_404) {
    World world;
    for (const char* path :
         {"/assets/", "/assets/none.js", "/assets/..", "/assets/%2e%2e", "/docs.html", "/docs/x"})
        EXPECT_EQ(world.get(path).status, 404) << path;
}

}  // namespace
}  // namespace posthaste::test
