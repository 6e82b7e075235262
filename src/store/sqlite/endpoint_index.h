#pragma once

// "Attempts of an endpoint, newest first" for one log file, in memory: 24 bytes an attempt. The writer adds what it has
// committed; readers ask. After a restart the index is cold: it holds only what was added since, until a reader has read
// the file (merge) and declared it warm. Thread-safe.

#include <atomic>
#include <compare>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace posthaste {

// Ordered by start, then key: the order in which pages show them, backwards.
struct AttemptKey {
    std::int64_t started_at = 0;
    std::uint64_t event = 0;
    std::uint32_t number = 0;

    friend auto operator<=>(const AttemptKey&, const AttemptKey&) = default;
};

struct EndpointAttempt {
    std::uint64_t endpoint = 0;
    AttemptKey key;

    friend auto operator<=>(const EndpointAttempt&, const EndpointAttempt&) = default;
};

class EndpointIndex {
public:
    // Adding what is there already changes nothing.
    void add(const std::vector<EndpointAttempt>& attempts);
    // The newest `limit` of one endpoint, newest first.
    [[nodiscard]] std::vector<AttemptKey> newest(std::uint64_t endpoint, std::size_t limit) const;
    // Everything, sorted.
    [[nodiscard]] std::vector<EndpointAttempt> sorted() const;
    void clear();

    [[nodiscard]] bool is_warm() const { return warm_.load(std::memory_order_acquire); }
    void set_warm() { warm_.store(true, std::memory_order_release); }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::vector<AttemptKey>> attempts_;
    std::atomic<bool> warm_{false};
};

}  // namespace posthaste
