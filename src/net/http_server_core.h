#pragma once

// What the connections of one HttpServer share: limits, handler, buffers, the deadline wheel, the Date line, the list of
// connections. Private to the server; kept alive by its connections, so that they may end after the server.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/deadline_wheel.h"
#include "net/http_server.h"
#include "net/request_buffers.h"

namespace posthaste {

class HttpConnection;

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

class HttpServerCore final : public std::enable_shared_from_this<HttpServerCore> {
public:
    HttpServerCore(Executor executor, HttpServerOptions options, HttpHandler& handler);
    HttpServerCore(const HttpServerCore&) = delete;
    HttpServerCore& operator=(const HttpServerCore&) = delete;

    [[nodiscard]] Result<void> listen();
    [[nodiscard]] std::uint16_t local_port(std::size_t index) const;
    void stop_accepting();
    Task<void> drain(Duration patience);
    void close_all();

    // For connections.
    void count_refusal(int status);
    void report(std::string_view what) const;
    // Time since the server was made, as of the last tick.
    [[nodiscard]] Duration now() const { return now_; }

    const HttpServerOptions options;
    HttpHandler& handler;
    HttpServerMetrics metrics;
    DeadlineWheel wheel;
    RequestBlockPool blocks;
    MemoryBudget body_memory;
    std::string date;     // of the current second
    std::string scratch;  // a response's head while it is written, never across an await
    bool draining = false;

private:
    // A listener, and the wait before it accepts again after a failure.
    struct Listener {
        explicit Listener(Executor executor) : acceptor(executor), backoff(executor) {}
        TcpAcceptor acceptor;
        SteadyTimer backoff;
        asio::ip::tcp::endpoint peer;  // of the connection being accepted
        bool failing = false;          // the last accept failed, and was reported
    };

    [[nodiscard]] Result<void> open(Listener& listener, const ListenAddress& address);
    void accept(Listener& listener);
    void accepted(TcpSocket socket, const asio::ip::address& peer);
    void accept_failed(Listener& listener, const boost::system::error_code& ec);
    void joined(HttpConnection& connection);
    void left(HttpConnection& connection);
    void take_backlog(TcpAcceptor& acceptor);
    void update_time();
    void keep_ticking();

    const Executor executor_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    const SteadyTime started_;
    Duration now_{0};
    std::chrono::sys_seconds date_second_{std::chrono::seconds{-1}};
    SteadyTimer tick_timer_;
    SteadyTimer drain_timer_;
    bool ticking_ = false;
    std::vector<HttpConnection*> connections_;  // each knows its index
    std::size_t turning_away_ = 0;  // connections above the limit that are being told so
};

}  // namespace posthaste
