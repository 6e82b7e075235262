#pragma once

// The target of an endpoint: an http or https URL, parsed once when the endpoint is made, never per attempt.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

struct Target {
    bool tls = false;
    std::string host;  // lower case; an IPv6 literal without brackets
    std::uint16_t port = 80;
    std::string
        authority;     // for the Host header: host[:port], brackets kept, default port left out
    std::string path;  // origin-form request target: path and query, at least "/"
    std::string authorization;  // "Basic …" when the URL carried userinfo, else empty
    std::string url;            // normalised whole URL ("http://h" -> "http://h/")

    friend bool operator==(const Target&, const Target&) = default;
};

// Accepts absolute http and https URLs up to 2048 bytes. Refuses: other schemes, no host, control characters and spaces,
// ports outside 1–65535, fragments are dropped. The error is a sentence fit for an API reply.
[[nodiscard]] Result<Target> parse_target(std::string_view url);

// For logs and audits: with "***" in the place of user and password, and of the query, which often carries a token.
// REQUIRES: Target::url of some target.
[[nodiscard]] std::string without_credentials(std::string_view url);

}  // namespace posthaste
