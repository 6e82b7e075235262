#pragma once

// One outgoing connection, plain or TLS: connects, shakes hands, writes one request, reads into its own buffer. It is told
// what to do by its current user (an exchange; the pool keeps those without one) and reports back to that user from the
// reactor. close() ends the reporting at once; handlers still queued keep the object alive until they have run.
//
// Nothing is armed while it is idle: a read would cost a receive that finds nothing on every request (Asio tries before it
// waits). The pool looks with has_ended() instead, and only at connections that have rested for a while.

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/client_tls.h"
#include "ports/task.h"

namespace posthaste {

class ClientConnection;
using ClientConnectionPtr = std::shared_ptr<ClientConnection>;

class ConnectionUser {
public:
    virtual void on_connected(boost::system::error_code) {}
    // Empty when the handshake succeeded, else a sentence.
    virtual void on_secured(std::string) {}
    // What write() left pending is done or has failed.
    virtual void on_written(boost::system::error_code) {}
    // There are new bytes in unread(). The user decides whether to arm the next read.
    virtual void on_received(ClientConnection& connection) = 0;
    // Nothing more will come; no error code means the peer closed in order.
    virtual void on_ended(ClientConnection& connection, boost::system::error_code error) = 0;

protected:
    ~ConnectionUser() = default;
};

class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
public:
    using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
    static constexpr std::size_t kBufferBytes = 4096;
    // An answer's head must fit, and so must any line of a chunked body.
    static constexpr std::size_t kBufferBytesMax = 16 * 1024 + 512;

    explicit ClientConnection(const Executor& executor) : socket_(executor) {}
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    void set_user(ConnectionUser* user) { user_ = user; }
    // An error means that nothing was started.
    boost::system::error_code connect(const asio::ip::tcp::endpoint& endpoint);
    void start_tls(std::unique_ptr<TlsSession> session);
    [[nodiscard]] int descriptor() { return socket_.native_handle(); }

    enum class Written : std::uint8_t { all, pending, failed };
    // Sends the request head (made by the caller in head()) and then `payload`, which must live until the write is over.
    Written write(std::string_view payload);
    [[nodiscard]] std::string& head() { return head_; }
    [[nodiscard]] bool is_writing() const { return writing_; }

    void arm_read();
    // The same after whatever the reactor has queued: under load the answer is then often there, and one receive is enough.
    void arm_read_later();
    // The peer has closed, or has sent what nobody asked for. REQUIRES: idle.
    [[nodiscard]] bool has_ended();
    [[nodiscard]] std::string_view unread() const {
        return {buffer_.data() + begin_, end_ - begin_};
    }
    void consume(std::size_t bytes) { begin_ += bytes; }
    // No room is left for a longer line or head.
    [[nodiscard]] bool is_full() const { return end_ - begin_ >= kBufferBytesMax; }
    // Gives back what a large answer or request made it hold; without work in sight, all of it.
    enum class Rest : std::uint8_t { brief, long_ };
    void shrink(Rest rest);

    void close();

    // Where the pool keeps it.
    struct PoolHook {
        std::chrono::steady_clock::time_point idle_since;
        ClientConnection* older = nullptr;
        ClientConnection* newer = nullptr;
        void* origin = nullptr;
    };
    PoolHook pool_hook;

private:
    void make_room();
    void on_read(boost::system::error_code error, std::size_t bytes);
    void on_write(boost::system::error_code error, std::size_t bytes);
    void write_rest();
    void handshake();
    void read_tls();
    Written write_tls();
    void wait_tls_write();

    Socket socket_;
    ConnectionUser* user_ = nullptr;
    std::unique_ptr<TlsSession> tls_;
    std::string head_;
    std::array<std::string_view, 2> rest_;  // what is left to write
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool reading_ = false;
    bool writing_ = false;
    bool closed_ = false;
};

}  // namespace posthaste
