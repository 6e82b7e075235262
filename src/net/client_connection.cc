#include "net/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace posthaste {

namespace {

using boost::system::error_code;

// A head grown beyond this by a large coalesced request is given back before the connection idles.
constexpr std::size_t kHeadBytesKept = 4096;
// Below this size a TLS request goes out as one record, copied behind its head.
constexpr std::size_t kTlsCoalesceBytesMax = 15 * 1024;

}  // namespace

ClientConnection::~ClientConnection() { close(); }

error_code ClientConnection::connect(const asio::ip::tcp::endpoint& endpoint) {
    error_code error;
    socket_.open(endpoint.protocol(), error);
    if (error) return error;
    socket_.non_blocking(true, error);
    if (error) return error;
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.async_connect(endpoint, [self = shared_from_this()](error_code result) {
        if (!self->closed_) self->user_->on_connected(result);
    });
    return {};
}

void ClientConnection::start_tls(std::unique_ptr<TlsSession> session) {
    tls_ = std::move(session);
    handshake();
}

void ClientConnection::handshake() {
    const auto again = [self = shared_from_this()](error_code) {
        if (!self->closed_) self->handshake();
    };
    switch (tls_->handshake()) {
        case TlsSession::Step::done: user_->on_secured({}); return;
        case TlsSession::Step::want_read: socket_.async_wait(Socket::wait_read, again); return;
        case TlsSession::Step::want_write: socket_.async_wait(Socket::wait_write, again); return;
        case TlsSession::Step::closed:
            user_->on_secured("The receiver closed the connection during the TLS handshake.");
            return;
        case TlsSession::Step::failed: user_->on_secured(tls_->reason()); return;
    }
}

ClientConnection::Written ClientConnection::write(std::string_view payload) {
    if (tls_ && payload.size() <= kTlsCoalesceBytesMax) {
        head_.append(payload);
        payload = {};
    }
    rest_ = {std::string_view(head_), payload};
    if (tls_) return write_tls();

    const std::array<asio::const_buffer, 2> buffers{asio::buffer(rest_[0]), asio::buffer(rest_[1])};
    error_code error;
    const std::size_t sent = socket_.write_some(buffers, error);
    if (!error && sent == rest_[0].size() + rest_[1].size()) return Written::all;
    if (error && error != asio::error::would_block) return Written::failed;
    writing_ = true;
    on_write({}, error ? 0 : sent);
    return Written::pending;
}

void ClientConnection::on_write(error_code error, std::size_t bytes) {
    if (closed_) return;
    if (!error) {
        const std::size_t from_head = std::min(bytes, rest_[0].size());
        rest_[0].remove_prefix(from_head);
        rest_[1].remove_prefix(bytes - from_head);
        if (!rest_[0].empty() || !rest_[1].empty()) return write_rest();
    }
    writing_ = false;
    user_->on_written(error);
}

void ClientConnection::write_rest() {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(rest_[0]), asio::buffer(rest_[1])};
    socket_.async_write_some(buffers,
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                                 self->on_write(error, bytes);
                             });
}

ClientConnection::Written ClientConnection::write_tls() {
    writing_ = true;
    for (std::string_view& part : rest_) {
        while (!part.empty()) {
            std::size_t bytes = 0;
            switch (tls_->write(part, bytes)) {
                case TlsSession::Step::done: part.remove_prefix(bytes); break;
                // OpenSSL 3.0 does not renegotiate by default, so only the socket's own buffer can be in the way.
                case TlsSession::Step::want_read:
                case TlsSession::Step::want_write: wait_tls_write(); return Written::pending;
                case TlsSession::Step::closed:
                case TlsSession::Step::failed: writing_ = false; return Written::failed;
            }
        }
    }
    writing_ = false;
    return Written::all;
}

void ClientConnection::wait_tls_write() {
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
        if (self->closed_) return;
        if (error) {
            self->writing_ = false;
            self->user_->on_written(error);
            return;
        }
        const Written written = self->write_tls();
        if (written == Written::pending) return;
        self->user_->on_written(written == Written::all ? error_code{}
                                                        : error_code(asio::error::broken_pipe));
    });
}

void ClientConnection::make_room() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (buffer_.empty()) buffer_.resize(kBufferBytes);
    if (end_ < buffer_.size()) return;
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return;
    }
    buffer_.resize(std::min(buffer_.size() * 2, kBufferBytesMax));
}

void ClientConnection::arm_read() {
    if (reading_ || closed_) return;
    reading_ = true;
    if (tls_) {
        // A wait, not a read: TLS bytes that OpenSSL already holds would never make the descriptor readable.
        if (tls_->has_pending())
            asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read_tls(); });
        else
            socket_.async_wait(Socket::wait_read,
                               [self = shared_from_this()](error_code) { self->read_tls(); });
        return;
    }
    make_room();
    socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                self->on_read(error, bytes);
                            });
}

void ClientConnection::read_tls() {
    if (closed_) return;
    make_room();
    std::size_t bytes = 0;
    switch (tls_->read(buffer_.data() + end_, buffer_.size() - end_, bytes)) {
        case TlsSession::Step::done: on_read({}, bytes); return;
        case TlsSession::Step::want_read:
        case TlsSession::Step::want_write:
            socket_.async_wait(Socket::wait_read,
                               [self = shared_from_this()](error_code) { self->read_tls(); });
            return;
        case TlsSession::Step::closed: on_read(asio::error::eof, 0); return;
        case TlsSession::Step::failed: on_read(asio::error::connection_reset, 0); return;
    }
}

void ClientConnection::on_read(error_code error, std::size_t bytes) {
    if (closed_) return;
    reading_ = false;
    end_ += bytes;
    if (!error) return user_->on_received(*this);
    user_->on_ended(*this, error == asio::error::eof ? error_code{} : error);
}

void ClientConnection::arm_read_later() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->arm_read(); });
}

bool ClientConnection::has_ended() {
    char byte = 0;
    const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    // Behind TLS, bytes may be a session ticket; only the end of the stream says something.
    return got == 0 || !tls_;
}

void ClientConnection::shrink(Rest rest) {
    if (rest == Rest::long_ || head_.capacity() > kHeadBytesKept) head_ = {};
    if (begin_ != end_ || reading_) return;
    if (rest == Rest::long_ || buffer_.size() > kBufferBytes) {
        begin_ = end_ = 0;
        buffer_ = {};
    }
}

void ClientConnection::close() {
    if (closed_) return;
    closed_ = true;
    user_ = nullptr;
    if (tls_) tls_->shutdown();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace posthaste
