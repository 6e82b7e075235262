// The part of HttpConnection that answers with a stream: a head without a length, then pieces as they come, each within the
// write timeout, until the stream is over, the client has gone, or the server drains. The connection ends with the stream.

#include <array>
#include <charconv>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http_connection.h"

namespace posthaste {

namespace {

constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string as_chunk(std::string_view piece) {
    std::array<char, 16> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    std::string chunk;
    chunk.reserve(piece.size() + digits.size());
    chunk.append(digits.data(), end).append("\r\n").append(piece).append("\r\n");
    return chunk;
}

}  // namespace

// What the connection waits for between pieces. Outlives it in the handlers that are still on their way.
struct HttpConnection::StreamNews {
    explicit StreamNews(Executor executor) : timer(executor) {}

    void tell() {
        is_there = true;
        timer.cancel();
    }
    Task<void> wait() {
        while (!std::exchange(is_there, false)) {
            timer.expires_at(SteadyTimer::time_point::max());
            static_cast<void>(
                co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{})));
        }
    }

    SteadyTimer timer;
    bool is_there = false;
    bool is_client_gone = false;
};

// Nothing more is expected of the client: what it sends is dropped, and its end is the stream's.
void HttpConnection::watch_client() {
    auto look = [this, weak = std::weak_ptr(stream_news_)](const boost::system::error_code& ec) {
        const std::shared_ptr<StreamNews> news = weak.lock();
        if (!news || news != stream_news_) return;  // the stream is over, and the connection may be
        // A deadline cancels whatever the socket does: if the write made it all the same, the stream goes on.
        const bool is_cancelled = ec == asio::error::operation_aborted;
        if (is_cancelled || (!ec && drop_input())) return watch_client();
        news->is_client_gone = true;
        news->tell();
    };
    socket_.async_wait(TcpSocket::wait_read, std::move(look));
}

// False: nothing comes any more.
bool HttpConnection::drop_input() {
    std::array<char, 512> dropped{};
    boost::system::error_code ec;
    const std::size_t count = socket_.read_some(asio::buffer(dropped), ec);
    core_->metrics.bytes_received.add(count);
    return !ec || ec == asio::error::would_block;
}

void HttpConnection::end_stream_soon() {
    if (stream_news_) stream_news_->tell();
}

Task<HttpConnection::Sent> HttpConnection::send_piece(std::string piece) {
    unsent_head_.clear();
    sent_ = 0;
    return send_rest(std::move(piece));
}

Task<HttpConnection::Next> HttpConnection::serve_stream(HttpResponse response) {
    const std::shared_ptr<HttpStream> stream = response.stream;  // the head says that there is one
    const bool is_chunked = block_->parser.head().version == HttpVersion::http_1_1;
    const bool for_head = block_->parser.head().method == Method::head;
    response.body.clear();
    Sent sent = send_now(response, AfterResponse::close);
    std::string no_body;
    if (sent == Sent::part) sent = co_await send_rest(std::move(no_body));
    if (sent == Sent::failed) co_return Next::end;
    if (for_head) co_return Next::linger;

    const auto news = stream_news_ = std::make_shared<StreamNews>(socket_.get_executor());
    stream->notify([weak = std::weak_ptr(news)] {
        if (const auto there = weak.lock()) there->tell();
    });
    watch_client();
    phase_ = Phase::handling;
    bool goes_on = true;
    while (goes_on && sent == Sent::all && !news->is_client_gone && !finishing_) {
        std::string piece;
        goes_on = stream->take(piece);
        if (!piece.empty()) {
            if (is_chunked) piece = as_chunk(piece);
            sent = co_await send_piece(std::move(piece));
            phase_ = Phase::handling;
        } else if (goes_on) {
            co_await news->wait();
        }
    }
    stream->notify({});
    stream_news_.reset();
    if (sent == Sent::failed || news->is_client_gone) co_return Next::end;
    std::string last(is_chunked ? kLastChunk : "");
    sent = co_await send_piece(std::move(last));
    boost::system::error_code ignored;
    socket_.cancel(ignored);  // the read, so that lingering can begin its own
    co_return sent == Sent::all ? Next::linger : Next::end;
}

}  // namespace posthaste
