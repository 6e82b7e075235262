#pragma once

// TLS for outgoing connections: OpenSSL directly on the descriptor, so a connection costs ~19 KB instead of the ~79 KB of
// a stream with buffers of its own. A TlsContext holds trust, settings and one resumable session per origin; a TlsSession
// is one connection's state. Both live on one reactor thread. TLS 1.2 or newer; names and addresses are verified.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace posthaste {

enum class TlsVerify : std::uint8_t { off, on };

class TlsContext;

class TlsSession {
public:
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    enum class Step : std::uint8_t { done, want_read, want_write, closed, failed };
    [[nodiscard]] Step handshake();
    // On `done`, `bytes` tells how many were read or written.
    [[nodiscard]] Step read(char* data, std::size_t size, std::size_t& bytes);
    [[nodiscard]] Step write(std::string_view data, std::size_t& bytes);
    // Bytes wait inside OpenSSL: the descriptor may never become readable for them.
    [[nodiscard]] bool has_pending() const;
    [[nodiscard]] bool is_resumed() const;
    // Why the last step failed, as a sentence.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    // Says good-bye without waiting for the answer.
    void shutdown();

private:
    friend class TlsContext;
    struct Impl;
    explicit TlsSession(std::unique_ptr<Impl> impl);
    Step classify(int result);

    std::unique_ptr<Impl> impl_;
    std::string reason_;
    bool established_ = false;
};

class TlsContext {
public:
    // The system's roots, and those of `ca_file` if it is not empty.
    static Result<std::unique_ptr<TlsContext>> create(const std::string& ca_file, TlsVerify verify);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // A session for a connected descriptor; `host` is a name or an address literal, as verified and asked for by SNI.
    // REQUIRES: the context outlives it.
    [[nodiscard]] Result<std::unique_ptr<TlsSession>> open(int descriptor, const std::string& host,
                                                           std::uint16_t port);

private:
    friend class TlsSession;
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
