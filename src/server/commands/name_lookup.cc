#include "server/commands/name_lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <array>
#include <memory>

#include <fmt/format.h>

#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

struct Lookup {
    bool finished = false;
    int status = ARES_ECANCELLED;
    std::string address;
};

// Called by c-ares, from within ares_process_fd or ares_destroy.
void on_answer(void* user, int status, int /*timeouts*/, ares_addrinfo* found) {
    auto* lookup = static_cast<Lookup*>(user);
    lookup->finished = true;
    lookup->status = status;
    if (found == nullptr) return;
    if (found->nodes != nullptr) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const sockaddr* address = found->nodes->ai_addr;
        const void* raw = address->sa_family == AF_INET6
                              ? static_cast<const void*>(
                                    &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
                              : static_cast<const void*>(
                                    &reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
        if (::inet_ntop(address->sa_family, raw, text.data(), text.size()) != nullptr)
            lookup->address = text.data();
    }
    ::ares_freeaddrinfo(found);
}

void process_once(ares_channel channel, int timeout_ms) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int mask = ::ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
        short events = 0;
        if (ARES_GETSOCK_READABLE(mask, i)) events = POLLIN;
        if (ARES_GETSOCK_WRITABLE(mask, i)) events = static_cast<short>(events | POLLOUT);
        if (events != 0) polled[count++] = pollfd{sockets[static_cast<std::size_t>(i)], events, 0};
    }
    ::poll(polled.data(), count, timeout_ms);
    bool any = false;
    for (nfds_t i = 0; i < count; ++i) {
        const pollfd& each = polled[i];
        if (each.revents == 0) continue;
        any = true;
        ::ares_process_fd(channel, (each.revents & ~POLLOUT) != 0 ? each.fd : ARES_SOCKET_BAD,
                          (each.revents & POLLOUT) != 0 ? each.fd : ARES_SOCKET_BAD);
    }
    if (!any) ::ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace

Result<std::string> look_up_name(const std::string& name, Duration patience) {
    ::ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options{};
    options.timeout = 1000;
    options.tries = 2;
    ares_channel channel = nullptr;
    if (const int rc = ::ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
        rc != ARES_SUCCESS)
        return fail(ErrorCode::io,
                    fmt::format("the resolver cannot start: {}", ::ares_strerror(rc)));
    Lookup lookup;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    ::ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, on_answer, &lookup);
    const std::int64_t deadline = monotonic_nanos() + patience.count() * 1000;
    while (!lookup.finished && monotonic_nanos() < deadline) process_once(channel, 50);
    ::ares_destroy(channel);
    ::ares_library_cleanup();
    if (lookup.status == ARES_SUCCESS && !lookup.address.empty()) return lookup.address;
    return fail(ErrorCode::unavailable, lookup.status == ARES_ECANCELLED
                                            ? std::string("no name server answered")
                                            : std::string(::ares_strerror(lookup.status)));
}

}  // namespace posthaste
