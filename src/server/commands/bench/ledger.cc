#include "server/commands/bench/ledger.h"

#include <sys/mman.h>

#include <type_traits>

#include <fmt/format.h>

#include "server/commands/file_descriptor.h"

namespace posthaste {
namespace {

// Each field has one writer; atomic_ref makes the reader's side defined without paying for ordering.
template <class T>
T load(T& field) {
    return std::atomic_ref<T>(field).load(std::memory_order_relaxed);
}

template <class T>
void store(T& field, std::type_identity_t<T> value) {
    std::atomic_ref<T>(field).store(value, std::memory_order_relaxed);
}

void add_one(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::create(std::size_t capacity) {
    void* memory = ::mmap(nullptr, capacity * sizeof(LedgerLine), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return fail(ErrorCode::io, fmt::format("cannot reserve memory for {} events: {}", capacity,
                                               last_system_error()));
    }
    return std::unique_ptr<Ledger>(new Ledger(static_cast<LedgerLine*>(memory), capacity));
}

Ledger::~Ledger() { ::munmap(lines_, capacity_ * sizeof(LedgerLine)); }

std::optional<std::uint64_t> Ledger::issue(std::uint32_t target, std::int64_t due_ns) {
    const std::uint64_t number = size_.load(std::memory_order_relaxed);
    if (number == capacity_) return std::nullopt;
    store(lines_[number].target, target);
    store(lines_[number].due_ns, due_ns);
    size_.store(number + 1, std::memory_order_release);
    return number;
}

void Ledger::acknowledge(std::uint64_t number, std::int64_t now_ns) {
    store(lines_[number].acknowledged_ns, now_ns);
    add_one(acknowledged_);
}

Ledger::Receipt Ledger::receive(std::uint64_t number, std::int64_t now_ns, std::uint64_t id_hash) {
    if (number >= size()) return Receipt::unknown;
    LedgerLine& line = lines_[number];
    const std::uint32_t copies = load(line.copies);
    store(line.copies, copies + 1);
    if (copies == 0) {
        store(line.received_ns, now_ns);
        store(line.id_hash, id_hash);
        add_one(received_);
        return Receipt::first;
    }
    add_one(duplicates_);
    return load(line.id_hash) == id_hash ? Receipt::duplicate : Receipt::other_id;
}

LedgerLine Ledger::line(std::uint64_t number) const {
    LedgerLine& line = lines_[number];
    return {load(line.due_ns), load(line.acknowledged_ns), load(line.received_ns),
            load(line.target), load(line.copies),          load(line.id_hash)};
}

}  // namespace posthaste
