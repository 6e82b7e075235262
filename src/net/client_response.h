#pragma once

// Reads one HTTP/1.x answer from bytes as they arrive. Keeps the status, the headers, and the first bytes of the body.
// Interim answers (1xx) are skipped. It does no IO; the grammar is Boost.Beast's, and what that grammar lets through but two
// implementations may frame differently is refused here: any Transfer-Encoding other than one "chunked", any with HTTP/1.0,
// repeated Content-Length, folded header lines.

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/kept_headers.h"

namespace posthaste {

struct ResponseLimits {
    std::size_t body_kept_max = 16 * 1024;
    std::size_t body_read_max = 64 * 1024;  // framing included
    static constexpr std::uint32_t kHeadBytesMax = 16 * 1024;
    static constexpr int kInterimMax = 16;
};

class ClientResponse {
public:
    explicit ClientResponse(const ResponseLimits& limits)
        : limits_(limits), parser_(std::in_place, limits) {}

    enum class State : std::uint8_t {
        more,      // feed further bytes as they come
        complete,  // the answer has been read to its end
        capped,    // head complete, and as much of the body read as is ever read
        bad,       // not an answer that can be trusted; see problem()
    };
    // Sets `consumed`; what is left must be presented again, in one piece, in front of what follows.
    State put(std::string_view bytes, std::size_t& consumed);
    // The peer closed in order.
    State put_end();

    [[nodiscard]] bool has_head() const { return parser_->is_header_done() && !is_interim(); }
    [[nodiscard]] int status() const { return parser_->status; }
    // REQUIRES: complete.
    [[nodiscard]] bool keeps_alive() const {
        return parser_->keep_alive() && parser_->status != 101;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] const std::string& retry_after() const { return parser_->retry_after; }
    // The kept part of the body, with gzip and deflate undone.
    [[nodiscard]] std::string take_body();
    // Those of the head, without trailers, as they are kept.
    [[nodiscard]] std::string take_headers() { return std::move(parser_->headers).take(); }

private:
    class Parser final : public boost::beast::http::basic_parser<false> {
    public:
        explicit Parser(const ResponseLimits& limits);

        int status = 0;
        std::string body;
        KeptHeaders headers;
        std::string retry_after;
        std::string content_encoding;

    private:
        using error_code = boost::beast::error_code;
        using text = boost::beast::string_view;
        void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
        void on_response_impl(int code, text, int version, error_code& error) override;
        void on_field_impl(boost::beast::http::field field, text name, text value,
                           error_code& error) override;
        void on_header_impl(error_code& error) override;
        void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
        std::size_t on_body_impl(text bytes, error_code&) override { return keep(bytes); }
        void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code&) override {
            return keep(bytes);
        }
        void on_finish_impl(error_code&) override {}
        std::size_t keep(text bytes);

        std::size_t body_kept_max_;
        int version_ = 11;
        int transfer_encodings_ = 0;
        int content_lengths_ = 0;
        bool plain_chunked_ = true;
        bool in_trailer_ = false;
    };

    [[nodiscard]] bool is_interim() const {
        return parser_->status / 100 == 1 && parser_->status != 101;
    }
    State bad(std::string problem);

    const ResponseLimits limits_;
    std::optional<Parser> parser_;
    std::string problem_;
    std::size_t body_read_ = 0;
    int interim_ = 0;
};

// Undoes the content encoding (gzip, x-gzip or deflate) for as much of `bytes` as there is, up to `bytes_max` of output.
// Empty when the encoding is another one or the bytes are not in it from the first one on.
[[nodiscard]] std::optional<std::string> inflate_prefix(std::string_view encoding,
                                                        std::string_view bytes,
                                                        std::size_t bytes_max);

}  // namespace posthaste
