#include "assets/assets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace posthaste {
namespace {

TEST(Assets, every_one_is_found_and_whole) {
    ASSERT_FALSE(assets().empty());
    std::set<std::string_view> paths;
    for (const Asset& asset : assets()) {
        EXPECT_TRUE(paths.insert(asset.path).second) << asset.path << " twice";
        EXPECT_EQ(find_asset(asset.path), &asset);
        EXPECT_EQ(contents(asset).size(), asset.size) << asset.path;
        EXPECT_EQ(asset.gzip.substr(0, 2), "\x1f\x8b") << asset.path;
        EXPECT_TRUE(asset.etag.starts_with("W/\"") && asset.etag.ends_with('"')) << asset.etag;
        EXPECT_FALSE(asset.content_type.empty()) << asset.path;
    }
}

TEST(Assets, what_is_not_there_is_not_found) {
    for (const std::string_view path :
         {"", "/", "/openapi", "/openapi.json/", "/zzz", "openapi.json"})
        EXPECT_EQ(find_asset(path), nullptr) << path;
}

TEST(Assets, contents_are_those_of_the_file) {
    const Asset* const description = find_asset("/openapi.json");
    ASSERT_TRUE(description);
    EXPECT_EQ(description->content_type, "application/json");
    EXPECT_TRUE(contents(*description).starts_with("{\"openapi\":\"3.1.0\""));
}

}  // namespace
}  // namespace posthaste
