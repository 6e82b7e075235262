#pragma once

// Idle keep-alive connections by origin (scheme, host, port), taken newest first so that the surplus of a burst ages out.
// Bounded per origin and in all; the longest idle one makes room. While idle, a connection that the receiver closes, or
// that sends something nobody asked for, is dropped. Lives on one reactor.

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

class ClientPool final : private ConnectionUser {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit ClientPool(PoolLimits limits) : limits_(limits) {}
    ~ClientPool() { clear(); }
    ClientPool(const ClientPool&) = delete;
    ClientPool& operator=(const ClientPool&) = delete;

    // Null when there is none. The connection has a read armed.
    [[nodiscard]] ClientConnectionPtr take(const Target& target);
    // REQUIRES: the connection is quiet: answer read to its end, request written.
    void put(const Target& target, ClientConnectionPtr connection, TimePoint now);
    // Closes what has been idle for too long.
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

    void on_received(ClientConnection& connection) override;
    void on_ended(ClientConnection& connection, boost::system::error_code error) override;
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
