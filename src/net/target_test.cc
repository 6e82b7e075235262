#include "net/target.h"

#include <gtest/gtest.h>

#include "net/response_head.h"

namespace posthaste {
namespace {

TEST(Target, Split) {
    struct Row {
        std::string_view target;
        std::optional<std::string_view> parts;  // "path?query"
    };
    constexpr Row kRows[] = {
        {"/", "/?"},
        {"/a/b", "/a/b?"},
        {"/a?", "/a?"},
        {"/a?b=c&d", "/a?b=c&d"},
        {"//host/a", "//host/a?"},
        {"/%2e%2E/", "/%2e%2E/?"},
        {"http://h", "/?"},
        {"http://h/x?y", "/x?y"},
        {"https://[::1]:8/x", "/x?"},
        {"", std::nullopt},
        {"a", std::nullopt},
        {"?a", std::nullopt},
        {"*", std::nullopt},
        {"http:/h/a", std::nullopt},
        {"http://", std::nullopt},
        {"http://h:123456/", std::nullopt},
        {"ws://h/", std::nullopt},
        {"/a\\b", std::nullopt},
        {"/a\"b", std::nullopt},
        {"/<script>", std::nullopt},
        {"/a#f", std::nullopt},
    };
    for (const Row& row : kRows) {
        const auto parts = split_target(row.target, Method::get);
        ASSERT_EQ(parts.has_value(), row.parts.has_value()) << row.target;
        if (parts) {
            EXPECT_EQ(std::string(parts->path) + "?" + std::string(parts->query), *row.parts);
        }
    }
    EXPECT_TRUE(split_target("*", Method::options));
}

TEST(Target, Authority) {
    for (const std::string_view good :
         {"", "h", "h:80", "h:", "a.b-c_d", "127.0.0.1:8080", "[::1]", "[::1]:80"})
        EXPECT_TRUE(is_authority(good)) << good;
    for (const std::string_view bad :
         {"h:x", "h:1:2", "u@h", "h/", "a b", "a,b", "[::1", "[::1]x", "h]", "h:123456"})
        EXPECT_FALSE(is_authority(bad)) << bad;
}

TEST(ResponseHead, Bytes) {
    HttpResponse response;
    response.status = 202;
    response.body = "{}";
    response.headers = "X: y\r\n";
    ResponseForm form;
    form.date = "D";
    std::string head;
    append_response_head(head, response, form);
    EXPECT_EQ(head,
              "HTTP/1.1 202 Accepted\r\nDate: D\r\nContent-Type: "
              "application/json\r\nContent-Length: 2\r\n"
              "X: y\r\n\r\n");
    head.clear();
    response.status = 204;
    form.version = HttpVersion::http_1_0;
    append_response_head(head, response, form);
    EXPECT_EQ(head, "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: keep-alive\r\nX: y\r\n\r\n");
}

TEST(ResponseHead, DateIsAnImfFixdate) {
    EXPECT_EQ(format_http_date(std::chrono::sys_seconds{std::chrono::seconds{784111777}}),
              "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(format_http_date(std::chrono::sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace posthaste
