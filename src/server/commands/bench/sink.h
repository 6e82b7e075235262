#pragma once

// The receiving end of a benchmark: many origins (listening ports) on one thread of its own, raw epoll, answering each
// delivery with the shortest 200 and writing its receipt into the ledger. An origin can be told to hang: it then reads
// requests and never answers, and nothing it gets counts as received. The signature of every 1000th delivery is checked.
//
// start() and stop() belong to the owner's thread; counters and set_behaviour() may be used from any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "domain/signing.h"
#include "server/commands/bench/ledger.h"
#include "server/commands/file_descriptor.h"

namespace posthaste {

enum class OriginBehaviour : std::uint8_t { answer, hang };

class DeliverySink {
public:
    struct Options {
        unsigned origins = 50;
        SigningKey key;  // of all subscriptions
    };

    static Result<std::unique_ptr<DeliverySink>> start(Options options, Ledger& ledger);
    ~DeliverySink();
    DeliverySink(const DeliverySink&) = delete;
    DeliverySink& operator=(const DeliverySink&) = delete;

    void stop();
    [[nodiscard]] std::uint16_t port(unsigned origin) const { return origins_[origin].port; }
    void set_behaviour(unsigned origin, OriginBehaviour behaviour);

    // Deliveries that reached an answering origin after this moment; the first one's arrival, 0 before it came.
    void watch_for_first();
    [[nodiscard]] std::int64_t first_seen_ns() const {
        return first_seen_ns_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] std::int64_t cpu_micros() const;
    struct Counts {
        std::atomic<std::uint64_t> malformed{0};
        std::atomic<std::uint64_t> unknown{0};   // not an event of this run
        std::atomic<std::uint64_t> other_id{0};  // a copy under another webhook-id
        std::atomic<std::uint64_t> hanging{0};   // requests swallowed by hanging origins
        std::atomic<std::uint64_t> signatures_checked{0};
        std::atomic<std::uint64_t> signatures_bad{0};
        std::atomic<std::uint64_t> connections{0};
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    struct Origin {
        FileDescriptor listener;
        std::uint16_t port = 0;
        std::unique_ptr<std::atomic<OriginBehaviour>> behaviour;
    };
    struct Connection {
        unsigned origin = 0;
        std::string partial;  // of a request that came in pieces
    };

    DeliverySink(Options options, Ledger& ledger);
    Result<void> open();
    void run();
    void accept_all(unsigned origin);
    void on_readable(int fd);
    // Returns the bytes of whole requests at the front of `data`; npos for a connection to be closed.
    [[nodiscard]] std::size_t serve(int fd, unsigned origin, std::string_view data);
    void take_delivery(std::string_view head, std::string_view body, std::string_view webhook_id);
    void check_signature(std::string_view head, std::string_view body, std::string_view webhook_id);
    void close_connection(int fd);

    const Options options_;
    Ledger& ledger_;
    FileDescriptor epoll_;
    FileDescriptor wake_;
    std::vector<Origin> origins_;
    std::vector<Connection> connections_;  // by descriptor
    std::vector<char> buffer_;
    Counts counts_;
    std::uint64_t seen_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> watching_{false};
    std::atomic<std::int64_t> first_seen_ns_{0};
    std::thread thread_;
};

}  // namespace posthaste
