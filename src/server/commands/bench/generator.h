#pragma once

// The sending end of a benchmark: keep-alive connections on one thread, raw epoll, each with one request outstanding, all
// posting the same document with another number and target patched in.
//
// Closed loop (rate 0): a connection sends the next event as soon as the previous one is answered. Open loop: event k is
// due at start + k / rate whether or not the server keeps up; an event that finds no idle connection waits, and its
// latency is counted from when it was due, so a stall of the server is not hidden by the generator stalling with it.
//
// One load runs at a time: begin() starts the thread, end() lets outstanding requests finish and joins it. Connections are
// kept between loads and made anew when they break. Counters may be read from any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "server/commands/bench/ledger.h"
#include "server/commands/file_descriptor.h"
#include "server/commands/quantity.h"

namespace posthaste {

class LoadGenerator {
public:
    struct Options {
        HostPort server;
        unsigned connections = 64;
        std::size_t payload_bytes = 1024;
        std::vector<std::string> paths;  // request targets, by target index; all of one length
        std::string authorization;       // value of the header, empty for none
        std::string body_before;         // around the event document
        std::string body_behind;
        bool idempotency_keys = false;  // each request carries a key of its own
    };
    struct Load {
        double rate = 0;                     // events per second, 0 = closed loop
        std::vector<std::uint32_t> targets;  // taken in turn, over and over
        std::uint64_t events_max = UINT64_MAX;
    };

    static Result<std::unique_ptr<LoadGenerator>> create(Options options, Ledger& ledger);
    ~LoadGenerator();
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;

    void begin(Load load);
    // The load sent all its events and every one was answered or lost with its connection.
    [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
    // Waits until a load with events_max is done. REQUIRES: it has one.
    void finish();
    // Sends nothing new, waits for outstanding answers (at most 15 s), joins.
    void end();

    // CPU time of all loads so far.
    [[nodiscard]] std::int64_t cpu_micros() const;
    struct Counts {
        std::atomic<std::uint64_t> sent{0};
        std::atomic<std::uint64_t> refused{0};     // answered, but not 2xx
        std::atomic<std::uint64_t> unanswered{0};  // the connection broke first
        std::atomic<std::uint64_t> reconnects{0};
        std::atomic<int> last_refusal{0};  // status
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    enum class Phase : std::uint8_t { broken, idle, waiting };
    struct Connection {
        FileDescriptor socket;
        Phase phase = Phase::broken;
        std::uint64_t number = 0;   // of the outstanding event
        std::int64_t retry_ns = 0;  // broken or refused: not before
        std::string partial;
    };

    LoadGenerator(Options options, Ledger& ledger);
    Result<void> open();
    void run();
    void finish_outstanding();
    void issue_due(std::int64_t now);
    [[nodiscard]] bool more_to_issue(std::int64_t now) const;
    [[nodiscard]] std::int64_t due_of_next() const;
    [[nodiscard]] std::int64_t nanos_to_wait(std::int64_t now) const;
    void wait(std::int64_t nanos);
    void send_next(std::size_t index, std::int64_t now);
    void on_readable(std::size_t index);
    void on_answer(std::size_t index, int status, bool close);
    void lose(std::size_t index);
    void revive(std::int64_t now);
    [[nodiscard]] bool connect(std::size_t index);

    const Options options_;
    Ledger& ledger_;
    FileDescriptor epoll_;
    std::vector<Connection> connections_;
    std::vector<std::size_t> idle_;
    std::vector<std::size_t> resting_;  // broken, or refused a moment ago
    std::size_t waiting_ = 0;
    std::string request_;  // head and body; path and number are patched in
    std::size_t path_at_ = 0;
    std::size_t number_at_ = 0;
    std::size_t key_at_ = 0;  // 0: no Idempotency-Key
    std::vector<char> buffer_;

    Load load_;
    std::int64_t start_ns_ = 0;
    std::uint64_t issued_ = 0;
    std::atomic<bool> ending_{false};
    std::atomic<bool> done_{false};
    std::atomic<std::int64_t> cpu_before_{0};  // of earlier loads' threads
    Counts counts_;
    std::thread thread_;
};

}  // namespace posthaste
