#include "api/asset_reply.h"

#include <gtest/gtest.h>

#include <vector>

#include "assets/assets.h"

namespace posthaste {
namespace {

constexpr std::string_view kPath = "/openapi.json";

HttpResponse ask(std::vector<HeaderView> headers, std::string_view path = kPath) {
    HttpRequest request;
    request.method = Method::get;
    request.headers = headers;
    return reply_asset(request, path);
}

bool has(const HttpResponse& response, std::string_view line) {
    return response.headers.find(std::string(line) + "\r\n") != std::string::npos;
}

TEST(AssetReply, the_same_contents_either_way) {
    const Asset& asset = *find_asset(kPath);
    const HttpResponse plain = ask({});
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.content_type, "application/json");
    EXPECT_EQ(plain.body, contents(asset));
    EXPECT_FALSE(has(plain, "content-encoding: gzip"));

    const HttpResponse packed = ask({{"Accept-Encoding", "gzip, br"}});
    EXPECT_EQ(packed.body, asset.gzip);
    EXPECT_TRUE(has(packed, "content-encoding: gzip"));
    for (const HttpResponse& response : {plain, packed}) {
        EXPECT_TRUE(has(response, "vary: Accept-Encoding"));
        EXPECT_TRUE(has(response, "cache-control: no-cache"));
        EXPECT_TRUE(has(response, "etag: " + std::string(asset.etag)));
    }
}

TEST(AssetReply, who_has_the_contents_gets_304) {
    const std::string weak(find_asset(kPath)->etag);
    for (const std::string& known :
         {weak, weak.substr(2), "\"other\", " + weak, std::string("*")}) {
        const HttpResponse response = ask({{"If-None-Match", known}});
        EXPECT_EQ(response.status, 304) << known;
        EXPECT_TRUE(response.body.empty());
        EXPECT_TRUE(has(response, "etag: " + weak));
    }
    EXPECT_EQ(ask({{"If-None-Match", "\"other\""}}).status, 200);
}

TEST(AssetReply, what_is_not_there_is_404) { EXPECT_EQ(ask({}, "/assets/none.js").status, 404); }

}  // namespace
}  // namespace posthaste
