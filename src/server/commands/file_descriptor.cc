#include "server/commands/file_descriptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace posthaste {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (rc != 0) {
        return fail(ErrorCode::invalid,
                    fmt::format("cannot resolve host '{}': {}", host, ::gai_strerror(rc)));
    }
    return AddressList(found, &::freeaddrinfo);
}

void set_timeouts(int fd, int timeout_ms) {
    timeval tv{};
    tv.tv_sec = timeout_ms / 1000;
    tv.tv_usec = (timeout_ms % 1000) * 1000;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

}  // namespace

void FileDescriptor::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::string last_system_error() { return std::generic_category().message(errno); }

Result<FileDescriptor> open_listener(const std::string& host, std::uint16_t port) {
    ASSIGN_OR_RETURN(auto addresses, look_up(host, port, AI_PASSIVE));
    std::string reason = "no address";
    for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
        FileDescriptor fd(::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        const int on = 1;
        if (fd.is_open()) {
            ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            if (::bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd.get(), 4096) == 0)
                return fd;
        }
        reason = last_system_error();
        if (errno == EADDRINUSE)
            reason = "the port is in use; choose another one, or stop the program that holds it";
        if (errno == EACCES) reason = "ports below 1024 need privileges; choose a higher one";
        if (errno == EADDRNOTAVAIL) reason = "this machine has no such address";
    }
    return fail(ErrorCode::io, fmt::format("cannot listen on {}:{}: {}", host, port, reason));
}

std::uint16_t bound_port(const FileDescriptor& listener) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

Result<std::uint16_t> find_free_port() {
    ASSIGN_OR_RETURN(auto listener, open_listener("127.0.0.1", 0));
    return bound_port(listener);
}

Result<FileDescriptor> open_connection(const std::string& host, std::uint16_t port,
                                       int timeout_ms) {
    ASSIGN_OR_RETURN(auto addresses, look_up(host, port, 0));
    std::string reason = "no address";
    for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
        FileDescriptor fd(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!fd.is_open()) {
            reason = last_system_error();
            continue;
        }
        // A send time-out bounds connect() too.
        set_timeouts(fd.get(), timeout_ms);
        if (::connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0) {
            const int on = 1;
            ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        reason = last_system_error();
    }
    return fail(ErrorCode::unavailable,
                fmt::format("cannot connect to {}:{}: {}", host, port, reason));
}

}  // namespace posthaste
