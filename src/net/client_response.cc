#include "net/client_response.h"

#include <zlib.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace posthaste {

namespace {

namespace http = boost::beast::http;

// A line that starts with white space continues the one before (RFC 9112 §5.2); parsers disagree on what it means.
bool has_folded_line(std::string_view head) {
    head = head.substr(0, head.find("\r\n\r\n"));
    for (std::size_t at = head.find('\n'); at != std::string_view::npos && at + 1 < head.size();
         at = head.find('\n', at + 1))
        if (head[at + 1] == ' ' || head[at + 1] == '\t') return true;
    return false;
}

constexpr std::size_t kLastChunkBytes = std::string_view{"0\r\n\r\n"}.size();

// zlib's window bits. "deflate" should mean the zlib form but is raw just as often (RFC 9110 §8.4.1.2).
constexpr int kGzipOrZlib = 15 + 32;
constexpr int kRawDeflate = -15;

std::optional<std::string> inflate_as(int window_bits, std::string_view bytes,
                                      std::size_t bytes_max) {
    z_stream stream{};
    if (inflateInit2(&stream, window_bits) != Z_OK) return std::nullopt;
    std::string out(bytes_max, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    out.resize(bytes_max - stream.avail_out);
    inflateEnd(&stream);
    if (result != Z_OK && result != Z_STREAM_END && out.empty()) return std::nullopt;
    return out;
}

}  // namespace

ClientResponse::Parser::Parser(const ResponseLimits& limits)
    : body_kept_max_(limits.body_kept_max) {
    eager(true);
    header_limit(ResponseLimits::kHeadBytesMax);
    body_limit(boost::none);
}

void ClientResponse::Parser::on_response_impl(int code, text, int version, error_code& error) {
    if (code < 100) error = http::error::bad_status;
    status = code;
    version_ = version;
}

void ClientResponse::Parser::on_field_impl(http::field field, text name, text value, error_code&) {
    if (in_trailer_) return;
    headers.add({name.data(), name.size()}, {value.data(), value.size()});
    switch (field) {
        case http::field::transfer_encoding:
            ++transfer_encodings_;
            plain_chunked_ = plain_chunked_ && boost::beast::iequals(value, "chunked");
            break;
        case http::field::content_length: ++content_lengths_; break;
        case http::field::content_encoding:
            content_encoding.assign(value.data(), value.size());
            break;
        case http::field::retry_after: retry_after.assign(value.data(), value.size()); break;
        default: break;
    }
}

void ClientResponse::Parser::on_header_impl(error_code& error) {
    in_trailer_ = true;
    const bool odd_encoding =
        transfer_encodings_ > 0 && (transfer_encodings_ > 1 || !plain_chunked_ || version_ < 11);
    if (odd_encoding) error = http::error::bad_transfer_encoding;
    if (content_lengths_ > 1) error = http::error::bad_content_length;
}

std::size_t ClientResponse::Parser::keep(text bytes) {
    body.append(bytes.data(), std::min(bytes.size(), body_kept_max_ - body.size()));
    return bytes.size();
}

ClientResponse::State ClientResponse::bad(std::string problem) {
    problem_ = std::move(problem);
    return State::bad;
}

ClientResponse::State ClientResponse::put(std::string_view bytes, std::size_t& consumed) {
    consumed = 0;
    while (consumed < bytes.size()) {
        const std::string_view rest = bytes.substr(consumed);
        const bool had_head = parser_->is_header_done();
        if (!had_head && has_folded_line(rest))
            return bad("The answer is not valid HTTP: a folded header line.");
        // Beast aborts when it has seen "0 CRLF" and is then shown less than the five bytes of a whole last chunk. No
        // chunked body ends with fewer, so they can wait.
        if (had_head && parser_->chunked() && rest.size() < kLastChunkBytes) return State::more;
        boost::beast::error_code error;
        const std::size_t taken =
            parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        consumed += taken;
        if (had_head) body_read_ += taken;
        if (error && error != http::error::need_more)
            return bad("The answer is not valid HTTP: " + error.message() + ".");
        if (parser_->is_done()) {
            if (!is_interim()) return State::complete;
            if (++interim_ > ResponseLimits::kInterimMax)
                return bad("The receiver sent too many interim answers.");
            parser_.emplace(limits_);
            continue;
        }
        if (body_read_ >= limits_.body_read_max) return State::capped;
        if (error || taken == 0) return State::more;
    }
    return State::more;
}

ClientResponse::State ClientResponse::put_end() {
    if (!parser_->got_some()) return bad("The receiver closed the connection without answering.");
    boost::beast::error_code error;
    if (!parser_->is_done()) parser_->put_eof(error);
    if (error) return bad("The receiver closed the connection in the middle of its answer.");
    return State::complete;
}

std::string ClientResponse::take_body() {
    if (!parser_->content_encoding.empty() && !parser_->body.empty()) {
        auto inflated =
            inflate_prefix(parser_->content_encoding, parser_->body, limits_.body_kept_max);
        if (inflated) return std::move(*inflated);
    }
    return std::move(parser_->body);
}

std::optional<std::string> inflate_prefix(std::string_view encoding, std::string_view bytes,
                                          std::size_t bytes_max) {
    const bool is_deflate = boost::beast::iequals({encoding.data(), encoding.size()}, "deflate");
    const bool is_gzip = boost::beast::iequals({encoding.data(), encoding.size()}, "gzip") ||
                         boost::beast::iequals({encoding.data(), encoding.size()}, "x-gzip");
    if (!is_deflate && !is_gzip) return std::nullopt;
    if (auto out = inflate_as(kGzipOrZlib, bytes, bytes_max)) return out;
    return is_deflate ? inflate_as(kRawDeflate, bytes, bytes_max) : std::nullopt;
}

}  // namespace posthaste
