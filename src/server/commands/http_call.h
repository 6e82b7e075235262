#pragma once

// One blocking HTTP request on a connection of its own: for tools that make a few calls, not for load. Plain http only.

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/url.h"
#include "server/commands/commands.h"
#include "server/commands/message_reader.h"

namespace posthaste {

class HttpCaller {
public:
    // Parses the address; connects only in call(). A path in the URL is put before every call's path.
    static Result<HttpCaller> create(const ServerAddress& server, int timeout_ms = 10'000);

    // Any status is a value. The error of a failed connection says how to start a server. `headers`: further
    // "Name: value\r\n" lines.
    [[nodiscard]] Result<HttpMessage> call(std::string_view method, std::string_view path,
                                           std::string_view body = {},
                                           std::string_view headers = {}) const;

    [[nodiscard]] const Target& target() const { return target_; }

private:
    HttpCaller(Target target, std::string token, int timeout_ms)
        : target_(std::move(target)), token_(std::move(token)), timeout_ms_(timeout_ms) {}

    Target target_;
    std::string token_;
    int timeout_ms_;
};

}  // namespace posthaste
