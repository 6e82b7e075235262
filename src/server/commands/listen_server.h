#pragma once

// The development receiver: an HTTP/1.1 server on one thread that takes any method and path, reports each request and
// answers as its options say, well or badly. Many keep-alive connections; requests of one connection are answered in
// order. Not meant to face the internet: it keeps whatever it is sent (up to 16 MiB a request) in memory.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "domain/signing.h"
#include "server/commands/commands.h"
#include "server/commands/delivery_report.h"
#include "server/commands/file_descriptor.h"
#include "server/commands/listen_answer.h"

namespace posthaste {

struct ListenTotals {
    std::uint64_t deliveries = 0;
    std::uint64_t unique = 0;      // by webhook-id; requests without one are not counted
    std::uint64_t retries = 0;     // known identity, every earlier copy answered badly
    std::uint64_t duplicates = 0;  // known identity, answered well before
    std::uint64_t failed_on_purpose = 0;
    std::uint64_t signatures_valid = 0;
    std::uint64_t signatures_invalid = 0;
    std::uint64_t signatures_missing = 0;
    std::uint64_t malformed = 0;
};

class ListenServer {
public:
    using OnDelivery = std::function<void(const DeliveryReport&)>;

    // Listens from here on. `on_delivery` runs on the thread of run(), before the answer is sent.
    static Result<std::unique_ptr<ListenServer>> create(ListenOptions options,
                                                        OnDelivery on_delivery);
    ~ListenServer();
    ListenServer(const ListenServer&) = delete;
    ListenServer& operator=(const ListenServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return bound_port(listener_); }
    // Serves until `count` deliveries are answered or `stop_fd` becomes readable (a signalfd or an eventfd).
    void run(int stop_fd);
    [[nodiscard]] const ListenTotals& totals() const { return totals_; }

private:
    struct Connection;
    using ConnectionId = std::uint64_t;

    ListenServer(ListenOptions options, OnDelivery on_delivery);
    void accept_all();
    void on_event(ConnectionId id, std::uint32_t events);
    void read_from(Connection& connection);
    void parse(Connection& connection);
    void handle(Connection& connection, const HttpMessage& request);
    void note_identity(DeliveryReport& report, const ListenAnswer& answer);
    void answer(Connection& connection, const ListenAnswer& answer, bool keep_alive);
    void refuse_malformed(Connection& connection);
    void fire_timers();
    void begin_writing(Connection& connection, const ListenAnswer& answer, bool keep_alive);
    void flush(Connection& connection);
    void refill(Connection& connection);
    void finish_answer(Connection& connection);
    void update_interest(Connection& connection);
    void drop(Connection& connection);
    [[nodiscard]] int next_timeout_ms() const;
    [[nodiscard]] bool enough() const;

    const ListenOptions options_;
    const OnDelivery on_delivery_;
    std::optional<SigningKey> key_;
    FileDescriptor listener_;
    FileDescriptor epoll_;
    std::int64_t started_ns_ = 0;
    ConnectionId last_id_ = 0;
    std::uint64_t answered_ = 0;
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
    std::multimap<std::int64_t, ConnectionId> timers_;  // delayed answers by due time
    struct Seen {
        std::uint64_t copies = 0;
        bool answered_well = false;
    };
    std::unordered_map<std::string, Seen> seen_;  // by identity
    ListenTotals totals_;
};

}  // namespace posthaste
