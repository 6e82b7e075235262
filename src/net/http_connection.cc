#include "net/http_connection.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/forwarded_for.h"

namespace posthaste {

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable_t<Executor>{});

// A small body is copied behind its head: one plain send costs less than gathering two pieces.
constexpr std::size_t kCopiedBodyBytes = 4096;

// Progress that renews a write's deadline.
constexpr std::size_t kWriteProgress = 16 * 1024;

std::string address_text(asio::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address.to_string();
}

bool is_one_of(const std::vector<Network>& networks, const asio::ip::address& peer) {
    const asio::ip::address_v6 address =
        peer.is_v6() ? peer.to_v6() : asio::ip::make_address_v6(asio::ip::v4_mapped, peer.to_v4());
    return any_contains(networks, IpAddress{address.to_bytes()});
}

// The kernel is asked for the port, which only an access log shows.
std::string peer_and_port(const HttpServerOptions& options, const std::string& address,
                          const TcpSocket& socket) {
    if (!options.on_answer) return {};
    boost::system::error_code ec;
    const std::string port = std::to_string(socket.remote_endpoint(ec).port());
    const bool is_v6 = address.find(':') != std::string::npos;
    return (is_v6 ? "[" + address + "]:" : address + ":") + port;
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpServerCore> core, TcpSocket socket,
                               const asio::ip::address& peer, Role role)
    : core_(std::move(core)),
      peer_(address_text(peer)),
      peer_and_port_(peer_and_port(core_->options, peer_, socket)),
      is_trusted_proxy_(is_one_of(core_->options.trusted_proxies, peer)),
      role_(role),
      socket_(std::move(socket)),
      large_body_(core_->body_memory) {}

HttpConnection::~HttpConnection() { core_->wheel.remove(*this); }

Task<void> HttpConnection::run() {
    Next next = Next::request;
    if (role_ == Role::turn_away) {
        static_cast<void>(refused(503, "too many connections"));
        next = co_await refuse();
    }
    while (next == Next::request) {
        switch (co_await read_request()) {
            case Read::request: next = co_await serve(); break;
            case Read::refused: next = co_await refuse(); break;
            case Read::too_large: next = co_await refuse_too_large(); break;
            case Read::end: next = Next::end; break;
        }
        end_request();
    }
    if (next == Next::linger) co_await linger();
    give_back_block();
    core_->wheel.disarm(*this);
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void HttpConnection::finish_soon() {
    finishing_ = true;
    boost::system::error_code ignored;
    if (phase_ == Phase::warm || phase_ == Phase::idle) socket_.cancel(ignored);
    end_stream_soon();
}

void HttpConnection::abort() {
    finishing_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    end_stream_soon();
}

void HttpConnection::wait_in(Phase phase, Duration delay) {
    phase_ = phase;
    expired_ = false;
    core_->wheel.arm(*this, delay);
}

void HttpConnection::on_deadline() {
    if (phase_ == Phase::handling) return;
    if ((phase_ == Phase::body || phase_ == Phase::discard) && !body_is_too_slow()) {
        core_->wheel.arm(*this, std::min<Duration>(core_->wheel.tick() * 4, 1s));
        return;
    }
    expired_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

bool HttpConnection::body_is_too_slow() const {
    const HttpServerOptions& options = core_->options;
    const Duration elapsed = core_->now() - request_began_;
    if (elapsed >= options.request_timeout) return true;
    if (elapsed < options.body_grace) return false;
    const auto wanted =
        options.body_bytes_per_second_min * static_cast<std::uint64_t>(elapsed.count()) / 1'000'000;
    return request_bytes_ < wanted;
}

HttpRequest HttpConnection::make_request() const {
    const RequestHead& head = block_->parser.head();
    HttpRequest request;
    request.method = head.method;
    request.method_text = head.method_text;
    request.target = head.target;
    request.path = head.path;
    request.query = head.query;
    request.headers = head.headers;
    request.body = body_;
    request.remote_address = forwarded_client_.empty() ? peer_ : forwarded_client_;
    return request;
}

std::string HttpConnection::forwarded_client_text() const {
    const std::optional<IpAddress> client =
        forwarded_client(block_->parser.head().headers, core_->options.trusted_proxies);
    return client ? to_string(*client) : std::string();
}

Task<HttpConnection::Next> HttpConnection::serve() {
    core_->wheel.disarm(*this);
    phase_ = Phase::handling;
    core_->metrics.requests.add();
    const HttpRequest request = make_request();
    HttpResponse response;
    std::optional<std::string> failure;
    try {
        response = co_await core_->handler.handle(request);
    } catch (const std::exception& e) {
        failure = e.what();
    } catch (...) {
        failure = "an exception of unknown type";
    }
    if (failure) response = handler_failed(request.target, *failure);
    if (response.stream) co_return co_await serve_stream(std::move(response));
    const bool client_closes = !block_->parser.head().keep_alive;
    const bool closing = client_closes || response.close || finishing_ || core_->draining;
    Sent sent = send_now(response, closing ? AfterResponse::close : AfterResponse::keep_alive);
    if (sent == Sent::part) sent = co_await send_rest(std::move(response.body));
    if (sent == Sent::failed) co_return Next::end;
    served_ = true;
    if (!closing) co_return Next::request;
    // A client that asked for the end sends no more, so nothing of the answer can be lost by closing at once.
    co_return client_closes&& request_end_ == end_ ? Next::end : Next::linger;
}

HttpResponse HttpConnection::handler_failed(std::string_view target, std::string_view what) {
    core_->metrics.handler_errors.add();
    core_->report(std::string("the handler of ").append(target).append(" threw: ").append(what));
    HttpResponse response;
    response.status = 500;
    response.body = R"({"detail":"Internal Server Error"})";
    response.close = true;
    return response;
}

// The answer to what never reaches the handler, after which the connection ends.
Task<HttpConnection::Next> HttpConnection::refuse() {
    core_->count_refusal(refusal_.status);
    HttpResponse response = core_->handler.refuse(refusal_.status, refusal_.reason);
    Sent sent = send_now(response, AfterResponse::close);
    if (sent == Sent::part) sent = co_await send_rest(std::move(response.body));
    co_return sent == Sent::all ? Next::linger : Next::end;
}

// 413. The answer goes out at once; reading and dropping the rest of the body lets a client that sends first and reads later
// see it, and keeps the connection usable.
Task<HttpConnection::Next> HttpConnection::refuse_too_large() {
    const RequestHead head = block_->parser.head();
    const bool sized = head.framing == Framing::sized;
    // A client that waits for "100 Continue" may send the body or not; no one can tell what its next bytes are.
    const bool undecided = sized && head.expects_continue && body_begin_ == end_;
    const bool readable =
        !undecided && (!sized || head.content_length <= core_->options.discard_bytes_max);
    const bool keep = readable && head.keep_alive && !finishing_ && !core_->draining;
    core_->count_refusal(413);
    HttpResponse response = core_->handler.refuse(413, "the request body is too large");
    Sent sent = send_now(response, keep ? AfterResponse::keep_alive : AfterResponse::close);
    if (sent == Sent::part) sent = co_await send_rest(std::move(response.body));
    if (sent == Sent::failed) co_return Next::end;
    if (!readable) co_return Next::linger;
    large_body_.release();
    wait_in(Phase::discard, core_->wheel.tick());
    const bool discarded =
        sized ? co_await discard_sized(head.content_length) : co_await discard_chunked();
    served_ = true;
    co_return discarded&& keep ? Next::request : Next::linger;
}

void HttpConnection::tell_answer(int status) const {
    const RequestHead& head = block_->parser.head();
    AnsweredRequest answered;
    answered.client = forwarded_client_.empty() ? peer_and_port_ : forwarded_client_;
    answered.method = head.method_text;
    answered.path = head.path;
    answered.version = head.version == HttpVersion::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
    answered.status = status;
    core_->options.on_answer(answered);
}

HttpConnection::Sent HttpConnection::send_now(HttpResponse& response, AfterResponse after) {
    const bool has_request = has_head_ && block_ != nullptr;
    ResponseForm form;
    form.after = after;
    form.date = core_->date;
    if (has_request) form.version = block_->parser.head().version;
    std::string& head = core_->scratch;
    head.clear();
    append_response_head(head, response, form);
    const bool for_head = has_request && block_->parser.head().method == Method::head;
    if (for_head || !has_body(response.status)) response.body.clear();
    const auto status_class = static_cast<std::size_t>(std::clamp(response.status / 100, 1, 5));
    core_->metrics.responses[status_class].add();
    if (has_request && core_->options.on_answer) tell_answer(response.status);

    boost::system::error_code ec;
    if (response.body.size() <= kCopiedBodyBytes) {
        head += response.body;
        response.body.clear();
        sent_ = socket_.write_some(asio::const_buffer(head.data(), head.size()), ec);
    } else {
        const std::array buffers = {asio::const_buffer(head.data(), head.size()),
                                    asio::const_buffer(response.body.data(), response.body.size())};
        sent_ = socket_.write_some(buffers, ec);
    }
    core_->metrics.bytes_sent.add(sent_);
    if (ec && ec != asio::error::would_block) return Sent::failed;
    if (sent_ == head.size() + response.body.size()) return Sent::all;
    unsent_head_ = head;  // the scratch is everybody's
    return Sent::part;
}

Task<HttpConnection::Sent> HttpConnection::send_rest(std::string body) {
    const std::size_t total = unsent_head_.size() + body.size();
    std::size_t renew_at = sent_ + kWriteProgress;
    wait_in(Phase::write, core_->options.write_timeout);
    while (sent_ < total && !expired_) {
        const std::size_t of_head = std::min(sent_, unsent_head_.size());
        const std::size_t of_body = sent_ - of_head;
        const std::array buffers = {
            asio::const_buffer(unsent_head_.data() + of_head, unsent_head_.size() - of_head),
            asio::const_buffer(body.data() + of_body, body.size() - of_body)};
        const auto [ec, count] = co_await socket_.async_write_some(buffers, kResult);
        if (ec) break;
        sent_ += count;
        core_->metrics.bytes_sent.add(count);
        if (sent_ < renew_at) continue;
        renew_at = sent_ + kWriteProgress;
        core_->wheel.arm(*this, core_->options.write_timeout);
    }
    unsent_head_ = {};
    core_->wheel.disarm(*this);
    if (sent_ == total) co_return Sent::all;
    if (expired_) core_->metrics.timeouts.add();
    co_return Sent::failed;
}

// Closing a socket with unread bytes resets the connection, which may destroy an answer on its way. So the sending side is
// closed first and the rest is read until the client closes, for a short while.
Task<void> HttpConnection::linger() {
    boost::system::error_code ec;
    socket_.shutdown(TcpSocket::shutdown_send, ec);
    if (ec) co_return;
    if (!block_) block_ = core_->blocks.borrow();
    wait_in(Phase::linger, core_->options.linger_timeout);
    while (co_await receive(block_->bytes.get(), block_->capacity) > 0) {
    }
}

}  // namespace posthaste
