#pragma once

// One request on its way, from name to answer. Lives in the frame of HttpClient::send, which waits until finish() has run:
//
//   (idle connection) ───────────────────────────────▶ sending ─▶ waiting ─▶ reading ─▶ done
//   resolving ─▶ connecting (next address) ─▶ securing ──▲  │         │
//       ▲                                                   └────┬────┘
//       └──────── a reused connection was already closed ────────┘ once
//
// Every arrow is a callback from the reactor; every state may also end by its deadline, or by interrupt().

#include <boost/asio/associated_cancellation_slot.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/client_connection.h"
#include "net/client_dns.h"
#include "net/client_response.h"
#include "net/steady_clock.h"
#include "ports/transport.h"

namespace posthaste {

class ClientCore;

class ClientExchange final : private ConnectionUser, private ResolveWaiter {
public:
    ClientExchange(std::shared_ptr<ClientCore> core, OutboundRequest request);
    ~ClientExchange();
    ClientExchange(const ClientExchange&) = delete;
    ClientExchange& operator=(const ClientExchange&) = delete;

    enum class Started : std::uint8_t { pending, finished };
    Started start();
    // REQUIRES: start() returned pending, and nothing has run since. The handler is called once, when finished.
    template <class Handler>
    void when_finished(Handler handler) {
        cancellation_ = asio::get_associated_cancellation_slot(handler);
        if (cancellation_.is_connected())
            cancellation_.assign([this](asio::cancellation_type) { interrupt(); });
        handler_ = std::move(handler);
    }
    [[nodiscard]] TransportResult take_result() { return std::move(result_); }

    void expire(SteadyTime now);
    void interrupt();

    struct ListHook {
        ClientExchange* previous = nullptr;
        ClientExchange* next = nullptr;
    };
    ListHook list_hook;

private:
    enum class Phase : std::uint8_t { resolving, connecting, securing, sending, waiting, reading };
    // Resume the waiting coroutine from here, or from a clean stack when the caller cannot have it run now.
    enum class Resume : std::uint8_t { here, posted };

    void on_resolved(const Resolution& resolution) override;
    void on_connected(boost::system::error_code error) override;
    void on_secured(std::string problem) override;
    void on_written(boost::system::error_code error) override;
    void on_received(ClientConnection& connection) override;
    void on_ended(ClientConnection& connection, boost::system::error_code error) override;

    void start_fresh();
    void choose_addresses(const Resolution& resolution);
    void connect_next(Resume resume = Resume::here);
    void send_request();
    void lose(std::string problem);
    void answer(ClientResponse::State state);
    // What has come of it. REQUIRES: its head has.
    void keep_answer();

    [[nodiscard]] SteadyTime clock_now() const;
    [[nodiscard]] const Target& target() const { return request_.endpoint->target; }
    void enter(Phase phase, SteadyTime deadline);
    void drop_connection();
    void finish(AttemptOutcome outcome, std::string error, Resume resume = Resume::here);

    const std::shared_ptr<ClientCore> core_;
    const OutboundRequest request_;
    TransportResult result_;
    ClientConnectionPtr connection_;
    ClientResponse response_;
    std::vector<IpAddress> addresses_;
    std::size_t next_address_ = 0;
    std::string connect_error_;

    Phase phase_ = Phase::resolving;
    SteadyTime started_at_;
    SteadyTime phase_started_at_;
    SteadyTime phase_deadline_;
    SteadyTime connect_deadline_;
    SteadyTime deadline_;
    bool reused_ = false;
    bool retried_ = false;
    bool resolving_ = false;
    bool write_failed_ = false;
    bool got_byte_ = false;
    bool finished_ = false;

    std::move_only_function<void()> handler_;
    asio::cancellation_slot cancellation_;
};

}  // namespace posthaste
