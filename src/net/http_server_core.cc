#include "net/http_server_core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include "base/assert.h"
#include "net/http_connection.h"
#include "net/response_head.h"

namespace posthaste {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

// Connections above the limit that are answered 503; those above that are just closed.
constexpr std::size_t kTurningAwayMax = 256;

// A quarter of the shortest timeout is precise enough, and a quarter of a second costs nothing.
Duration tick_for(const HttpServerOptions& options) {
    const Duration shortest =
        std::min({options.header_timeout, options.request_timeout, options.body_grace,
                  options.keep_alive_idle, options.write_timeout, options.linger_timeout});
    return std::clamp<Duration>(shortest / 4, 1ms, 250ms);
}

RequestLimits limits_of(const HttpServerOptions& options) {
    RequestLimits limits;
    limits.header_bytes_max = options.header_bytes_max;
    limits.header_count_max = options.header_count_max;
    limits.target_bytes_max = options.target_bytes_max;
    return limits;
}

Result<tcp::endpoint> resolve(Executor executor, const ListenAddress& address) {
    error_code ec;
    const auto literal = asio::ip::make_address(address.host, ec);
    if (!ec) return tcp::endpoint(literal, address.port);
    asio::ip::basic_resolver<tcp, Executor> resolver(executor);
    const auto found = resolver.resolve(address.host, std::to_string(address.port), ec);
    if (ec || found.empty())
        return fail(ErrorCode::invalid, "cannot listen on \"" + address.host +
                                            "\": it is neither an address nor a known name");
    return found.begin()->endpoint();
}

}  // namespace

HttpServerCore::HttpServerCore(Executor executor, HttpServerOptions options_in,
                               HttpHandler& handler_in)
    : options(std::move(options_in)),
      handler(handler_in),
      wheel(tick_for(options)),
      blocks(limits_of(options)),
      executor_(executor),
      started_(options.now()),
      tick_timer_(executor),
      drain_timer_(executor) {
    body_memory.bytes_max = options.body_memory_max;
}

Result<void> HttpServerCore::listen() {
    ASSERT(listeners_.empty());
    update_time();
    for (const ListenAddress& address : options.listen) {
        auto listener = std::make_unique<Listener>(executor_);
        if (auto opened = open(*listener, address); !opened) {
            stop_accepting();
            listeners_.clear();
            return opened;
        }
        listeners_.push_back(std::move(listener));
    }
    for (const auto& listener : listeners_) accept(*listener);
    return {};
}

Result<void> HttpServerCore::open(Listener& listener, const ListenAddress& address) {
    const auto endpoint = resolve(executor_, address);
    if (!endpoint) return std::unexpected(endpoint.error());
    TcpAcceptor& acceptor = listener.acceptor;
    error_code ec;
    static_cast<void>(acceptor.open(endpoint->protocol(), ec));
    if (!ec) {
        const int on = 1;
        // Connections inherit TCP_NODELAY from their listener, which saves a call for each.
        ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
        error_code ignored;
        static_cast<void>(acceptor.set_option(tcp::acceptor::reuse_address(true), ignored));
        static_cast<void>(acceptor.set_option(tcp::no_delay(true), ignored));
        if (endpoint->protocol() == tcp::v6())
            static_cast<void>(acceptor.set_option(asio::ip::v6_only(false), ignored));
        static_cast<void>(acceptor.bind(*endpoint, ec));
    }
    if (!ec) static_cast<void>(acceptor.listen(options.backlog, ec));
    if (!ec) static_cast<void>(acceptor.non_blocking(true, ec));
    if (ec)
        return fail(ErrorCode::io, "cannot listen on " + address.host + " port " +
                                       std::to_string(address.port) + ": " + ec.message());
    return {};
}

std::uint16_t HttpServerCore::local_port(std::size_t index) const {
    ASSERT(index < listeners_.size());
    error_code ec;
    return listeners_[index]->acceptor.local_endpoint(ec).port();
}

void HttpServerCore::accept(Listener& listener) {
    listener.acceptor.async_accept(
        executor_, listener.peer,
        [self = shared_from_this(), &listener](const error_code& ec, TcpSocket socket) {
            if (!listener.acceptor.is_open()) return;
            if (ec && ec != asio::error::connection_aborted)
                return self->accept_failed(listener, ec);
            listener.failing = false;
            if (!ec) self->accepted(std::move(socket), listener.peer.address());
            self->accept(listener);
        });
}

// Descriptors or memory have run out, most likely. Connections wait in the backlog meanwhile.
void HttpServerCore::accept_failed(Listener& listener, const error_code& cause) {
    metrics.accept_errors.add();
    if (!std::exchange(listener.failing, true)) report("accept failed: " + cause.message());
    listener.backoff.expires_after(options.accept_backoff);
    listener.backoff.async_wait([self = shared_from_this(), &listener](const error_code& ec) {
        if (!ec && listener.acceptor.is_open()) self->accept(listener);
    });
}

void HttpServerCore::accepted(TcpSocket socket, const asio::ip::address& peer) {
    error_code ec;
    static_cast<void>(socket.non_blocking(true, ec));
    if (ec) return;
    auto role = HttpConnection::Role::serve;
    if (connections_.size() - turning_away_ >= options.connections_max) {
        metrics.connections_refused.add();
        if (turning_away_ == kTurningAwayMax) return;
        role = HttpConnection::Role::turn_away;
    } else {
        metrics.connections_accepted.add();
    }
    auto connection =
        std::make_shared<HttpConnection>(shared_from_this(), std::move(socket), peer, role);
    joined(*connection);
    auto life = connection->run();
    asio::co_spawn(executor_, std::move(life),
                   [self = shared_from_this(), connection](const std::exception_ptr& error) {
                       self->left(*connection);
                       if (!error) return;
                       try {
                           std::rethrow_exception(error);
                       } catch (const std::exception& e) {
                           self->report(std::string("a connection failed: ") + e.what());
                       }
                   });
}

void HttpServerCore::joined(HttpConnection& connection) {
    connection.index = connections_.size();
    connections_.push_back(&connection);
    if (connection.role() == HttpConnection::Role::turn_away) ++turning_away_;
    metrics.connections_open.set(connections_.size());
    if (draining) connection.finish_soon();
    if (ticking_) return;
    ticking_ = true;
    update_time();
    keep_ticking();
}

void HttpServerCore::left(HttpConnection& connection) {
    ASSERT(connections_[connection.index] == &connection);
    if (connection.role() == HttpConnection::Role::turn_away) --turning_away_;
    connections_.back()->index = connection.index;
    connections_[connection.index] = connections_.back();
    connections_.pop_back();
    metrics.connections_open.set(connections_.size());
    if (!connections_.empty()) return;
    tick_timer_.cancel();
    drain_timer_.cancel();
}

void HttpServerCore::keep_ticking() {
    tick_timer_.expires_after(wheel.tick());
    tick_timer_.async_wait([self = shared_from_this()](const error_code&) {
        self->ticking_ = !self->connections_.empty();
        if (!self->ticking_) return;
        self->update_time();
        self->keep_ticking();
    });
}

void HttpServerCore::update_time() {
    now_ = std::chrono::floor<Duration>(options.now() - started_);
    wheel.advance(now_);
    const auto wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (wall == date_second_) return;
    date_second_ = wall;
    date = format_http_date(wall);
}

void HttpServerCore::stop_accepting() {
    for (const auto& listener : listeners_) {
        if (!listener->acceptor.is_open()) continue;
        take_backlog(listener->acceptor);
        error_code ignored;
        static_cast<void>(listener->acceptor.close(ignored));
        listener->backoff.cancel();
    }
}

// Closing a listener resets what the kernel has accepted for it.
void HttpServerCore::take_backlog(TcpAcceptor& acceptor) {
    for (;;) {
        error_code ec;
        tcp::endpoint peer;
        TcpSocket socket(executor_);
        static_cast<void>(acceptor.accept(socket, peer, ec));
        if (ec) return;
        accepted(std::move(socket), peer.address());
    }
}

Task<void> HttpServerCore::drain(Duration patience) {
    const auto self = shared_from_this();
    stop_accepting();
    draining = true;
    for (HttpConnection* const connection : connections_) connection->finish_soon();
    if (!connections_.empty()) {
        drain_timer_.expires_after(patience);
        co_await drain_timer_.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    }
    close_all();
}

void HttpServerCore::close_all() {
    for (HttpConnection* const connection : connections_) connection->abort();
}

void HttpServerCore::count_refusal(int status) {
    const auto& known = HttpServerMetrics::kRefusals;
    const auto* const found = std::find(known.begin(), known.end(), status);
    if (found != known.end())
        metrics.refused[static_cast<std::size_t>(found - known.begin())].add();
}

void HttpServerCore::report(std::string_view what) const {
    if (options.on_error) options.on_error(what);
}

}  // namespace posthaste
