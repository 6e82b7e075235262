// The reading half of HttpConnection: waiting for a request, its head, its body, and dropping what is refused.

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http_connection.h"

namespace posthaste {

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable_t<Executor>{});

// How long a connection keeps its block after an answer. A busy client sends its next request sooner, and then it costs one
// read; waiting without a block costs a call to epoll_ctl more.
constexpr Duration kWarm = 1s;

// What a chunked body is read into at least.
constexpr std::size_t kWindowBytes = 4096;

}  // namespace

Task<HttpConnection::Read> HttpConnection::read_request() {
    do {
        if (begin_ == end_ && !co_await wait_for_request()) co_return Read::end;
    } while (skip_blank_lines());
    begin_request();
    const Read head = co_await read_head();
    if (head != Read::request) co_return head;
    co_return co_await read_body();
}

// True when a block is held and at least one byte is in it.
Task<bool> HttpConnection::wait_for_request() {
    if (finishing_) co_return false;
    begin_ = end_ = 0;
    if (block_) {
        wait_in(Phase::warm, kWarm);
        end_ = co_await receive(block_->bytes.get(), block_->capacity);
        if (end_ > 0) co_return true;
        if (!expired_ || finishing_) co_return false;
        give_back_block();
    }
    wait_in(Phase::idle, served_ ? core_->options.keep_alive_idle : core_->options.header_timeout);
    const auto [ec] = co_await socket_.async_wait(TcpSocket::wait_read, kResult);
    if (ec || expired_ || finishing_) co_return false;
    block_ = core_->blocks.borrow();
    end_ = co_await receive(block_->bytes.get(), block_->capacity);
    co_return end_ > 0;
}

// The bytes received; 0 when the deadline has passed or the connection is at its end.
Task<std::size_t> HttpConnection::receive(char* into, std::size_t room) {
    if (expired_) co_return 0;
    const auto [ec, count] = co_await socket_.async_read_some(asio::buffer(into, room), kResult);
    core_->metrics.bytes_received.add(count);
    request_bytes_ += count;
    co_return ec ? 0 : count;
}

// Some clients send an empty line behind a body; RFC 9112 §2.2 wants it ignored. True when nothing else is there.
bool HttpConnection::skip_blank_lines() {
    while (block_->view(begin_, end_).starts_with("\r\n")) begin_ += 2;
    return begin_ == end_;
}

void HttpConnection::begin_request() {
    // The head and a window behind it must fit without moving while views into them exist.
    if (block_->capacity - begin_ < core_->options.header_bytes_max + kWindowBytes) {
        std::memmove(block_->bytes.get(), block_->bytes.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    block_->parser.reset();
    request_began_ = core_->now();
    request_bytes_ = end_ - begin_;
    request_end_ = end_;
    chunks_ = {};
}

void HttpConnection::end_request() {
    begin_ = std::min(request_end_, end_);
    has_head_ = false;
    forwarded_client_.clear();
    body_ = {};
    large_body_.release();
}

void HttpConnection::give_back_block() {
    begin_ = end_ = request_end_ = 0;
    has_head_ = false;
    core_->blocks.give_back(std::move(block_));
}

HttpConnection::Read HttpConnection::refused(int status, std::string_view reason) {
    refusal_ = {status, reason};
    return Read::refused;
}

HttpConnection::Read HttpConnection::read_failed() {
    if (!expired_) return Read::end;
    core_->metrics.timeouts.add();
    return refused(408, "the request took too long to arrive");
}

Task<HttpConnection::Read> HttpConnection::read_head() {
    bool waited = false;
    for (;;) {
        const std::string_view input = block_->view(begin_, end_);
        // A lone CR may become an empty line, which is skipped.
        const auto progress =
            input == "\r" ? RequestParser::Progress::need_more : block_->parser.parse(input);
        if (progress == RequestParser::Progress::refused) {
            const RequestRefusal& refusal = block_->parser.refusal();
            co_return refused(refusal.status, refusal.reason);
        }
        if (progress == RequestParser::Progress::done) break;
        if (!waited) wait_in(Phase::head, core_->options.header_timeout);
        waited = true;
        const std::size_t count =
            co_await receive(block_->bytes.get() + end_, block_->capacity - end_);
        if (count == 0) co_return read_failed();
        end_ += count;
        if (input == "\r") static_cast<void>(skip_blank_lines());
    }
    has_head_ = true;
    if (is_trusted_proxy_) forwarded_client_ = forwarded_client_text();
    body_begin_ = begin_ + block_->parser.head_bytes();
    request_end_ = body_begin_;
    co_return Read::request;
}

Task<HttpConnection::Read> HttpConnection::read_body() {
    const RequestHead& head = block_->parser.head();
    if (head.framing == Framing::none) {
        body_ = block_->view(body_begin_, body_begin_);
        co_return Read::request;
    }
    if (head.framing == Framing::sized && head.content_length > core_->options.body_bytes_max)
        co_return Read::too_large;
    if (head.expects_continue && body_begin_ == end_ && !invite_body()) co_return Read::end;
    if (head.framing == Framing::chunked) co_return co_await read_chunked_body();

    const auto length = static_cast<std::size_t>(head.content_length);
    if (end_ - body_begin_ < length) {
        const Read read = co_await read_sized_body(length);
        if (read != Read::request) co_return read;
    }
    if (large_body_.size() > 0) {
        body_ = large_body_.view();
        request_end_ = end_;
    } else {
        request_end_ = body_begin_ + length;
        body_ = block_->view(body_begin_, request_end_);
    }
    co_return Read::request;
}

// These few bytes fit into the socket's buffer unless the client never reads.
bool HttpConnection::invite_body() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::system::error_code ec;
    const std::size_t count =
        socket_.write_some(asio::const_buffer(kContinue.data(), kContinue.size()), ec);
    core_->metrics.bytes_sent.add(count);
    return !ec && count == kContinue.size();
}

Task<HttpConnection::Read> HttpConnection::read_sized_body(std::size_t length) {
    wait_in(Phase::body, first_body_check());
    if (body_begin_ + length <= block_->capacity) {
        while (end_ - body_begin_ < length) {
            const std::size_t count =
                co_await receive(block_->bytes.get() + end_, block_->capacity - end_);
            if (count == 0) co_return read_failed();
            end_ += count;
        }
        co_return Read::request;
    }
    if (!large_body_.append(block_->view(body_begin_, end_), length))
        co_return refused(503, "too many large requests at once");
    end_ = body_begin_;
    while (large_body_.size() < length) {
        if (!large_body_.grow(length)) co_return refused(503, "too many large requests at once");
        const std::size_t count = co_await receive(large_body_.tail(), large_body_.room());
        if (count == 0) co_return read_failed();
        large_body_.added(count);
    }
    co_return Read::request;
}

Task<HttpConnection::Read> HttpConnection::read_chunked_body() {
    bool waited = false;
    for (;;) {
        if (const auto read = take_chunks()) co_return *read;
        if (!waited) wait_in(Phase::body, first_body_check());
        waited = true;
        const std::size_t count =
            co_await receive(block_->bytes.get() + end_, block_->capacity - end_);
        if (count == 0) co_return read_failed();
        end_ += count;
    }
}

// Decodes what is in the window behind the head; empty when the coding goes on.
std::optional<HttpConnection::Read> HttpConnection::take_chunks() {
    const std::size_t bytes_max = core_->options.body_bytes_max;
    std::string_view input = block_->view(request_end_, end_);
    for (;;) {
        const ChunkDecoder::Event event = chunks_.next(input);
        request_end_ = end_ - input.size();
        switch (event) {
            case ChunkDecoder::Event::data:
                if (chunks_.data().size() > bytes_max - large_body_.size()) return Read::too_large;
                if (!large_body_.append(chunks_.data(), bytes_max))
                    return refused(503, "too many large requests at once");
                break;
            case ChunkDecoder::Event::need_more: request_end_ = end_ = body_begin_; return {};
            case ChunkDecoder::Event::done:
                body_ = large_body_.size() > 0 ? large_body_.view()
                                               : block_->view(request_end_, request_end_);
                return Read::request;
            case ChunkDecoder::Event::malformed: return refused(400, "malformed chunked body");
            case ChunkDecoder::Event::too_large:
                return refused(431, "chunk extensions or trailers are too large");
        }
    }
}

// Both discards leave request_end_ where the next request begins. The head is not needed any more.
Task<bool> HttpConnection::discard_sized(std::uint64_t length) {
    const std::size_t here = end_ - body_begin_;
    if (here >= length) {
        request_end_ = body_begin_ + static_cast<std::size_t>(length);
        co_return true;
    }
    request_end_ = end_ = 0;
    for (std::uint64_t left = length - here; left > 0;) {
        const std::size_t count = co_await receive(
            block_->bytes.get(),
            static_cast<std::size_t>(std::min<std::uint64_t>(left, block_->capacity)));
        if (count == 0) co_return false;
        left -= count;
    }
    co_return true;
}

Task<bool> HttpConnection::discard_chunked() {
    std::uint64_t left = core_->options.discard_bytes_max;
    for (;;) {
        std::string_view input = block_->view(request_end_, end_);
        ChunkDecoder::Event event = chunks_.next(input);
        while (event == ChunkDecoder::Event::data && chunks_.data().size() <= left) {
            left -= chunks_.data().size();
            event = chunks_.next(input);
        }
        request_end_ = end_ - input.size();
        if (event == ChunkDecoder::Event::done) co_return true;
        if (event != ChunkDecoder::Event::need_more) co_return false;
        request_end_ = 0;
        end_ = co_await receive(block_->bytes.get(), block_->capacity);
        if (end_ == 0) co_return false;
    }
}

// When a body is looked at first: a body that keeps its rate is looked at again about every second.
Duration HttpConnection::first_body_check() const {
    const HttpServerOptions& options = core_->options;
    const Duration limit = std::min(options.body_grace, options.request_timeout);
    return std::max<Duration>(limit - (core_->now() - request_began_), Duration::zero());
}

}  // namespace posthaste
