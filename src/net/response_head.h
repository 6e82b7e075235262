#pragma once

// The bytes of an HTTP/1.1 response up to the body, and what of the body is sent at all.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/request_parser.h"
#include "ports/http.h"

namespace posthaste {

enum class AfterResponse : std::uint8_t { keep_alive, close };

struct ResponseForm {
    HttpVersion version = HttpVersion::http_1_1;  // of the request
    AfterResponse after = AfterResponse::keep_alive;
    std::string_view date;  // an HTTP date
};

// Appends status line and headers, the empty line included.
void append_response_head(std::string& out, const HttpResponse& response, const ResponseForm& form);

// Whether a response of this status has a body: 204 and 304 have none (RFC 9110 §6.4.1).
[[nodiscard]] constexpr bool has_body(int status) { return status != 204 && status != 304; }

// "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string format_http_date(std::chrono::sys_seconds at);

}  // namespace posthaste
