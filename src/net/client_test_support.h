#pragma once

// For the tests of the outgoing side: a receiver on loopback that follows a script per connection (each in a thread of its
// own, with blocking calls), and a runner that sends requests on a reactor of the test's thread.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/http_client.h"

namespace posthaste::testing {

// The receiver's end of one connection.
class Peer {
public:
    explicit Peer(int socket) : socket_(socket) {}
    ~Peer() { close(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    // Head and body of the next request; empty when the client closed instead.
    std::string read_request() {
        std::size_t end = std::string::npos;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!fill()) return {};
        std::size_t length = 0;
        const std::size_t field = buffer_.find("Content-Length: ");
        if (field < end) std::from_chars(buffer_.data() + field + 16, buffer_.data() + end, length);
        while (buffer_.size() < end + 4 + length)
            if (!fill()) return {};
        std::string request = buffer_.substr(0, end + 4 + length);
        buffer_.erase(0, request.size());
        return request;
    }
    bool write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // Returns once the client has closed.
    void wait_closed() {
        buffer_.clear();
        while (fill()) buffer_.clear();
    }
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    // Closes with a RST.
    void reset() {
        const linger hard{1, 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    [[nodiscard]] int descriptor() const { return socket_; }

private:
    bool fill() {
        char bytes[4096];
        const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    int socket_;
    std::string buffer_;
};

class ScriptedReceiver {
public:
    // `number` counts connections from 0. The connection is closed when the script returns.
    using Script = std::function<void(Peer& peer, int number)>;

    explicit ScriptedReceiver(Script script) : script_(std::move(script)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 64), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~ScriptedReceiver() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        for (std::thread& thread : threads_) thread.join();
        ::close(listener_);
    }
    ScriptedReceiver(const ScriptedReceiver&) = delete;
    ScriptedReceiver& operator=(const ScriptedReceiver&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_.load(); }
    [[nodiscard]] std::string url(std::string_view scheme = "http",
                                  std::string_view host = "127.0.0.1") const {
        return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(port_) +
               "/hook";
    }

private:
    void accept_all() {
        while (true) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            const int one = 1;
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            const int number = connections_++;
            threads_.emplace_back([this, socket, number] {
                Peer peer(socket);
                script_(peer, number);
            });
        }
    }

    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    std::list<std::thread> threads_;  // touched by the acceptor only, until it has ended
    std::thread acceptor_;
};

inline OutboundRequest make_request(const std::string& url, std::string payload = R"({"a":1})") {
    auto endpoint = std::make_shared<PreparedEndpoint>();
    auto target = parse_target(url);
    EXPECT_TRUE(target) << url;
    if (target) endpoint->target = *target;
    auto event = std::make_shared<Event>();
    event->payload = std::move(payload);
    OutboundRequest request;
    request.endpoint = std::move(endpoint);
    request.event = std::move(event);
    return request;
}

inline AddressGuard loopback_guard() { return AddressGuard({*parse_network("127.0.0.0/8")}); }

// A client on a reactor that runs only while a request is waited for. Its clock hardly moves, so that nothing times
// out because the machine is slow; advance() moves it.
class ClientBench {
public:
    explicit ClientBench(HttpClientOptions options = {}) {
        if (options.guard.refused_because(*parse_ip("127.0.0.1")) == "loopback" && allow_loopback_)
            options.guard = loopback_guard();
        make_client(std::move(options));
    }
    // With the guard as the options have it.
    struct StrictGuard {};
    ClientBench(HttpClientOptions options, StrictGuard) : allow_loopback_(false) {
        make_client(std::move(options));
    }
    ~ClientBench() {
        client_->stop();
        io_.restart();
        io_.run();
    }
    ClientBench(const ClientBench&) = delete;
    ClientBench& operator=(const ClientBench&) = delete;

    // Starts a request; its result is at the returned place once run_until() says so.
    std::optional<TransportResult>& start(OutboundRequest request) {
        auto& slot = results_.emplace_back();
        const auto keep = [&slot](std::exception_ptr error, TransportResult result) {
            EXPECT_FALSE(error);
            slot = std::move(result);
        };
        asio::co_spawn(io_, client_->send(std::move(request)), keep);
        return slot;
    }
    template <class Condition>
    void run_until(Condition condition) {
        io_.restart();
        while (!condition() && io_.run_one() > 0) {
        }
        EXPECT_TRUE(condition());
    }
    // Does what can be done without waiting, then lets this time pass.
    void advance(Duration time) {
        io_.restart();
        while (io_.poll() > 0) {
        }
        now_ += time;
    }
    TransportResult result_of(const std::optional<TransportResult>& slot) {
        run_until([&] { return slot.has_value(); });
        return slot.value_or(TransportResult{});
    }
    TransportResult send(OutboundRequest request) { return result_of(start(std::move(request))); }
    TransportResult send(const std::string& url) { return send(make_request(url)); }

    HttpClient& client() { return *client_; }
    asio::io_context& io() { return io_; }

private:
    void make_client(HttpClientOptions options) {
        options.now = [this] { return now_ += 1us; };
        client_.emplace(io_.get_executor(), std::move(options));
    }

    bool allow_loopback_ = true;
    SteadyTime now_ = std::chrono::steady_clock::now();
    asio::io_context io_{1};
    std::list<std::optional<TransportResult>> results_;
    std::optional<HttpClient> client_;
};

inline std::string ok(std::string_view body = "ok", std::string_view headers = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
}

// Answers every request of a connection with the same bytes.
inline ScriptedReceiver::Script always(std::string answer) {
    return [answer = std::move(answer)](Peer& peer, int) {
        while (!peer.read_request().empty())
            if (!peer.write(answer)) return;
    };
}

// Answers the first request, then closes.
inline ScriptedReceiver::Script once(std::string answer) {
    return [answer = std::move(answer)](Peer& peer, int) {
        peer.read_request();
        peer.write(answer);
    };
}

inline TransportResult send_to(ScriptedReceiver::Script script, HttpClientOptions options = {}) {
    ScriptedReceiver receiver(std::move(script));
    ClientBench bench(std::move(options));
    return bench.send(receiver.url());
}

}  // namespace posthaste::testing
