#pragma once

// Parses and judges the head of an HTTP/1 request. The grammar is Beast's basic_parser; on top of it everything is refused
// that two servers could read differently (request smuggling): more than one Content-Length even when equal, a
// Transfer-Encoding other than exactly one "chunked" or in HTTP/1.0, both framings at once, folded lines, a Host that is
// missing, repeated or malformed. Allocates nothing per request; all views point into the caller's input.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ports/http.h"

namespace posthaste {

enum class HttpVersion : std::uint8_t { http_1_0, http_1_1 };
enum class Framing : std::uint8_t { none, sized, chunked };

struct RequestHead {
    HttpVersion version = HttpVersion::http_1_1;
    Method method = Method::other;
    std::string_view method_text;
    std::string_view target;
    std::string_view path;
    std::string_view query;
    std::span<const HeaderView> headers;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;
    bool keep_alive = false;
    bool expects_continue = false;
};

struct RequestLimits {
    std::size_t header_bytes_max = 16 * 1024;  // request line and fields together
    std::size_t header_count_max = 100;
    std::size_t target_bytes_max = 8 * 1024;
};

// Why a request is refused; `reason` is a literal.
struct RequestRefusal {
    int status = 400;
    std::string_view reason;
};

class RequestParser {
public:
    enum class Progress { need_more, done, refused };

    explicit RequestParser(RequestLimits limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Before every request.
    void reset();
    // `input` is all that arrived since the request's first byte. REQUIRES: it begins at the same address in every call of
    // one request, and its bytes stay there while the head is in use.
    Progress parse(std::string_view input);

    [[nodiscard]] const RequestHead& head() const;        // REQUIRES: done
    [[nodiscard]] std::size_t head_bytes() const;         // REQUIRES: done; where the body begins
    [[nodiscard]] const RequestRefusal& refusal() const;  // REQUIRES: refused

private:
    class Sink;
    std::unique_ptr<Sink> sink_;
};

}  // namespace posthaste
