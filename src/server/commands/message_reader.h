#pragma once

// Reads HTTP/1.1 messages piece by piece: for the development receiver (requests) and the tools' client (responses).
// Understands Content-Length, chunked bodies with trailers, bodies that end with the connection (responses only), and
// skips interim 1xx responses. A head above 64 KiB, a malformed line or a contradictory framing fails the reader; a
// connection whose reader failed must be closed. The server itself parses with src/net; this is not it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

struct MessageField {
    std::string name;  // as received
    std::string value;
};

struct HttpMessage {
    std::string method;  // requests
    std::string target;
    int status = 0;  // responses
    std::vector<MessageField> fields;
    std::string body;              // at most the reader's limit
    std::uint64_t body_bytes = 0;  // all that came
    bool keep_alive = true;

    // The first value of that name in any case; empty when absent.
    [[nodiscard]] std::string_view field(std::string_view name) const;
    [[nodiscard]] bool body_cut() const { return body_bytes > body.size(); }
};

class MessageReader {
public:
    enum class Kind : std::uint8_t { request, response };

    explicit MessageReader(Kind kind, std::size_t body_max = 16u << 20)
        : kind_(kind), body_max_(body_max) {}

    // Takes bytes until the message is complete or the input ends; returns how many it took.
    std::size_t feed(std::string_view input);
    // The peer will send no more: completes a response framed by the end of the connection, fails a cut-off message.
    void finish();

    [[nodiscard]] bool complete() const { return state_ == State::complete; }
    [[nodiscard]] bool failed() const { return state_ == State::failed; }
    // No byte of a message was seen yet.
    [[nodiscard]] bool idle() const { return state_ == State::first_line && line_.empty(); }
    // The sender waits for "100 Continue" before it sends the body. True once per message.
    [[nodiscard]] bool take_continue_request();
    [[nodiscard]] const std::string& failure() const { return failure_; }

    // REQUIRES: complete(). The reader is ready for the next message.
    [[nodiscard]] HttpMessage take();

private:
    enum class State : std::uint8_t {
        first_line,
        fields,
        fixed_body,
        until_close,
        chunk_size,
        chunk_data,
        chunk_end,
        trailers,
        complete,
        failed,
    };

    [[nodiscard]] bool in_line_state() const;
    void on_line(std::string_view line);
    void on_first_line(std::string_view line);
    void on_field(std::string_view line);
    void on_head_end();
    void on_chunk_size(std::string_view line);
    void take_body(std::string_view bytes);
    void reset();
    void give_up(std::string reason);

    const Kind kind_;
    const std::size_t body_max_;
    State state_ = State::first_line;
    HttpMessage message_;
    std::string line_;
    std::size_t head_bytes_ = 0;
    std::uint64_t body_left_ = 0;
    bool http_1_0_ = false;
    bool wants_continue_ = false;
    std::string failure_;
};

}  // namespace posthaste
