// Time, size and number: slow clients, large bodies, too many connections, and the end of the server. Limits are tiny, time
// stands still where it is one of them, and every wait is for what the server does.

#include <sys/resource.h>

#include "net/http_server_fixture.h"

namespace posthaste {
namespace {

using testing::HttpServerTest;
using testing::TestClient;
using testing::TestResponse;

constexpr std::string_view kGood = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";

class HttpServerLimitsTest : public HttpServerTest {
protected:
    static HttpServerOptions small_bodies() {
        HttpServerOptions options = default_options();
        options.body_bytes_max = 100'000;
        options.discard_bytes_max = 1'000'000;
        return options;
    }

    static std::string head_of(std::size_t length, std::string_view more = "") {
        return "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n" +
               std::string(more) + "\r\n";
    }

    static std::string chunked(std::size_t length, std::size_t chunk) {
        std::string text = "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t done = 0; done < length; done += chunk) {
            const std::size_t part = std::min(chunk, length - done);
            char size[20];
            std::snprintf(size, sizeof(size), "%zx\r\n", part);
            text += size + std::string(part, 'b') + "\r\n";
        }
        return text + "0\r\n\r\n";
    }
};

TEST_F(HttpServerLimitsTest, ABodyAtTheLimitPassesAndOneByteMoreIsA413) {
    start(small_bodies());
    TestClient client(port_);
    EXPECT_EQ(client.ask(head_of(100'000) + std::string(100'000, 'a')).status, 200);
    EXPECT_EQ(client.ask(chunked(100'000, 7'000)).status, 200);
    EXPECT_EQ(client.ask(head_of(100'001) + std::string(100'001, 'a')).status, 413);
    EXPECT_EQ(client.ask(chunked(100'001, 7'000)).status, 413);
    EXPECT_EQ(handler_.handled, 2);
}

TEST_F(HttpServerLimitsTest, AfterA413TheConnectionLivesOn) {
    start(small_bodies());
    TestClient client(port_);
    for (const std::string& request :
         {head_of(900'000) + std::string(900'000, 'a'), chunked(900'000, 50'000),
          chunked(150'000, 10), head_of(100'001) + std::string(100'001, 'a')}) {
        // The answer is read after everything was sent, as most clients do.
        ASSERT_TRUE(client.send(request));
        const TestResponse response = client.read();
        EXPECT_EQ(response.status, 413);
        EXPECT_EQ(response.body, R"({"detail":"the request body is too large"})");
        EXPECT_EQ(response.head.find("Connection: close"), std::string::npos);
        EXPECT_EQ(client.ask(kGood).body, "GET /good?|");
    }
    // Pipelined behind it, in the same bytes.
    client.send(head_of(100'001) + std::string(100'001, 'a') + std::string(kGood));
    EXPECT_EQ(client.read().status, 413);
    EXPECT_EQ(client.read().body, "GET /good?|");
    EXPECT_EQ(server_->metrics().refused_with(413), 5U);
    EXPECT_EQ(server_->metrics().connections_accepted.value(), 1U);
}

TEST_F(HttpServerLimitsTest, A413ThatEndsTheConnectionIsStillSeen) {
    start(small_bodies());
    const std::string close_head = head_of(200'000, "Connection: close\r\n");
    for (const std::string& request :
         {head_of(1'000'001) + std::string(300'000, 'a'), close_head + std::string(200'000, 'a'),
          chunked(1'300'000, 60'000)}) {
        TestClient client(port_);
        client.send(request);
        EXPECT_EQ(client.read().status, 413);
        client.shutdown_send();
        EXPECT_TRUE(client.at_end());
    }
}

TEST_F(HttpServerLimitsTest, A413ForAnExpectationComesBeforeTheBody) {
    start(small_bodies());
    TestClient client(port_);
    const TestResponse response = client.ask(head_of(100'001, "Expect: 100-continue\r\n"));
    EXPECT_EQ(response.status, 413);
    EXPECT_TRUE(response.has("Connection: close"));
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerLimitsTest, AClaimedLengthIsNotMemory) {
    HttpServerOptions options = default_options();
    options.body_bytes_max = 64 * 1024 * 1024;
    options.body_memory_max = 1024 * 1024;
    start(options);
    // Sixteen claims of 64 MiB that send little: each holds 64 KiB, which the budget of 1 MiB allows for fifteen.
    const std::string claim = head_of(64 * 1024 * 1024) + std::string(20, 'a');
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 15; ++i) {
        clients.push_back(std::make_unique<TestClient>(port_));
        clients.back()->send(claim);
    }
    ASSERT_TRUE(
        eventually([&] { return server_->metrics().bytes_received.value() == 15 * claim.size(); }));
    TestClient small(port_);
    EXPECT_EQ(small.ask(head_of(20'000) + std::string(20'000, 'a')).status, 200);
    // One that does send what it claims meets the budget.
    TestClient large(port_);
    std::thread sender(
        [&] { large.send(head_of(4 * 1024 * 1024) + std::string(4 * 1024 * 1024, 'a')); });
    EXPECT_EQ(large.read().status, 503);
    sender.join();
    clients.clear();
    EXPECT_TRUE(eventually([&] { return server_->metrics().connections_open.value() <= 2; }));
    TestClient again(port_);
    EXPECT_EQ(again.ask(head_of(400'000) + std::string(400'000, 'a')).status, 200);
}

TEST_F(HttpServerLimitsTest, SlowRequestsAreA408) {
    HttpServerOptions options = default_options();
    options.header_timeout = 40ms;
    options.request_timeout = 40ms;
    start_in_still_time(options);
    for (const std::string_view bytes :
         {std::string_view("G"), std::string_view("GET / HTTP/1.1\r\nHost: h\r\nX"),
          std::string_view("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"),
          std::string_view("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999\r\n\r\nabc"),
          std::string_view(
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")}) {
        const auto received = [&] { return server_->metrics().bytes_received.value(); };
        const auto timeouts = [&] { return server_->metrics().timeouts.value(); };
        const auto before = std::pair(received(), timeouts());
        TestClient client(port_);
        client.send(bytes);
        ASSERT_TRUE(eventually([&] { return received() == before.first + bytes.size(); }));
        EXPECT_EQ(timeouts(), before.second) << bytes;
        ASSERT_TRUE(in_time([&] { return timeouts() > before.second; })) << bytes;
        const TestResponse response = client.read();
        EXPECT_EQ(response.status, 408) << bytes;
        EXPECT_TRUE(response.has("Connection: close"));
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_EQ(server_->metrics().timeouts.value(), 5U);
    EXPECT_EQ(server_->metrics().refused_with(408), 5U);
    EXPECT_EQ(handler_.handled, 0);
}

// One byte at a time, as long as the server listens: only the whole request's time ends that.
TEST_F(HttpServerLimitsTest, ASlowLorisIsCut) {
    HttpServerOptions options = default_options();
    options.header_timeout = 50ms;
    options.request_timeout = 10s;
    options.body_grace = 50ms;
    options.body_bytes_per_second_min = 1'000'000'000;
    start_in_still_time(options);
    for (const std::string_view head :
         {std::string_view("GET / HTTP/1.1\r\nHost: h\r\nX: "),
          std::string_view("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n")}) {
        TestClient client(port_);
        client.send(head);
        const auto received = [&] { return server_->metrics().bytes_received.value(); };
        const auto answered = [&] { return server_->metrics().responses[4].value(); };
        const auto before = answered();
        while (answered() == before) {
            const auto count = received();
            if (!client.send("y")) break;
            advance(1ms);
            ASSERT_TRUE(eventually([&] { return received() > count || answered() > before; }));
            // The head has a limit of its own, which is not what is tested here.
            ASSERT_LT(count, 1'000'000U);
        }
        EXPECT_EQ(client.read().status, 408) << head;
    }
}

TEST_F(HttpServerLimitsTest, IdleConnectionsAreClosedWithoutAWord) {
    HttpServerOptions options = default_options();
    options.header_timeout = 40ms;
    options.keep_alive_idle = 40ms;
    start_in_still_time(options);
    const auto open = [&] { return server_->metrics().connections_open.value(); };
    const auto gone = [&] { return open() == 0; };
    TestClient silent(port_);
    EXPECT_TRUE(eventually([&] { return open() == 1; }));
    EXPECT_TRUE(in_time(gone));
    EXPECT_TRUE(silent.at_end());
    TestClient used(port_);
    EXPECT_EQ(used.ask(kGood).status, 200);
    EXPECT_TRUE(in_time(gone));
    EXPECT_TRUE(used.at_end());
    EXPECT_EQ(server_->metrics().refused_with(408), 0U);
}

TEST_F(HttpServerLimitsTest, AClientThatDoesNotReadIsCut) {
    HttpServerOptions options = default_options();
    options.write_timeout = 40ms;
    start_in_still_time(options);
    TestClient client(port_);
    client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server_->metrics().bytes_sent.value() > 0; }));
    EXPECT_TRUE(in_time([&] { return server_->metrics().timeouts.value() == 1; }));
    EXPECT_EQ(client.read().status, 0);
}

TEST_F(HttpServerLimitsTest, AboveTheLimitConnectionsAreTurnedAway) {
    HttpServerOptions options = default_options();
    options.connections_max = 2;
    start(options);
    TestClient first(port_);
    TestClient second(port_);
    EXPECT_EQ(first.ask(kGood).status, 200);
    EXPECT_EQ(second.ask(kGood).status, 200);
    {
        TestClient third(port_);
        const TestResponse response = third.ask(kGood);
        EXPECT_EQ(response.status, 503);
        EXPECT_TRUE(response.has("Connection: close"));
        EXPECT_TRUE(third.at_end());
    }
    EXPECT_EQ(server_->metrics().connections_refused.value(), 1U);
    first.close();
    ASSERT_TRUE(eventually([&] { return server_->metrics().connections_open.value() == 1; }));
    TestClient fourth(port_);
    EXPECT_EQ(fourth.ask(kGood).status, 200);
}

// Without descriptors the server waits and goes on when there are some again.
TEST_F(HttpServerLimitsTest, RunningOutOfDescriptorsIsSurvived) {
    HttpServerOptions options = default_options();
    options.accept_backoff = 5ms;
    start(options);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
    TestClient client(port_);
    EXPECT_EQ(client.ask(kGood).status, 200);
    TestClient late_socket(1);  // not connected; only its descriptor is needed
    rlimit none = old;
    none.rlim_cur = static_cast<rlim_t>(late_socket.fd());
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        ::connect(late_socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        0);
    EXPECT_TRUE(eventually([&] { return server_->metrics().accept_errors.value() >= 3; }));
    // Those that are connected are served meanwhile.
    EXPECT_EQ(client.ask(kGood).status, 200);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
    EXPECT_EQ(late_socket.ask(kGood).status, 200);
    EXPECT_EQ(errors().size(), 1U);
}

TEST_F(HttpServerLimitsTest, DrainClosesIdleOnesAndAnswersTheRest) {
    start();
    TestClient idle(port_);
    EXPECT_EQ(idle.ask(kGood).status, 200);
    TestClient fresh(port_);
    TestClient partial(port_);
    const std::string first_part = head_of(3) + "ab";
    partial.send(first_part);
    TestClient running(port_);
    const std::string two = "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGood);
    running.send(two);
    handler_.await_waiting();
    ASSERT_TRUE(eventually([&] { return server_->metrics().connections_open.value() == 4; }));
    const std::size_t sent = kGood.size() + first_part.size() + two.size();
    ASSERT_TRUE(eventually([&] { return server_->metrics().bytes_received.value() == sent; }));
    auto drained = asio::co_spawn(context_.get_executor(), server_->drain(120s), asio::use_future);
    EXPECT_TRUE(idle.at_end());
    EXPECT_TRUE(fresh.at_end());
    EXPECT_FALSE(TestClient(port_).connected());
    partial.send("c");
    const TestResponse late = partial.read();
    EXPECT_EQ(late.body, "POST /p?|abc");
    EXPECT_TRUE(late.has("Connection: close"));
    EXPECT_TRUE(partial.at_end());
    handler_.release();
    const TestResponse waited = running.read();
    EXPECT_EQ(waited.status, 200);
    EXPECT_TRUE(waited.has("Connection: close"));
    EXPECT_TRUE(running.at_end());
    partial.close();
    running.close();
    drained.get();
    EXPECT_EQ(server_->metrics().connections_open.value(), 0U);
    EXPECT_EQ(handler_.handled, 3);
}

TEST_F(HttpServerLimitsTest, DrainEndsWithItsPatience) {
    start();
    TestClient running(port_);
    running.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    handler_.await_waiting();
    run(server_->drain(20ms));
    EXPECT_TRUE(running.at_end());
    handler_.release();
}

TEST_F(HttpServerLimitsTest, StopAcceptingServesWhatTheKernelHasAccepted) {
    start();
    std::promise<void> connected;
    std::promise<void> may_go_on;
    // The server's thread is kept busy while the client connects, so the connection waits in the backlog.
    asio::post(context_, [&] {
        may_go_on.get_future().get();
        server_->stop_accepting();
        server_->stop_accepting();
    });
    TestClient client(port_);
    client.send(kGood);
    may_go_on.set_value();
    EXPECT_EQ(client.read().status, 200);
    EXPECT_FALSE(TestClient(port_).connected());
    EXPECT_EQ(client.ask(kGood).status, 200);
}

}  // namespace
}  // namespace posthaste
