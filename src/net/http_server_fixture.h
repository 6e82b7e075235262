#pragma once

// For the server's tests: a server on a thread of its own and clients that are plain blocking sockets, which can send any
// bytes in any pieces. Reads give up after two minutes, so that a hanging server fails a test instead of stopping it.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "net/http_server.h"

namespace posthaste::testing {

struct TestResponse {
    int status = 0;
    std::string head;
    std::string body;

    [[nodiscard]] bool has(std::string_view line) const {
        return head.find(std::string("\r\n").append(line).append("\r\n")) != std::string::npos;
    }
};

class TestClient {
public:
    explicit TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{120, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~TestClient() { close(); }
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    // False when the server has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Status 0 when the connection ended first. `method` HEAD expects no body.
    TestResponse read(std::string_view method = "GET") {
        TestResponse response;
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!fill()) return response;
        response.head = buffer_.substr(0, end + 4);
        buffer_.erase(0, end + 4);
        const int status = std::atoi(response.head.substr(9, 3).c_str());
        const std::size_t field = response.head.find("\r\nContent-Length: ");
        if (field != std::string::npos && method != "HEAD" && status != 304) {
            const auto length =
                static_cast<std::size_t>(std::atoll(response.head.c_str() + field + 18));
            while (buffer_.size() < length)
                if (!fill()) return response;
            response.body = buffer_.substr(0, length);
            buffer_.erase(0, length);
        }
        response.status = status;
        return response;
    }

    TestResponse ask(std::string_view request) {
        send(request);
        return read();
    }

    // What comes, up to and including that text; empty when the connection ended first.
    std::string read_to(std::string_view text) {
        std::size_t at = 0;
        while ((at = buffer_.find(text)) == std::string::npos)
            if (!fill()) return {};
        std::string read = buffer_.substr(0, at + text.size());
        buffer_.erase(0, at + text.size());
        return read;
    }

    // True when the server has closed and nothing more came before.
    bool at_end() { return buffer_.empty() && !fill() && ended_; }

    void shutdown_send() { ::shutdown(fd_, SHUT_WR); }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int fd() const { return fd_; }

private:
    bool fill() {
        char bytes[65536];
        const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
        ended_ = got == 0 || (got < 0 && errno == ECONNRESET);
        if (got <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    int fd_;
    bool connected_ = false;
    bool ended_ = false;
    std::string buffer_;
};

// Answers with what it was asked: "METHOD path?query|body". Some paths behave specially.
class EchoHandler final : public HttpHandler {
public:
    Task<HttpResponse> handle(HttpRequest request) override {
        handled.fetch_add(1);
        // The padding must be readable; the sanitizers watch.
        unsigned padding = 0;
        for (std::size_t i = 0; i < 64; ++i)
            padding += static_cast<unsigned char>(*(request.body.data() + request.body.size() + i));
        HttpResponse response;
        response.content_type = "text/plain";
        response.body = std::string(request.method_text) + " " + std::string(request.path) + "?" +
                        std::string(request.query) + "|" + std::string(request.body);
        if (padding == ~0u) response.body.clear();
        if (request.path == "/throw") throw std::runtime_error("as asked");
        if (request.path == "/throw-int") throw 7;
        if (request.path == "/empty") response.status = 204;
        if (request.path == "/unchanged") response.status = 304;
        if (request.path == "/close") response.close = true;
        if (request.path == "/extra") response.headers = "X-One: 1\r\nX-Two: 2\r\n";
        if (request.path == "/large") response.body.assign(8 * 1024 * 1024, 'x');
        if (request.path == "/peer") response.body = std::string(request.remote_address);
        if (request.path == "/headers") response.body = list(request);
        if (request.path == "/stream") response.stream = std::exchange(stream, nullptr);
        if (request.path == "/wait") co_await wait_until_released();
        co_return response;
    }

    [[nodiscard]] HttpResponse refuse(int status, std::string_view reason) override {
        HttpResponse response;
        response.status = status;
        response.body = "{\"detail\":\"" + std::string(reason) + "\"}";
        return response;
    }

    // Lets requests for /wait go on. Any thread; one release lets one request pass.
    void release() { gate_.release(); }
    // Blocks the calling thread until a request for /wait has arrived.
    void await_waiting() { waiting_.acquire(); }

    std::shared_ptr<HttpStream> stream;  // of the next request for /stream
    std::atomic<int> handled{0};
    std::atomic<bool> abandoned{false};  // waiting requests go on: the test is over

private:
    // Polls with posts: no timer and no lock is shared with the test's thread.
    Task<void> wait_until_released() {
        waiting_.release();
        while (!abandoned && !gate_.try_acquire())
            co_await asio::post(co_await asio::this_coro::executor,
                                asio::use_awaitable_t<Executor>{});
    }

    static std::string list(const HttpRequest& request) {
        std::string text;
        for (const HeaderView& header : request.headers)
            text += std::string(header.name) + "=" + std::string(header.value) + ";";
        return text;
    }

    std::counting_semaphore<> gate_{0};
    std::counting_semaphore<> waiting_{0};
};

class HttpServerTest : public ::testing::Test {
protected:
    ~HttpServerTest() override { stop(); }

    static HttpServerOptions default_options() {
        HttpServerOptions options;
        options.listen.push_back({"127.0.0.1", 0});
        options.header_timeout = options.request_timeout = options.body_grace = 120s;
        return options;
    }

    void start(HttpServerOptions options = default_options()) {
        options.on_error = [this](std::string_view what) {
            const std::scoped_lock lock(errors_mutex_);
            errors_.emplace_back(what);
        };
        server_ =
            std::make_unique<HttpServer>(context_.get_executor(), std::move(options), handler_);
        const auto started = server_->start();
        ASSERT_TRUE(started) << started.error().message;
        port_ = server_->local_port();
        thread_ = std::thread([this] { context_.run(); });
    }

    // With a clock that stands still until the test moves it: no deadline passes because the machine is slow.
    void start_in_still_time(HttpServerOptions options) {
        options.now = [this] { return SteadyTime(now_.load()); };
        start(std::move(options));
    }
    void advance(Duration time) { now_ = now_.load() + time; }
    // Lets time pass until `condition` holds.
    template <class F>
    [[nodiscard]] bool in_time(F condition) {
        return eventually([&] {
            advance(1ms);
            return condition();
        });
    }

    // Closes the server, lets every connection end, joins the thread.
    void stop() {
        handler_.abandoned = true;
        if (!thread_.joinable()) return;
        asio::post(context_, [this] {
            server_->close();
            work_.reset();
        });
        thread_.join();
        server_.reset();
    }

    // Runs `task` on the server's thread and waits for it.
    void run(Task<void> task) {
        asio::co_spawn(context_.get_executor(), std::move(task), asio::use_future).get();
    }
    template <class F>
    void on_server_thread(F f) {
        std::promise<void> done;
        asio::post(context_, [&] {
            f();
            done.set_value();
        });
        done.get_future().get();
    }
    // Waits until `condition` holds; fails the test when it never does.
    template <class F>
    [[nodiscard]] bool eventually(F condition) {
        const auto patience = std::chrono::steady_clock::now() + 120s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > patience) return false;
            on_server_thread([] {});
        }
        return true;
    }

    [[nodiscard]] std::vector<std::string> errors() {
        const std::scoped_lock lock(errors_mutex_);
        return errors_;
    }

    asio::io_context context_{1};
    asio::executor_work_guard<Executor> work_{context_.get_executor()};
    EchoHandler handler_;
    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
    std::uint16_t port_ = 0;

private:
    std::atomic<SteadyTime::duration> now_{SteadyTime::duration::zero()};
    std::mutex errors_mutex_;
    std::vector<std::string> errors_;
};

}  // namespace posthaste::testing
