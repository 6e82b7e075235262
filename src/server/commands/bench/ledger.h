#pragma once

// The ledger of a benchmark: one line per event sent, with the moments of its life. The generator writes when it was
// due, sent and acknowledged; the sink writes when it arrived, how often, and under which webhook-id. After a run the two
// halves are compared: acknowledged but never received is `lost`.
//
// Threads: the fields of a line have one writer each (generator or sink); anyone may read at any time. Memory is reserved
// for `capacity` lines and touched only as they are used.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"

namespace posthaste {

struct LedgerLine {
    std::int64_t due_ns;           // intended start; what latency is measured from
    std::int64_t acknowledged_ns;  // 2xx read; 0 = not (yet)
    std::int64_t received_ns;      // first copy at the sink; 0 = not (yet)
    std::uint32_t target;          // index of the subscription
    std::uint32_t copies;          // how often it was received
    std::uint64_t id_hash;         // of the first copy's webhook-id
};

class Ledger {
public:
    static Result<std::unique_ptr<Ledger>> create(std::size_t capacity);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // Generator. The number of a new event; empty when the ledger is full.
    [[nodiscard]] std::optional<std::uint64_t> issue(std::uint32_t target, std::int64_t due_ns);
    void acknowledge(std::uint64_t number, std::int64_t now_ns);

    enum class Receipt : std::uint8_t { first, duplicate, other_id, unknown };
    // Sink. other_id: a copy under another webhook-id than the first one's, which a receiver could not recognise.
    Receipt receive(std::uint64_t number, std::int64_t now_ns, std::uint64_t id_hash);

    [[nodiscard]] std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
    [[nodiscard]] std::uint64_t acknowledged() const {
        return acknowledged_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t received() const {
        return received_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t duplicates() const {
        return duplicates_.load(std::memory_order_relaxed);
    }

    // A consistent-enough copy of one line. REQUIRES: number < size().
    [[nodiscard]] LedgerLine line(std::uint64_t number) const;

private:
    Ledger(LedgerLine* lines, std::size_t capacity) : lines_(lines), capacity_(capacity) {}

    LedgerLine* const lines_;
    const std::size_t capacity_;
    // On cache lines of their own: the two threads write them for every event.
    alignas(64) std::atomic<std::uint64_t> size_{0};
    std::atomic<std::uint64_t> acknowledged_{0};
    alignas(64) std::atomic<std::uint64_t> received_{0};
    std::atomic<std::uint64_t> duplicates_{0};
};

}  // namespace posthaste
