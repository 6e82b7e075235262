#pragma once

// One accepted connection: read a request, let the handler answer, write, again. Private to the server. A connection is
// owned by its own running task and ends with it. See http_server.h for the rules and http_server_core.h for what it shares.
//
//   idle ──first byte──> head ──> body ──> handling ──> writing ──keep-alive──> idle
//                          └─refused─┴──────> writing ──> lingering ──> end
//                                                 └─413─> discarding ──> idle

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/chunk_decoder.h"
#include "net/http_server_core.h"
#include "net/response_head.h"

namespace posthaste {

class HttpConnection final : public DeadlineEntry {
public:
    enum class Role : std::uint8_t { serve, turn_away };

    HttpConnection(std::shared_ptr<HttpServerCore> core, TcpSocket socket,
                   const asio::ip::address& peer, Role role);
    ~HttpConnection() override;

    // The connection's life. The caller keeps the object alive until the task ends.
    Task<void> run();

    // Ends it at the next chance that loses nothing: at once when idle, else after the current answer.
    void finish_soon();
    void abort();

    [[nodiscard]] Role role() const { return role_; }
    std::size_t index = 0;  // in the core's list

private:
    // What the connection waits for, which decides what a passed deadline means.
    enum class Phase : std::uint8_t { warm, idle, head, body, discard, handling, write, linger };
    // How reading a request ended.
    enum class Read : std::uint8_t { request, refused, too_large, end };
    // What becomes of the connection after an answer.
    enum class Next : std::uint8_t { request, linger, end };

    enum class Sent : std::uint8_t { all, part, failed };

    void on_deadline() override;
    [[nodiscard]] bool body_is_too_slow() const;
    [[nodiscard]] Duration first_body_check() const;

    Task<Read> read_request();
    Task<bool> wait_for_request();
    Task<std::size_t> receive(char* into, std::size_t room);
    Task<Read> read_head();
    Task<Read> read_body();
    Task<Read> read_sized_body(std::size_t length);
    Task<Read> read_chunked_body();
    [[nodiscard]] std::optional<Read> take_chunks();
    [[nodiscard]] bool invite_body();

    Task<Next> serve();
    Task<Next> refuse();
    Task<Next> refuse_too_large();
    Task<bool> discard_sized(std::uint64_t length);
    Task<bool> discard_chunked();
    Task<void> linger();
    [[nodiscard]] HttpResponse handler_failed(std::string_view target, std::string_view what);
    // Sends what the socket takes at once; the rest, if any, is for send_rest.
    void tell_answer(int status) const;
    [[nodiscard]] Sent send_now(HttpResponse& response, AfterResponse after);
    Task<Sent> send_rest(std::string body);
    // Streams (http_connection_stream.cc).
    struct StreamNews;
    Task<Next> serve_stream(HttpResponse response);
    Task<Sent> send_piece(std::string piece);
    void watch_client();
    [[nodiscard]] bool drop_input();
    void end_stream_soon();

    void wait_in(Phase phase, Duration delay);
    [[nodiscard]] Read refused(int status, std::string_view reason);
    [[nodiscard]] Read read_failed();
    [[nodiscard]] bool skip_blank_lines();
    void begin_request();
    void end_request();
    void give_back_block();
    [[nodiscard]] HttpRequest make_request() const;
    [[nodiscard]] std::string forwarded_client_text() const;

    // Constant after construction.
    const std::shared_ptr<HttpServerCore> core_;
    const std::string peer_;
    const std::string peer_and_port_;  // empty when nobody asks
    const bool is_trusted_proxy_;
    const Role role_;

    TcpSocket socket_;
    Phase phase_ = Phase::idle;
    bool expired_ = false;    // the deadline passed; the pending operation was cancelled
    bool finishing_ = false;  // no further request
    bool served_ = false;     // has answered at least once

    // The current request. The block's bytes [begin_, end_) are received and not yet done with.
    std::unique_ptr<RequestBlock> block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t body_begin_ = 0;
    std::size_t request_end_ =
        0;  // where the next request begins; while chunks are read, what is decoded
    bool has_head_ = false;         // the block's parser holds a complete head
    std::string forwarded_client_;  // who sent it, as a trusted proxy says; empty: the peer
    BodyBuffer large_body_;
    std::string_view body_;
    ChunkDecoder chunks_;
    std::string unsent_head_;
    std::size_t sent_ = 0;             // of head and body together
    std::uint64_t request_bytes_ = 0;  // received for this request, for its rate
    Duration request_began_{0};
    RequestRefusal refusal_;
    std::shared_ptr<StreamNews> stream_news_;  // while a stream is sent
};

}  // namespace posthaste
