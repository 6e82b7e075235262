#include "net/http_client.h"

#include <boost/asio/bind_cancellation_slot.hpp>

#include "net/client_test_support.h"

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

TEST(HttpClient, delivers_and_reports) {
    std::string seen;
    ScriptedReceiver receiver([&](Peer& peer, int) {
        seen = peer.read_request();
        peer.write(ok("thanks"));
        peer.wait_closed();
    });
    HttpClientOptions options;
    options.user_agent = "posthaste/test";
    TransportResult result;
    {
        ClientBench bench(std::move(options));
        OutboundRequest request = make_request(receiver.url(), R"({"k":"v"})");
        request.headers = "webhook-id: msg_1\r\n";
        result = bench.send(std::move(request));
        EXPECT_EQ(bench.client().statistics().connections_idle, 1U);
        EXPECT_EQ(bench.client().statistics().in_flight, 0U);
    }
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.body, "thanks");
    EXPECT_EQ(result.error, "");
    EXPECT_FALSE(result.reused_connection);
    EXPECT_GE(result.timings.total, result.timings.connect + result.timings.first_byte);
    const std::string authority = "127.0.0.1:" + std::to_string(receiver.port());
    EXPECT_EQ(
        seen,
        "POST /hook HTTP/1.1\r\nHost: " + authority +
            "\r\nUser-Agent: posthaste/test\r\nAccept: */*\r\nContent-Type: application/json\r\n"
            "Content-Length: 9\r\nwebhook-id: msg_1\r\n\r\n{\"k\":\"v\"}");
}

TEST(HttpClient, one_connection_serves_many_requests) {
    ScriptedReceiver receiver(always(ok()));
    ClientBench bench;
    for (int i = 0; i < 20; ++i) {
        const TransportResult result = bench.send(receiver.url());
        ASSERT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
        EXPECT_EQ(result.reused_connection, i > 0);
    }
    EXPECT_EQ(receiver.connections(), 1);
    EXPECT_EQ(bench.client().statistics().connections_reused, 19U);
    EXPECT_EQ(bench.client().statistics().stale_retries, 0U);
}

TEST(HttpClient, parallel_requests_get_connections_of_their_own_and_share_them_later) {
    ScriptedReceiver receiver(always(ok()));
    ClientBench bench;
    std::vector<std::optional<TransportResult>*> slots;
    for (int i = 0; i < 16; ++i) slots.push_back(&bench.start(make_request(receiver.url())));
    bench.run_until([&] {
        return std::all_of(slots.begin(), slots.end(),
                           [](const auto* slot) { return slot->has_value(); });
    });
    for (const auto* slot : slots)
        EXPECT_EQ((*slot)->outcome, AttemptOutcome::delivered) << (*slot)->error;
    EXPECT_EQ(bench.client().statistics().connections_opened, 16U);
    EXPECT_TRUE(bench.send(receiver.url()).reused_connection);
}

TEST(HttpClient, idle_connections_are_bounded) {
    ScriptedReceiver first(always(ok()));
    ScriptedReceiver second(always(ok()));
    HttpClientOptions options;
    options.connections_idle_max = 6;
    options.connections_idle_per_origin_max = 4;
    ClientBench bench(std::move(options));
    for (ScriptedReceiver* receiver : {&first, &second}) {
        std::vector<std::optional<TransportResult>*> slots;
        for (int i = 0; i < 10; ++i) slots.push_back(&bench.start(make_request(receiver->url())));
        bench.run_until([&] {
            return std::all_of(slots.begin(), slots.end(),
                               [](const auto* slot) { return slot->has_value(); });
        });
        EXPECT_EQ(bench.client().statistics().connections_idle, receiver == &first ? 4U : 6U);
    }
    EXPECT_TRUE(bench.send(first.url()).reused_connection);
}

TEST(HttpClient, a_large_body_goes_out_whole) {
    std::string seen;
    const std::string payload(8 << 20, 'p');
    TransportResult result;
    {
        ScriptedReceiver receiver([&](Peer& peer, int) {
            seen = peer.read_request();
            peer.write(ok());
        });
        ClientBench bench;
        result = bench.send(make_request(receiver.url(), payload));
    }
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
    EXPECT_TRUE(seen.ends_with(payload));
}

TEST(HttpClient, an_empty_payload_is_a_request_too) {
    ScriptedReceiver receiver(always(ok()));
    ClientBench bench;
    EXPECT_EQ(bench.send(make_request(receiver.url(), "")).outcome, AttemptOutcome::delivered);
}

struct AnswerRow {
    const char* name;
    std::string answer;
    AttemptOutcome outcome;
    int status;
    std::string body;
    bool keeps;
};

TEST(HttpClient, answers) {
    const AnswerRow rows[] = {
        {"created", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::delivered, 201, "ok", true},
        {"no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", AttemptOutcome::delivered, 200,
         "", true},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", AttemptOutcome::delivered, 204, "", true},
        {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", AttemptOutcome::rejected,
         304, "", true},
        {"redirect",
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         AttemptOutcome::rejected, 302, "", true},
        {"500", "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", AttemptOutcome::rejected, 500,
         "oops", true},
        {"chunked",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
         "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
         AttemptOutcome::delivered, 200, "abcde", true},
        {"connection close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::delivered, 200, "ok", false},
        {"read to the end", "HTTP/1.1 200 OK\r\n\r\nuntil the end", AttemptOutcome::delivered, 200,
         "until the end", false},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nold", AttemptOutcome::delivered, 200, "old", false},
        {"HTTP/1.0 with length", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
         AttemptOutcome::delivered, 200, "old", false},
        {"HTTP/1.0 keep-alive",
         "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold",
         AttemptOutcome::delivered, 200, "old", true},
        {"100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::delivered, 200, "ok", true},
        {"103 twice",
         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 400 "
         "No\r\nContent-Length: 0\r\n\r\n",
         AttemptOutcome::rejected, 400, "", true},
        {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", AttemptOutcome::rejected,
         101, "", false},
        {"surplus bytes", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Evil\r\n\r\n",
         AttemptOutcome::delivered, 200, "ok", false},
        // What may be framed in two ways, and what is no HTTP at all.
        {"garbage", "SSH-2.0-OpenSSH_9.2\r\n", AttemptOutcome::broken, 0, "", false},
        {"status 42", "HTTP/1.1 042 What\r\nContent-Length: 0\r\n\r\n", AttemptOutcome::broken, 0,
         "", false},
        {"HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", AttemptOutcome::broken, 0, "",
         false},
        {"chunked twice",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         AttemptOutcome::broken, 0, "", false},
        {"chunked, chunked",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
         AttemptOutcome::broken, 0, "", false},
        {"gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
         AttemptOutcome::broken, 0, "", false},
        {"gzip only", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", AttemptOutcome::broken,
         0, "", false},
        {"gzip and length",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::broken, 0, "", false},
        {"chunked and length",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
         AttemptOutcome::broken, 0, "", false},
        {"chunked in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         AttemptOutcome::broken, 0, "", false},
        {"length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::broken, 0, "", false},
        {"lengths differ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
         AttemptOutcome::broken, 0, "", false},
        {"length +2", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", AttemptOutcome::broken, 0,
         "", false},
        {"folded", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
         AttemptOutcome::broken, 0, "", false},
        {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         AttemptOutcome::broken, 0, "", false},
    };
    for (const AnswerRow& row : rows) {
        ScriptedReceiver receiver([&](Peer& peer, int) {
            if (peer.read_request().empty()) return;
            peer.write(row.answer);
            if (row.keeps) peer.wait_closed();
        });
        ClientBench bench;
        const TransportResult result = bench.send(receiver.url());
        EXPECT_EQ(to_string(result.outcome), to_string(row.outcome))
            << row.name << ": " << result.error;
        if (row.status != 0) {
            EXPECT_EQ(result.status, row.status) << row.name;
        }
        EXPECT_EQ(result.body, row.body) << row.name;
        EXPECT_EQ(bench.client().statistics().connections_idle, row.keeps ? 1U : 0U) << row.name;
        EXPECT_EQ(result.error.empty(), row.outcome != AttemptOutcome::broken) << row.name;
    }
}

TEST(HttpClient, an_answer_may_come_byte_by_byte) {
    const std::string answer =
        "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nRetry-After: "
        "7\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    const TransportResult result = send_to([&](Peer& peer, int) {
        peer.read_request();
        for (const char c : answer) peer.write({&c, 1});
        peer.wait_closed();
    });
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
    EXPECT_EQ(result.body, "abc");
    EXPECT_EQ(result.retry_after, Duration(7s));
}

TEST(HttpClient, a_long_body_is_kept_in_part_and_read_to_its_end_below_the_wire_cap) {
    ScriptedReceiver receiver(always(ok(std::string(40'000, 'x'))));
    ClientBench bench;
    const TransportResult result = bench.send(receiver.url());
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
    EXPECT_EQ(result.body, std::string(16 * 1024, 'x'));
    EXPECT_TRUE(bench.send(receiver.url()).reused_connection);
}

TEST(HttpClient, an_endless_body_does_not_change_the_status) {
    const auto endless = [](std::string head, std::string piece) {
        return [head = std::move(head), piece = std::move(piece)](Peer& peer, int) {
            peer.read_request();
            peer.write(head);
            while (peer.write(piece)) {
            }
        };
    };
    const std::string piece(10'000, 'e');
    const std::pair<std::string, std::string> forms[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", piece},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", piece},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2710\r\n" + piece + "\r\n"},
    };
    for (const auto& [head, bytes] : forms) {
        const TransportResult result = send_to(endless(head, bytes));
        EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
        EXPECT_EQ(result.body, std::string(16 * 1024, 'e'));
    }
    const TransportResult refused = send_to(endless("HTTP/1.1 503 Busy\r\n\r\n", piece));
    EXPECT_EQ(refused.outcome, AttemptOutcome::rejected);
    EXPECT_EQ(refused.status, 503);
    // Framing alone counts as well: one byte of body per six on the wire.
    EXPECT_EQ(
        send_to(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"))
            .outcome,
        AttemptOutcome::delivered);
}

TEST(HttpClient, endless_heads_are_refused) {
    const TransportResult one_line = send_to([](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nX: ");
        while (peer.write(std::string(1000, 'h'))) {
        }
    });
    EXPECT_EQ(one_line.outcome, AttemptOutcome::broken);
    EXPECT_NE(one_line.error, "");
    const TransportResult interim = send_to([](Peer& peer, int) {
        peer.read_request();
        while (peer.write("HTTP/1.1 103 Early Hints\r\n\r\n")) {
        }
    });
    EXPECT_EQ(interim.outcome, AttemptOutcome::broken);
}

TEST(HttpClient, retry_after_is_read) {
    const auto retry_after = [](const std::string& value) {
        return send_to(once("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + value +
                            "\r\n\r\n"))
            .retry_after;
    };
    EXPECT_EQ(retry_after("120"), Duration(120s));
    EXPECT_EQ(retry_after("soon"), std::nullopt);
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Duration(0));
}

TEST(HttpClient, refused_addresses_are_never_connected_to) {
    ScriptedReceiver receiver(always(ok()));
    ClientBench bench({}, ClientBench::StrictGuard{});
    for (const std::string_view host :
         {"127.0.0.1", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "localhost",
          "x.localhost", "169.254.169.254", "10.0.0.1", "[fd00::1]", "0.0.0.0"}) {
        const TransportResult result = bench.send(receiver.url("http", host));
        EXPECT_EQ(result.outcome, AttemptOutcome::blocked) << host;
        EXPECT_NE(result.error.find("may not be reached"), std::string::npos) << result.error;
    }
    EXPECT_EQ(receiver.connections(), 0);
    EXPECT_EQ(bench.client().statistics().connections_opened, 0U);
}

TEST(HttpClient, an_endpoint_whose_url_did_not_parse_is_blocked) {
    ClientBench bench;
    OutboundRequest request = make_request("http://h/");
    request.endpoint = std::make_shared<PreparedEndpoint>();
    EXPECT_EQ(bench.send(std::move(request)).outcome, AttemptOutcome::blocked);
}

TEST(HttpClient, localhost_is_loopback) {
    ScriptedReceiver receiver(always(ok()));
    HttpClientOptions options;
    options.hosts_file = "/nonexistent";
    ClientBench bench(std::move(options));
    EXPECT_EQ(bench.send(receiver.url("http", "localhost")).outcome, AttemptOutcome::delivered);
}

TEST(HttpClient, stop_interrupts_what_is_in_flight_and_refuses_more) {
    ScriptedReceiver receiver([](Peer& peer, int number) {
        if (number == 0) {
            peer.read_request();
            peer.write(ok());
        }
        peer.wait_closed();
    });
    ClientBench bench;
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
    auto& reused = bench.start(make_request(receiver.url()));
    auto& fresh = bench.start(make_request(receiver.url()));
    auto& connecting = bench.start(make_request(receiver.url()));
    bench.run_until([&] { return bench.client().statistics().connections_opened == 2; });
    bench.client().stop();
    bench.client().stop();
    bench.run_until(
        [&] { return reused.has_value() && fresh.has_value() && connecting.has_value(); });
    for (const auto* result : {&reused, &fresh, &connecting})
        EXPECT_EQ((*result)->outcome, AttemptOutcome::interrupted);
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::interrupted);
    EXPECT_EQ(bench.client().statistics().in_flight, 0U);
    EXPECT_EQ(bench.client().statistics().connections_idle, 0U);
}

TEST(HttpClient, cancelling_the_task_interrupts) {
    ScriptedReceiver receiver([](Peer& peer, int) { peer.wait_closed(); });
    ClientBench bench;
    asio::cancellation_signal signal;
    bool done = false;
    const auto finish = [&](std::exception_ptr, TransportResult) { done = true; };
    asio::co_spawn(bench.io(), bench.client().send(make_request(receiver.url())),
                   asio::bind_cancellation_slot(signal.slot(), finish));
    bench.run_until([&] { return bench.client().statistics().connections_opened == 1; });
    signal.emit(asio::cancellation_type::terminal);
    bench.run_until([&] { return done; });
    EXPECT_EQ(bench.client().statistics().in_flight, 0U);
}

TEST(HttpClient, may_be_destroyed_with_requests_in_flight) {
    ScriptedReceiver receiver([](Peer& peer, int) { peer.wait_closed(); });
    asio::io_context io{1};
    HttpClientOptions options;
    options.guard = testing::loopback_guard();
    int finished = 0;
    {
        HttpClient client(io.get_executor(), options);
        for (int i = 0; i < 3; ++i)
            asio::co_spawn(io, client.send(make_request(receiver.url())),
                           [&](std::exception_ptr, TransportResult result) {
                               EXPECT_EQ(result.outcome, AttemptOutcome::interrupted);
                               ++finished;
                           });
        while (client.statistics().connections_opened < 3) io.run_one();
    }
    io.run();
    EXPECT_EQ(finished, 3);
}

}  // namespace
}  // namespace posthaste
