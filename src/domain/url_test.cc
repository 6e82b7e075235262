#include "domain/url.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

struct Row {
    std::string_view url;
    bool tls;
    std::string_view host;
    std::uint16_t port;
    std::string_view authority;
    std::string_view path;
    std::string_view normalised;
};

const Row kRows[] = {
    {"http://h", false, "h", 80, "h", "/", "http://h/"},
    {"http://h/", false, "h", 80, "h", "/", "http://h/"},
    {"https://h", true, "h", 443, "h", "/", "https://h/"},
    {"HTTPS://Example.COM/Path", true, "example.com", 443, "example.com", "/Path",
     "https://example.com/Path"},
    {"http://h:80/a", false, "h", 80, "h", "/a", "http://h/a"},
    {"http://h:/a", false, "h", 80, "h", "/a", "http://h/a"},
    {"http://h:0080/a", false, "h", 80, "h", "/a", "http://h/a"},
    {"https://h:443", true, "h", 443, "h", "/", "https://h/"},
    {"https://h:80", true, "h", 80, "h:80", "/", "https://h:80/"},
    {"http://h:443", false, "h", 443, "h:443", "/", "http://h:443/"},
    {"http://h:65535/x", false, "h", 65535, "h:65535", "/x", "http://h:65535/x"},
    {"http://h:1", false, "h", 1, "h:1", "/", "http://h:1/"},
    {"http://h?a=b", false, "h", 80, "h", "/?a=b", "http://h/?a=b"},
    {"http://h/p?a=b&c=d", false, "h", 80, "h", "/p?a=b&c=d", "http://h/p?a=b&c=d"},
    {"http://h/p?", false, "h", 80, "h", "/p?", "http://h/p?"},
    {"http://h/p#frag", false, "h", 80, "h", "/p", "http://h/p"},
    {"http://h#frag", false, "h", 80, "h", "/", "http://h/"},
    {"http://h/p?q#a?b#c", false, "h", 80, "h", "/p?q", "http://h/p?q"},
    {"http://h/%2e%2E/x", false, "h", 80, "h", "/%2e%2E/x", "http://h/%2e%2E/x"},
    {"http://h/a//b", false, "h", 80, "h", "/a//b", "http://h/a//b"},
    {"http://h//a", false, "h", 80, "h", "//a", "http://h//a"},
    {"http://h/a[]?x[]=1", false, "h", 80, "h", "/a%5B%5D?x%5B%5D=1", "http://h/a%5B%5D?x%5B%5D=1"},
    {"http://h/{id}?q=\"x\"", false, "h", 80, "h", "/%7Bid%7D?q=%22x%22",
     "http://h/%7Bid%7D?q=%22x%22"},
    {"http://h/\xC3\xA4", false, "h", 80, "h", "/%C3%A4", "http://h/%C3%A4"},
    {"http://my_service:8000/hook", false, "my_service", 8000, "my_service:8000", "/hook",
     "http://my_service:8000/hook"},
    {"http://xn--bcher-kva.example/", false, "xn--bcher-kva.example", 80, "xn--bcher-kva.example",
     "/", "http://xn--bcher-kva.example/"},
    {"http://example.com./x", false, "example.com", 80, "example.com", "/x",
     "http://example.com/x"},
    {"http://1.2.3.4:8080/", false, "1.2.3.4", 8080, "1.2.3.4:8080", "/", "http://1.2.3.4:8080/"},
    {"http://1.2.3.com/", false, "1.2.3.com", 80, "1.2.3.com", "/", "http://1.2.3.com/"},
    {"http://0xbeef.example/", false, "0xbeef.example", 80, "0xbeef.example", "/",
     "http://0xbeef.example/"},
    {"http://[::1]/x", false, "::1", 80, "[::1]", "/x", "http://[::1]/x"},
    {"http://[2001:DB8:0::1]:8080", false, "2001:db8::1", 8080, "[2001:db8::1]:8080", "/",
     "http://[2001:db8::1]:8080/"},
    {"http://[::FFFF:1.2.3.4]/", false, "::ffff:1.2.3.4", 80, "[::ffff:1.2.3.4]", "/",
     "http://[::ffff:1.2.3.4]/"},
};

TEST(ParseTarget, normalises) {
    for (const Row& row : kRows) {
        const auto target = parse_target(row.url);
        ASSERT_TRUE(target) << row.url << ": " << target.error().message;
        EXPECT_EQ(target->tls, row.tls) << row.url;
        EXPECT_EQ(target->host, row.host) << row.url;
        EXPECT_EQ(target->port, row.port) << row.url;
        EXPECT_EQ(target->authority, row.authority) << row.url;
        EXPECT_EQ(target->path, row.path) << row.url;
        EXPECT_EQ(target->url, row.normalised) << row.url;
        EXPECT_EQ(target->authorization, "") << row.url;
    }
}

TEST(ParseTarget, is_idempotent) {
    for (const Row& row : kRows) {
        const auto once = parse_target(row.url);
        ASSERT_TRUE(once) << row.url;
        const auto twice = parse_target(once->url);
        ASSERT_TRUE(twice) << once->url;
        EXPECT_EQ(*once, *twice);
    }
}

TEST(ParseTarget, turns_userinfo_into_basic_authorization) {
    struct UserRow {
        std::string_view url, authorization, normalised;
    };
    const UserRow rows[] = {
        {"http://Aladdin:open%20sesame@h/",
         "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "http://Aladdin:open%20sesame@h/"},
        {"http://user@h", "Basic dXNlcjo=", "http://user@h/"},
        {"http://user:@h", "Basic dXNlcjo=", "http://user:@h/"},
        {"http://:secret@h:81", "Basic OnNlY3JldA==", "http://:secret@h:81/"},
        {"http://@h", "", "http://h/"},
        {"http://u:a:b@h", "Basic dTphOmI=", "http://u:a:b@h/"},
        {"http://u%0d%0aX:y@h", "Basic dQ0KWDp5", "http://u%0d%0aX:y@h/"},
    };
    for (const UserRow& row : rows) {
        const auto target = parse_target(row.url);
        ASSERT_TRUE(target) << row.url;
        EXPECT_EQ(target->authorization, row.authorization) << row.url;
        EXPECT_EQ(target->url, row.normalised) << row.url;
        EXPECT_EQ(target->authority.find('@'), std::string::npos) << row.url;
    }
}

TEST(ParseTarget, refuses_with_a_sentence) {
    const std::string_view rows[] = {
        "",
        "h",
        "//h/",
        "/path",
        "h:80",
        "ftp://h/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://h/",
        "http:h",
        "http:/h",
        "http://",
        "http:///x",
        "http://:80/",
        "http://?x",
        "http://h:0/",
        "http://h:65536/",
        "http://h:99999999999999999999/",
        "http://h:-1/",
        "http://h:8o/",
        "http://h:80:80/",
        " http://h/",
        "http://h/ ",
        "http://h/a b",
        "http://h/\r\nX: y",
        "http://h/\t",
        "http://h/\x7f",
        "http://h\n/",
        "http://h\\@evil/",
        "http://h/\\x",
        "http://a@b@c/",
        "http://h/%",
        "http://h/%zz",
        "http://h%2ecom/",
        "http://%31%32%37.0.0.1/",
        "http://b\xC3\xBC"
        "cher.example/",
        "http://-a..b/",
        "http://.a/",
        "http://a../",
        "http://a!b/",
        "http://a,b/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0X7F.0.0.1/",
        "http://0x/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.01/",
        "http://127.0.0.1../",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://example.123/",
        "http://example.0x1f/",
        "http://[::1/",
        "http://[]/",
        "http://[1.2.3.4]/",
        "http://[::1%25lo]/",
        "http://[fe80::1%eth0]/",
        "http://[v1.x]/",
        "http://[::1]x/",
        "http://::1/",
    };
    for (const std::string_view url : rows) {
        const auto target = parse_target(url);
        ASSERT_FALSE(target) << url << " became " << target->url;
        EXPECT_EQ(target.error().code, ErrorCode::invalid);
        EXPECT_TRUE(target.error().message.ends_with(".")) << target.error().message;
    }
    EXPECT_FALSE(parse_target(std::string_view("http://h/\0", 10)));
    EXPECT_FALSE(parse_target(std::string_view("http://h\0.evil/", 15)));
}

TEST(WithoutCredentials, shows_what_is_no_secret) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"http://a.test/", "http://a.test/"},
        {"https://a.test:8443/hook/x", "https://a.test:8443/hook/x"},
        {"https://user:secret@a.test/x", "https://***@a.test/x"},
        {"https://user@a.test/x@y", "https://***@a.test/x@y"},
        {"https://a.test/x@y:z", "https://a.test/x@y:z"},
        {"https://u:p%40@[::1]:81/?token=1&n=2", "https://***@[::1]:81/?***"},
        {"https://a.test/?a?b", "https://a.test/?***"},
    };
    for (const auto& [url, shown] : rows)
        EXPECT_EQ(without_credentials(parse_target(url).value().url), shown) << url;
}

TEST(ParseTarget, bounds_lengths) {
    const std::string longest = "http://h/" + std::string(2048 - 9, 'a');
    EXPECT_TRUE(parse_target(longest));
    EXPECT_FALSE(parse_target(longest + "a"));
    EXPECT_TRUE(parse_target("http://" + std::string(63, 'a') + ".com/"));
    EXPECT_FALSE(parse_target("http://" + std::string(64, 'a') + ".com/"));
    std::string host;
    while (host.size() < 250) host += "abc.";
    EXPECT_TRUE(parse_target("http://" + host + "a/"));      // 253 bytes
    EXPECT_FALSE(parse_target("http://" + host + "abcd/"));  // 256 bytes
}

}  // namespace
}  // namespace posthaste
