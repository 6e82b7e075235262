#pragma once

// Responses in the form all REST APIs of this server share: compact JSON, {"detail": …} for everything that went wrong, and
// CORS headers on every answer, as the originals had them.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ports/http.h"

namespace posthaste {

// "access-control-allow-origin: *" and "access-control-allow-credentials: true".
inline constexpr std::string_view kCorsHeaders =
    "access-control-allow-origin: *\r\naccess-control-allow-credentials: true\r\n";

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";
inline constexpr std::string_view kHtml = "text/html; charset=utf-8";

[[nodiscard]] HttpResponse reply(int status, std::string body,
                                 std::string_view content_type = kJson);
// {"detail":"<sentence>"}
[[nodiscard]] HttpResponse reply_detail(int status, std::string_view sentence);
// 503 with Retry-After for what passes, 404, 409 and 422 for what the caller can mend, 500 for the rest.
[[nodiscard]] HttpResponse reply_error(const Error& error, Duration retry_after);

}  // namespace posthaste
