#pragma once

// The HTTP/1 server of one reactor. It owns the listener and its connections, reads one request at a time from each, hands
// it to the HttpHandler and writes the answer, strictly in order; bytes of pipelined requests wait. What breaks the rules or
// the limits is refused here with a body of the handler's choice and never reaches it. Everything runs on the executor's
// one thread, the handler too; only `metrics()` may be read from anywhere.
//
// Life: start(), then drain() or stop_accepting() + close(). After drain() has returned no handler runs any more, unless
// its patience ended first. The destructor closes; the handler must outlive every request that is still in it.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/address_guard.h"
#include "net/steady_clock.h"
#include "ports/http.h"
#include "ports/task.h"

namespace posthaste {

struct ListenAddress {
    std::string host = "127.0.0.1";  // an address or a name that resolves to one
    std::uint16_t port = 0;          // 0: any free one, see HttpServer::local_port
};

// A request that was read and its answer, for an access log.
struct AnsweredRequest {
    // "127.0.0.1:63774", "[::1]:63774"; without a port when a trusted proxy names the client.
    std::string_view client;
    std::string_view method;
    std::string_view path;     // without the query, where people put credentials
    std::string_view version;  // "HTTP/1.1"
    int status = 0;
};

struct HttpServerOptions {
    std::vector<ListenAddress> listen;
    int backlog = 1024;

    std::size_t connections_max = 10'000;
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t header_count_max = 100;
    std::size_t target_bytes_max = 8 * 1024;
    std::size_t body_bytes_max = 8 * 1024 * 1024;
    // What a client may go on sending after a 413 for the connection to live on.
    std::size_t discard_bytes_max = 64 * 1024 * 1024;
    // All large bodies being held at one time; beyond it requests are answered 503.
    std::size_t body_memory_max = 512 * 1024 * 1024;

    Duration header_timeout = 10s;   // from a request's first byte to the end of its head
    Duration request_timeout = 30s;  // from a request's first byte to its last
    Duration body_grace = 10s;       // after it the body must have come at the rate below
    std::size_t body_bytes_per_second_min = 1024;
    Duration keep_alive_idle = 75s;
    Duration write_timeout = 30s;     // without 16 KiB of progress
    Duration linger_timeout = 2s;     // reading on after an answer that ends the connection
    Duration accept_backoff = 100ms;  // after accept failed for want of descriptors or memory

    // Peers whose X-Forwarded-For is believed (net/forwarded_for.h).
    std::vector<Network> trusted_proxies;

    SteadyClock now = &std::chrono::steady_clock::now;

    // Told about handlers that throw and accepts that fail. May be empty.
    std::function<void(std::string_view)> on_error;
    // Told about each answer, before it is sent. May be empty.
    std::function<void(const AnsweredRequest&)> on_answer;
};

// Written by the server's thread, read by any.
struct HttpServerMetrics {
    Counter connections_accepted;
    Counter connections_open;     // a gauge
    Counter connections_refused;  // above connections_max
    Counter accept_errors;
    Counter requests;  // handed to the handler
    Counter handler_errors;
    Counter timeouts;  // headers and bodies too slow, writes without progress
    Counter bytes_received;
    Counter bytes_sent;
    std::array<Counter, 6> responses;  // by the status' first digit; [0] stays 0

    static constexpr std::array kRefusals = {400, 408, 413, 414, 417, 431, 501, 503};
    std::array<Counter, kRefusals.size()> refused;  // by the server itself, in the order above

    [[nodiscard]] std::uint64_t refused_with(int status) const;
};

class HttpServerCore;

class HttpServer {
public:
    // `handler` must outlive the server.
    HttpServer(Executor executor, HttpServerOptions options, HttpHandler& handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Binds and begins to accept. Listeners share their port with other servers of this process (SO_REUSEPORT). Fails with
    // ErrorCode::invalid for an address that cannot be used and ErrorCode::io for one that cannot be bound.
    [[nodiscard]] Result<void> start();
    // The port of `listen[index]`. REQUIRES: started.
    [[nodiscard]] std::uint16_t local_port(std::size_t index = 0) const;

    // No new connections; those the kernel has already accepted are still served. Doing it twice is harmless.
    void stop_accepting();
    // Stops accepting, closes idle connections, answers what is being read or handled with "Connection: close", and returns
    // when the last connection is gone or `patience` is over, whichever is first; what remains then is closed.
    Task<void> drain(Duration patience);
    // Closes every connection at once.
    void close();

    [[nodiscard]] const HttpServerMetrics& metrics() const;

private:
    std::shared_ptr<HttpServerCore> core_;
};

}  // namespace posthaste
