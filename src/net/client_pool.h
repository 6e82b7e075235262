#pragma once

// Idle keep-alive connections by origin (scheme, host, port), taken newest first so that the surplus of a burst ages out.
// Bounded per origin and in all; the longest idle one makes room. A connection that the receiver closed, or that has sent
// something nobody asked for, is never handed out when it has rested for a moment; one that went back just now is not
// looked at, because that costs a system call per request and the exchange copes with a stale one anyway. Lives on one
// reactor.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/url.h"
#include "net/client_connection.h"

namespace posthaste {

struct PoolLimits {
    std::size_t connections_idle_max = 256;
    std::size_t connections_idle_per_origin_max = 64;
    std::chrono::milliseconds idle_timeout{30'000};
};

class ClientPool {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit ClientPool(PoolLimits limits) : limits_(limits) {}
    ~ClientPool() { clear(); }
    ClientPool(const ClientPool&) = delete;
    ClientPool& operator=(const ClientPool&) = delete;

    // Null when there is none.
    [[nodiscard]] ClientConnectionPtr take(const Target& target, TimePoint now);
    // REQUIRES: the connection is quiet: answer read to its end, request written.
    void put(const Target& target, ClientConnectionPtr connection, TimePoint now);
    // Closes what has been idle for too long or was closed by the receiver, and trims what rests. To be called about once a
    // second.
    void expire(TimePoint now);
    void clear();
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Key {
        std::string_view host;
        std::uint16_t port = 0;
        bool tls = false;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    struct Origin {
        std::string host;                       // the key in the map views it
        std::vector<ClientConnectionPtr> idle;  // oldest first
    };

    void link(ClientConnection& connection, Origin& origin, TimePoint now);
    void unlink(ClientConnection& connection);
    void drop(ClientConnection& connection);
    void forget_empty_origins();

    const PoolLimits limits_;
    std::unordered_map<Key, std::unique_ptr<Origin>, KeyHash> origins_;
    ClientConnection* oldest_ = nullptr;
    ClientConnection* newest_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace posthaste
