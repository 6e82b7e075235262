#pragma once

// The Transport over real sockets: HTTP/1.1 with keep-alive, TLS, name resolution, the address guard and deadlines. One
// instance per reactor; everything runs on that reactor's thread.
//
// - Every address, resolved or literal, is judged by the guard right before it is connected to; the judged address is the
//   one connected to.
// - A reused connection that turns out closed before any byte of the answer is replaced by a fresh one, once.
// - `delivered` means a 2xx head and a body read to its end or to the cap. Redirects are answers like any other.
// - Deadlines are looked at every 20 ms while something is in flight, so an attempt may outlive its time by that much.
//
// REQUIRES: destroyed, or stopped and drained, before the io_context. Idle connections and a deadline tick count as work,
// so io_context::run returns only after stop().

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "domain/address_guard.h"
#include "net/steady_clock.h"
#include "ports/transport.h"

namespace posthaste {

struct HttpClientOptions {
    AddressGuard guard;
    std::string user_agent = "posthaste";
    std::chrono::milliseconds connect_timeout{5'000};  // all addresses of a name together
    std::chrono::milliseconds tls_timeout{5'000};
    std::chrono::milliseconds first_byte_timeout{0};  // 0: only the attempt's own time
    std::size_t response_body_max = 16 * 1024;        // kept
    std::size_t response_read_max = 64 * 1024;  // read from the wire; then the connection is closed
    std::size_t connections_idle_max = 256;
    std::size_t connections_idle_per_origin_max = 64;
    std::chrono::milliseconds idle_timeout{30'000};
    std::string ca_file;  // trusted besides the system's roots
    bool verify_tls = true;
    std::string hosts_file = "/etc/hosts";
    std::string dns_servers;  // "address:port,…"; empty: those of /etc/resolv.conf
    SteadyClock now = &std::chrono::steady_clock::now;
};

// Written on the reactor, read there.
struct HttpClientStatistics {
    std::uint64_t requests = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_reused = 0;
    std::uint64_t stale_retries = 0;
    std::size_t in_flight = 0;
    std::size_t connections_idle = 0;
};

class ClientCore;

class HttpClient final : public Transport {
public:
    HttpClient(const Executor& executor, HttpClientOptions options);
    ~HttpClient() override;

    // Can TLS be used (is the CA file readable)? TLS is otherwise set up by the first https request, which fails if not.
    [[nodiscard]] Result<void> check_tls();

    Task<TransportResult> send(OutboundRequest request) override;
    void stop() override;

    [[nodiscard]] HttpClientStatistics statistics() const;

private:
    std::shared_ptr<ClientCore> core_;
};

}  // namespace posthaste
