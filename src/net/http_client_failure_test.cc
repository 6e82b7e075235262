// Receivers that stall, hang up, or take back a connection they had promised to keep.

#include "net/client_test_support.h"
#include "net/http_client.h"

namespace posthaste {
namespace {

using testing::always;
using testing::ClientBench;
using testing::make_request;
using testing::ok;
using testing::once;
using testing::Peer;
using testing::ScriptedReceiver;
using testing::send_to;

// A receiver that stops at a stage and holds the connection.
TEST(HttpClient, a_stall_ends_in_time_and_names_the_phase) {
    struct StallRow {
        std::string written;
        std::string_view phase;
        int status;
        std::string_view headers = "";
    };
    const StallRow rows[] = {
        {"", "waiting for the answer", 0},
        {"HT", "reading the answer", 0},
        {"HTTP/1.1 200 OK\r\nContent-Le", "reading the answer", 0},
        {"HTTP/1.1 100 Continue\r\n\r\n", "reading the answer", 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "reading the answer", 200,
         "Content-Length: 5\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "reading the answer", 200,
         "Transfer-Encoding: chunked\n"},
        {"HTTP/1.1 200 OK\r\n\r\nab", "reading the answer", 200},
    };
    for (const StallRow& row : rows) {
        std::atomic<bool> stalled{false};
        ScriptedReceiver receiver([&](Peer& peer, int) {
            peer.read_request();
            peer.write(row.written);
            stalled = true;
            peer.wait_closed();
        });
        ClientBench bench;
        OutboundRequest request = make_request(receiver.url());
        const Duration timeout = request.timeout;
        const auto& slot = bench.start(std::move(request));
        bench.run_until([&] { return stalled.load(); });
        bench.advance(timeout);
        const TransportResult result = bench.result_of(slot);
        EXPECT_EQ(result.outcome, AttemptOutcome::timed_out) << row.written;
        EXPECT_NE(result.error.find(row.phase), std::string::npos)
            << row.written << ": " << result.error;
        EXPECT_EQ(result.status, row.status) << row.written;
        EXPECT_EQ(result.headers, row.headers) << row.written;
        EXPECT_FALSE(result.reused_connection);
    }
}

TEST(HttpClient, a_receiver_that_does_not_read_runs_into_the_deadline) {
    std::atomic<bool> over{false};
    ScriptedReceiver receiver([&](Peer&, int) { over.wait(false); });
    ClientBench bench;
    OutboundRequest request = make_request(receiver.url(), std::string(32 << 20, 'x'));
    const Duration timeout = request.timeout;
    const auto& slot = bench.start(std::move(request));
    bench.run_until([&] { return receiver.connections() == 1; });
    bench.advance(timeout);
    const TransportResult result = bench.result_of(slot);
    over = true;
    over.notify_all();
    EXPECT_EQ(result.outcome, AttemptOutcome::timed_out);
    EXPECT_NE(result.error.find("sending the request"), std::string::npos) << result.error;
}

TEST(HttpClient, the_first_byte_has_a_deadline_of_its_own) {
    HttpClientOptions options;
    options.first_byte_timeout = 1s;
    std::atomic<bool> asked{false};
    ScriptedReceiver receiver([&](Peer& peer, int) {
        peer.read_request();
        asked = true;
        peer.wait_closed();
    });
    ClientBench bench(options);
    const auto& slot = bench.start(make_request(receiver.url()));
    bench.run_until([&] { return asked.load(); });
    bench.advance(1s);
    const TransportResult silent = bench.result_of(slot);
    EXPECT_EQ(silent.outcome, AttemptOutcome::timed_out);
    EXPECT_NE(silent.error.find("waiting for the answer"), std::string::npos) << silent.error;
    EXPECT_EQ(send_to(always(ok()), options).outcome, AttemptOutcome::delivered);
}

TEST(HttpClient, a_connect_that_nobody_answers_runs_into_its_deadline) {
    // A listener whose queue is full drops further SYNs.
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 0), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::vector<int> fillers;
    for (int i = 0; i < 4; ++i) {
        fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), size);
    }
    HttpClientOptions options;
    options.connect_timeout = 1s;
    ClientBench bench(std::move(options));
    const auto& slot = bench.start(
        make_request("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/"));
    bench.advance(1s);
    const TransportResult result = bench.result_of(slot);
    EXPECT_EQ(result.outcome, AttemptOutcome::timed_out) << result.error;
    EXPECT_NE(result.error.find("connecting"), std::string::npos) << result.error;
    for (const int filler : fillers) ::close(filler);
    ::close(listener);
}

TEST(HttpClient, a_refused_connection) {
    std::uint16_t port = 0;
    {
        const ScriptedReceiver gone([](Peer&, int) {});
        port = gone.port();
    }
    ClientBench bench;
    const TransportResult result = bench.send("http://127.0.0.1:" + std::to_string(port) + "/");
    EXPECT_EQ(result.outcome, AttemptOutcome::connect_failed);
    EXPECT_NE(result.error.find("refused"), std::string::npos) << result.error;
}

TEST(HttpClient, a_connection_lost_on_the_way_is_broken) {
    const std::string stages[] = {
        "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"};
    for (const std::string& written : stages) {
        for (const bool hard : {false, true}) {
            const TransportResult result = send_to([&](Peer& peer, int) {
                peer.read_request();
                peer.write(written);
                if (hard) peer.reset();
            });
            EXPECT_EQ(result.outcome, AttemptOutcome::broken) << written;
            EXPECT_NE(result.error, "");
        }
    }
    // Before the request was read at all.
    const TransportResult early = send_to([](Peer& peer, int) { peer.reset(); });
    EXPECT_TRUE(early.outcome == AttemptOutcome::broken ||
                early.outcome == AttemptOutcome::connect_failed);
}

TEST(HttpClient, an_answer_given_before_the_request_was_read_still_counts) {
    const TransportResult result = send_to([](Peer& peer, int) {
        peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        peer.wait_closed();
    });
    EXPECT_EQ(result.outcome, AttemptOutcome::rejected);
    EXPECT_EQ(result.status, 413);
}

TEST(HttpClient, a_stale_connection_is_replaced_once) {
    // Every connection serves one request, promises to stay, and hangs up when it has seen the next one.
    ScriptedReceiver receiver([](Peer& peer, int) {
        peer.read_request();
        peer.write(ok());
        peer.read_request();
    });
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    const TransportResult second = bench.send(receiver.url());
    EXPECT_EQ(second.outcome, AttemptOutcome::delivered) << second.error;
    EXPECT_FALSE(second.reused_connection);
    EXPECT_EQ(bench.client().statistics().stale_retries, 1U);
    EXPECT_EQ(receiver.connections(), 2);
}

TEST(HttpClient, a_receiver_that_never_answers_is_not_asked_forever) {
    // The first connection serves one request; from then on every request meets a closed door.
    ScriptedReceiver receiver([](Peer& peer, int number) {
        peer.read_request();
        if (number > 0) return;
        peer.write(ok());
        peer.read_request();
    });
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    const TransportResult second = bench.send(receiver.url());
    EXPECT_EQ(second.outcome, AttemptOutcome::broken);
    EXPECT_EQ(receiver.connections(), 2);
}

TEST(HttpClient, a_reused_connection_that_dies_in_the_answer_is_not_retried) {
    ScriptedReceiver receiver([](Peer& peer, int) {
        peer.read_request();
        peer.write(ok());
        peer.read_request();
        peer.write("HTTP/1.1 20");
    });
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::broken);
    EXPECT_EQ(receiver.connections(), 1);
}

TEST(HttpClient, an_idle_connection_closed_by_the_receiver_leaves_the_pool) {
    ScriptedReceiver receiver(once(ok()));
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    bench.advance(5s);
    bench.run_until([&] { return bench.client().statistics().connections_idle == 0; });
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    EXPECT_EQ(bench.client().statistics().stale_retries, 0U);
}

TEST(HttpClient, an_idle_connection_that_talks_unasked_leaves_the_pool) {
    ScriptedReceiver receiver([](Peer& peer, int) {
        peer.read_request();
        peer.write(ok());
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        peer.wait_closed();
    });
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    bench.advance(5s);
    bench.run_until([&] { return bench.client().statistics().connections_idle == 0; });
}

TEST(HttpClient, idle_connections_age_out) {
    ScriptedReceiver receiver(always(ok()));
    HttpClientOptions options;
    options.idle_timeout = 1s;
    ClientBench bench(std::move(options));
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    bench.advance(1s);
    bench.run_until([&] { return bench.client().statistics().connections_idle == 0; });
}

}  // namespace
}  // namespace posthaste
