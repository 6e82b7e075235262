#include "net/http_server.h"

#include "net/http_server_fixture.h"

namespace posthaste {
namespace {

using testing::HttpServerTest;
using testing::TestClient;
using testing::TestResponse;

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";

std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
    start();
    TestClient client(port_);
    for (int i = 0; i < 3; ++i) {
        const TestResponse response = client.ask(kGet);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "GET /a?b=c|");
        EXPECT_TRUE(response.has("Content-Type: text/plain"));
        EXPECT_EQ(response.head.find("Connection:"), std::string::npos);
        EXPECT_NE(response.head.find("\r\nDate: "), std::string::npos);
    }
    EXPECT_EQ(client.ask(post("/p", "hello")).body, "POST /p?|hello");
    EXPECT_EQ(server_->metrics().requests.value(), 4U);
    EXPECT_EQ(server_->metrics().connections_accepted.value(), 1U);
}

// The same requests in two pieces, split at every byte, and then byte by byte.
TEST_F(HttpServerTest, AnyCutOfTheBytesGivesTheSameAnswers) {
    start();
    const std::string requests =
        post("/first", "one two three") +
        "POST /second HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=\"y\"\r\nabc\r\n0005\r\ndefgh\r\n0\r\nTrailer: t\r\n\r\n" +
        std::string(kGet);
    const auto check = [](TestClient& client) {
        EXPECT_EQ(client.read().body, "POST /first?|one two three");
        EXPECT_EQ(client.read().body, "POST /second?|abcdefgh");
        EXPECT_EQ(client.read().body, "GET /a?b=c|");
    };
    TestClient client(port_);
    for (std::size_t cut = 1; cut < requests.size(); ++cut) {
        const auto before = server_->metrics().bytes_received.value();
        client.send(std::string_view(requests).substr(0, cut));
        ASSERT_TRUE(
            eventually([&] { return server_->metrics().bytes_received.value() == before + cut; }));
        client.send(std::string_view(requests).substr(cut));
        check(client);
    }
    for (const char byte : requests) client.send({&byte, 1});
    check(client);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
    start();
    TestClient client(port_);
    std::string requests;
    for (int i = 0; i < 50; ++i)
        requests += post("/" + std::to_string(i), "body " + std::to_string(i));
    client.send(requests);
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        ASSERT_EQ(client.read().body, "POST /" + number + "?|body " + number);
    }
}

// More than a block of pipelined bytes, with bodies of every kind of place: behind the head, and in a buffer of their own.
TEST_F(HttpServerTest, PipelinedBodiesOfManySizes) {
    start();
    TestClient client(port_);
    std::string requests;
    std::vector<std::string> wanted;
    for (const std::size_t size : std::initializer_list<std::size_t>{
             0, 1, 1000, 15'000, 16'300, 16'384, 20'000, 33'000, 70'000, 5, 300'000, 7}) {
        std::string body(size, 'a');
        for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 23);
        requests += post("/p", body);
        wanted.push_back("POST /p?|" + body);
    }
    std::thread sender([&] { client.send(requests); });
    for (const std::string& body : wanted) EXPECT_EQ(client.read().body, body);
    sender.join();
}

TEST_F(HttpServerTest, LargeAnswersArriveWhole) {
    start();
    TestClient client(port_);
    client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
    EXPECT_EQ(client.read().body, std::string(8 * 1024 * 1024, 'x'));
    EXPECT_EQ(client.read().body, "GET /a?b=c|");
}

TEST_F(HttpServerTest, HeadAndStatusesWithoutBody) {
    start();
    TestClient client(port_);
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    const TestResponse head = client.read("HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.has("Content-Length: 9"));
    const TestResponse empty = client.ask("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(empty.status, 204);
    EXPECT_EQ(empty.head.find("Content-Length"), std::string::npos);
    const TestResponse unchanged = client.ask("GET /unchanged HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(unchanged.status, 304);
    // A body sent in spite of it would be taken for the next answer.
    EXPECT_EQ(client.ask(kGet).body, "GET /a?b=c|");
}

TEST_F(HttpServerTest, HeadersBothWays) {
    start();
    TestClient client(port_);
    EXPECT_EQ(client.ask("GET /headers HTTP/1.1\r\nHost: h\r\nX-A:  one  \r\nx-b:\r\n\r\n").body,
              "Host=h;X-A=one;x-b=;");
    const TestResponse extra = client.ask("GET /extra HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(extra.has("X-One: 1"));
    EXPECT_TRUE(extra.has("X-Two: 2"));
    EXPECT_EQ(client.ask("GET /peer HTTP/1.1\r\nHost: h\r\n\r\n").body, "127.0.0.1");
}

TEST_F(HttpServerTest, AStrangerCannotSayThatItIsSomebodyElse) {
    HttpServerOptions options = default_options();
    options.trusted_proxies = {parse_network("127.0.0.2").value(), parse_network("::1").value()};
    start(options);
    TestClient client(port_);
    EXPECT_EQ(
        client.ask("GET /peer HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n").body,
        "127.0.0.1");
}

TEST_F(HttpServerTest, ATrustedProxySaysWhoTheClientIs) {
    struct Row {
        std::string_view headers;
        std::string_view client;
        std::string_view logged;
    };
    constexpr Row kRows[] = {
        {"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7", "203.0.113.7"},
        {"", "127.0.0.1", "127.0.0.1:"},  // nothing stays of the request before
        {"x-forwarded-for: 198.51.100.1\r\nX-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7",
         "2001:db8::7"},
        {"X-Forwarded-For: somebody\r\n", "127.0.0.1", "127.0.0.1:"},
    };
    std::mutex mutex;
    std::vector<std::string> told;
    HttpServerOptions options = default_options();
    options.trusted_proxies = {parse_network("127.0.0.0/8").value()};
    options.on_answer = [&](const AnsweredRequest& answered) {
        const std::lock_guard lock(mutex);
        told.emplace_back(answered.client);
    };
    start(options);
    TestClient client(port_);
    for (const Row& row : kRows) {
        const std::string head = "GET /peer HTTP/1.1\r\nHost: h\r\n";
        EXPECT_EQ(client.ask(head + std::string(row.headers) + "\r\n").body, row.client);
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(told.back().starts_with(row.logged)) << told.back();
    }
}

TEST_F(HttpServerTest, WhoEndsTheConnection) {
    start();
    struct Row {
        std::string_view request;
        std::string_view connection;  // expected header, empty for none
        bool closes;
    };
    constexpr Row kRows[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "", false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "Connection: close", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", "Connection: close", true},
        {"GET /close HTTP/1.1\r\nHost: h\r\n\r\n", "Connection: close", true},
        {"GET / HTTP/1.0\r\n\r\n", "Connection: close", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive", false},
    };
    for (const Row& row : kRows) {
        TestClient client(port_);
        const TestResponse response = client.ask(row.request);
        EXPECT_EQ(response.status, 200) << row.request;
        if (row.connection.empty())
            EXPECT_EQ(response.head.find("Connection:"), std::string::npos) << row.request;
        else
            EXPECT_TRUE(response.has(row.connection)) << row.request;
        if (row.closes)
            EXPECT_TRUE(client.at_end()) << row.request;
        else
            EXPECT_EQ(client.ask(kGet).status, 200) << row.request;
    }
}

TEST_F(HttpServerTest, AThrowingHandlerIsA500AndTheEnd) {
    start();
    for (const std::string_view path : {"/throw", "/throw-int"}) {
        TestClient client(port_);
        const TestResponse response = client.ask(post(path, "x"));
        EXPECT_EQ(response.status, 500);
        EXPECT_EQ(response.body, R"({"detail":"Internal Server Error"})");
        EXPECT_TRUE(response.has("Connection: close"));
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_EQ(server_->metrics().handler_errors.value(), 2U);
    ASSERT_EQ(errors().size(), 2U);
    EXPECT_NE(errors()[0].find("as asked"), std::string::npos);
}

TEST_F(HttpServerTest, AHalfClosedClientStillGetsItsAnswers) {
    start();
    TestClient client(port_);
    client.send(std::string(kGet) + post("/p", "x"));
    client.shutdown_send();
    EXPECT_EQ(client.read().body, "GET /a?b=c|");
    EXPECT_EQ(client.read().body, "POST /p?|x");
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, AClientThatGoesAwayHarmsNobody) {
    start();
    enum class Leave { close, reset };
    for (const Leave leave : {Leave::close, Leave::reset}) {
        for (const std::string_view bytes :
             {std::string_view(""), std::string_view("GET /a"),
              std::string_view("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"),
              std::string_view(
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"),
              std::string_view("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")}) {
            TestClient client(port_);
            client.send(bytes);
            if (leave == Leave::reset)
                client.reset();
            else
                client.close();
        }
        // And while the handler runs.
        TestClient client(port_);
        client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        handler_.await_waiting();
        client.reset();
        handler_.release();
    }
    EXPECT_TRUE(eventually([&] { return server_->metrics().connections_open.value() == 0; }));
    TestClient client(port_);
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
    start();
    TestClient client(port_);
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("abc");
    EXPECT_EQ(client.read().body, "POST /p?|abc");
    client.send(
        "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: "
        "100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("1\r\nx\r\n0\r\n\r\n");
    EXPECT_EQ(client.read().body, "POST /p?|x");
    // With the body on its way the invitation is not needed; HTTP/1.0 knows none.
    EXPECT_EQ(
        client
            .ask(
                "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nz")
            .body,
        "POST /p?|z");
    client.send("POST /p HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    client.send("z");
    EXPECT_EQ(client.read().body, "POST /p?|z");
}

TEST_F(HttpServerTest, EmptyLinesBetweenRequestsAreIgnored) {
    start();
    TestClient client(port_);
    EXPECT_EQ(client.ask(post("/p", "x") + "\r\n").status, 200);
    EXPECT_EQ(client.ask("\r\n\r\n" + std::string(kGet)).status, 200);
    for (const char byte : "\r\n\r\n" + std::string(kGet)) client.send({&byte, 1});
    EXPECT_EQ(client.read().body, "GET /a?b=c|");
}

TEST_F(HttpServerTest, StartFailsWithAReason) {
    HttpServerOptions options = default_options();
    options.listen.front().host = "no such host!";
    HttpServer bad_name(context_.get_executor(), options, handler_);
    EXPECT_EQ(bad_name.start().error().code, ErrorCode::invalid);
    options.listen.front().host = "192.0.2.1";
    HttpServer not_ours(context_.get_executor(), options, handler_);
    EXPECT_EQ(not_ours.start().error().code, ErrorCode::io);
}

TEST_F(HttpServerTest, TwoServersShareAPort) {
    start();
    HttpServerOptions options = default_options();
    options.listen.front().port = port_;
    HttpServer second(context_.get_executor(), options, handler_);
    EXPECT_TRUE(second.start());
    on_server_thread([&] { second.close(); });
}

// S3-09: what an access log shows.
TEST_F(HttpServerTest, AnswersAreToldToWhoeverAsks) {
    std::mutex mutex;
    std::vector<std::string> told;
    HttpServerOptions options = default_options();
    options.on_answer = [&](const AnsweredRequest& answered) {
        const std::lock_guard lock(mutex);
        told.push_back(std::string(answered.client) + "|" + std::string(answered.method) + " " +
                       std::string(answered.path) + " " + std::string(answered.version) + " " +
                       std::to_string(answered.status));
    };
    start(options);
    TestClient client(port_);
    client.ask("GET /a?token=secret HTTP/1.1\r\nHost: h\r\n\r\n");
    client.ask("GET /empty HTTP/1.0\r\n\r\n");
    TestClient broken(port_);
    broken.ask("nonsense\r\n\r\n");
    const std::lock_guard lock(mutex);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_TRUE(told[0].starts_with("127.0.0.1:")) << told[0];
    EXPECT_EQ(told[0].substr(told[0].find('|')), "|GET /a HTTP/1.1 200");
    EXPECT_EQ(told[1].substr(told[1].find('|')), "|GET /empty HTTP/1.0 204");
}

}  // namespace
}  // namespace posthaste
