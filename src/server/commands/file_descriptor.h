#pragma once

// An owned file descriptor, and the few socket calls that the command-line tools share. Everything here blocks or is
// explicitly non-blocking; the server's own sockets live in src/net and share nothing with this.

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"

namespace posthaste {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor() { reset(); }
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void reset();

private:
    int fd_ = -1;
};

// A non-blocking listening socket. `host` is a numeric address or a name; port 0 picks a free one. The error says what
// to do about a port in use.
[[nodiscard]] Result<FileDescriptor> open_listener(const std::string& host, std::uint16_t port);
// The port a listening socket got.
[[nodiscard]] std::uint16_t bound_port(const FileDescriptor& listener);
// A port that nothing listens on at this moment, on 127.0.0.1.
[[nodiscard]] Result<std::uint16_t> find_free_port();

// Blocking connect within the time-out, with TCP_NODELAY. Reads and writes on the socket have the same time-out.
[[nodiscard]] Result<FileDescriptor> open_connection(const std::string& host, std::uint16_t port,
                                                     int timeout_ms);

// "errno text" of the last failed call.
[[nodiscard]] std::string last_system_error();

}  // namespace posthaste
