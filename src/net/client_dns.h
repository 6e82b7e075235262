#pragma once

// Names to addresses for the outgoing side: the hosts file first, then DNS by c-ares on the reactor's own loop. Answers are
// cached for their TTL within bounds, failures for a few seconds; questions for a name already being asked are joined.
// It judges nothing: whoever connects asks the AddressGuard about every address. Lives on one reactor.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/address_guard.h"
#include "ports/task.h"

namespace posthaste {

struct ResolverOptions {
    std::string hosts_file = "/etc/hosts";
    std::string dns_servers;  // "address:port,…"; empty: those of /etc/resolv.conf
    std::chrono::milliseconds ttl_min{1'000};
    std::chrono::milliseconds ttl_max{60'000};
    std::chrono::milliseconds negative_ttl{3'000};
    std::size_t names_max = 4096;
};

// Addresses, or a sentence why there are none. IPv4 comes first: nearly every receiver has it, and a host without an
// IPv6 route finds out only by waiting.
struct Resolution {
    std::vector<IpAddress> addresses;
    std::string error;
};

class ResolveWaiter {
public:
    virtual void on_resolved(const Resolution& resolution) = 0;

protected:
    ~ResolveWaiter() = default;
};

class ClientResolver {
public:
    ClientResolver(const Executor& executor, ResolverOptions options);
    ~ClientResolver();
    ClientResolver(const ClientResolver&) = delete;
    ClientResolver& operator=(const ClientResolver&) = delete;

    // The answer when it is known, valid until the reactor runs on; else null, and the waiter is told later, from the
    // reactor. `host` is in lower case.
    [[nodiscard]] const Resolution* resolve(const std::string& host, ResolveWaiter& waiter);
    // The waiter is told nothing any more. Harmless when it was told already.
    void cancel(const std::string& host, ResolveWaiter& waiter);
    // Forgets all waiters and closes every socket.
    void stop();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace posthaste
