#pragma once

// The bytes in front of an outgoing request's body.

#include <string>
#include <string_view>

#include "domain/url.h"

namespace posthaste {

// Replaces `out` by request line, headers and the empty line. `headers` are finished "Name: value\r\n" lines; a
// Content-Type, User-Agent or Authorization among them replaces ours. Allocates only when `out` has to grow.
void write_request_head(std::string& out, const Target& target, std::string_view user_agent,
                        std::string_view headers, std::size_t body_bytes);

}  // namespace posthaste
