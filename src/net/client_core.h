#pragma once

// What the exchanges of one HttpClient share: options, connections, names, TLS trust, and the two coarse timers (deadlines
// of what is in flight, ages of what is idle). Kept alive by its client and by every exchange and timer handler. Lives on
// one reactor.

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <memory>

#include "net/client_dns.h"
#include "net/client_pool.h"
#include "net/client_tls.h"
#include "net/http_client.h"

namespace posthaste {

class ClientExchange;

class ClientCore : public std::enable_shared_from_this<ClientCore> {
public:
    ClientCore(const Executor& executor, HttpClientOptions options);
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;

    // The deadlines of `exchange` are watched from now on, until remove().
    void add(ClientExchange& exchange);
    void remove(ClientExchange& exchange);
    void put_idle(const Target& target, ClientConnectionPtr connection, SteadyTime now);
    [[nodiscard]] Result<TlsContext*> tls();
    // Ends every exchange with `interrupted`; new ones end at once.
    void stop();

    const Executor executor;
    const HttpClientOptions options;
    ClientPool pool;
    ClientResolver resolver;
    HttpClientStatistics statistics;
    bool stopped = false;

private:
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>, Executor>;

    void arm_deadlines();
    void check_deadlines();
    void arm_ages();

    std::unique_ptr<TlsContext> tls_;
    ClientExchange* first_ = nullptr;  // intrusive list of what is in flight
    Timer deadline_timer_;
    Timer age_timer_;
    bool deadlines_armed_ = false;
    bool ages_armed_ = false;
};

}  // namespace posthaste
