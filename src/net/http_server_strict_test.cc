// What the server refuses: requests that two servers could read differently, and what is beyond the limits.

#include "net/http_server_fixture.h"

namespace posthaste {
namespace {

using testing::HttpServerTest;
using testing::TestClient;
using testing::TestResponse;

constexpr std::string_view kGood = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";

struct Row {
    int status;
    std::string_view request;
};

class HttpServerStrictTest : public HttpServerTest {
protected:
    // Each request is refused with its status, nothing of it reaches the handler, and the connection ends.
    void expect_refused(std::span<const Row> rows) {
        for (const Row& row : rows) {
            TestClient client(port_);
            client.send(row.request);
            const TestResponse response = client.read();
            EXPECT_EQ(response.status, row.status) << row.request;
            EXPECT_TRUE(response.has("Connection: close")) << row.request;
            EXPECT_TRUE(response.has("Content-Type: application/json")) << row.request;
            EXPECT_TRUE(response.body.starts_with("{\"detail\":\"")) << row.request;
            EXPECT_TRUE(client.at_end()) << row.request;
        }
        EXPECT_EQ(handler_.handled, 0);
    }
};

TEST_F(HttpServerStrictTest, FramingThatCouldBeReadTwoWays) {
    start();
    constexpr Row kRows[] = {
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nabc"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
         "3\r\n\r\n0\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\na"},
    };
    expect_refused(kRows);
    EXPECT_EQ(server_->metrics().refused_with(400), std::size(kRows));
}

TEST_F(HttpServerStrictTest, MalformedLines) {
    start();
    constexpr Row kRows[] = {
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: user@h\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h/path\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h:port\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n \r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n b\r\nY: c\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n"},
        {400, std::string_view("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35)},
        {400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
        {400, "GET / HTTP/1.1\nHost: h\n\n"},
        {400, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
        {400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
        {400, "GET /\r\nHost: h\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /a\x80 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /a\x7f HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET path HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n"},
        {501, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"},
        {501, "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: miracles\r\n\r\n"},
        {417,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\nExpect: "
         "100-continue\r\n\r\n"},
        {400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {400, std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
        {400, "\xff\xfe\xfd"},
        {400, "}{\r\n"},
    };
    expect_refused(kRows);
}

TEST_F(HttpServerStrictTest, FormsThatAreAccepted) {
    start();
    struct Accepted {
        std::string_view request;
        std::string_view body;
    };
    constexpr Accepted kRows[] = {
        {"GET http://h:80/a/b?c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/b?c|"},
        {"GET HTTPS://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?|"},
        {"GET http://h?x=/y HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?x=/y|"},
        {"GET /a?b?c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b?c|"},
        {"GET /a?f={%22x%22:[1|2]} HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?f={%22x%22:[1|2]}|"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *?|"},
        {"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /pot?|"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET /?|"},
        {"GET / HTTP/1.1\r\nhOST: [::1]:8080\r\n\r\n", "GET /?|"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "GET /?|"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0002\r\n\r\nab", "GET /?|ab"},
        {"PUT / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: CHUNKED\r\n\r\n2\r\nab\r\n0\r\n\r\n",
         "PUT /?|ab"},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "PUT /?|"},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET /?|"},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: caf\xc3\xa9\r\n\r\n", "GET /?|"},
    };
    TestClient client(port_);
    for (const Accepted& row : kRows)
        EXPECT_EQ(client.ask(row.request).body, row.body) << row.request;
}

TEST_F(HttpServerStrictTest, LimitsOfTheHead) {
    HttpServerOptions options = default_options();
    options.header_bytes_max = 2048;
    options.header_count_max = 5;
    options.target_bytes_max = 512;
    start(options);
    const auto with_target = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    const auto with_headers = [](int count) {
        std::string request = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (int i = 1; i < count; ++i) request += "X: y\r\n";
        return request + "\r\n";
    };
    const auto of_size = [](std::size_t size) {
        const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
        return start + std::string(size - start.size() - 4, 'y') + "\r\n\r\n";
    };
    TestClient client(port_);
    EXPECT_EQ(client.ask(with_target(512)).status, 200);
    EXPECT_EQ(client.ask(with_headers(5)).status, 200);
    EXPECT_EQ(client.ask(of_size(2048)).status, 200);
    handler_.handled = 0;

    const std::string long_target = with_target(513);
    const std::string endless_target = "GET /" + std::string(5000, 'a');
    const std::string many = with_headers(6);
    const std::string large = of_size(2049);
    const std::string endless = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'y');
    const std::string endless_lines =
        with_headers(5).substr(0, 40) + "Y: " + std::string(100'000, 'y');
    const std::string endless_method = std::string(5000, 'A');
    const std::string trailer =
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
        std::string(9000, 'y');
    const std::string extension =
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'y');
    const Row rows[] = {{414, long_target},    {414, endless_target}, {431, many},
                        {431, large},          {431, endless},        {431, endless_lines},
                        {400, endless_method}, {431, trailer},        {431, extension}};
    expect_refused(rows);
    EXPECT_EQ(server_->metrics().refused_with(414), 2U);
    EXPECT_EQ(server_->metrics().refused_with(431), 6U);
}

// A request smuggled behind a refused one must never be answered.
TEST_F(HttpServerStrictTest, NothingBehindARefusedRequestIsServed) {
    start();
    TestClient client(port_);
    client.send(
        std::string(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: gzip\r\n\r\n") +
        std::string(kGood) + std::string(kGood));
    EXPECT_EQ(client.read().status, 400);
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(handler_.handled, 0);
}

}  // namespace
}  // namespace posthaste
