#pragma once

// What an HTTP server hands to the APIs. Requests are views into the connection's buffers, valid until the handler's task
// ends; the server answers requests of one connection strictly in order.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ports/task.h"

namespace posthaste {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
[[nodiscard]] std::string_view to_string(Method method);
// "Created"; "Status" for one that is not known here.
[[nodiscard]] std::string_view reason_phrase(int status);

struct HeaderView {
    std::string_view name;  // as received; compare case-insensitively
    std::string_view value;
};

struct HttpRequest {
    Method method = Method::other;
    std::string_view method_text;
    std::string_view target;  // as received
    std::string_view path;    // before '?', not decoded
    std::string_view query;   // after '?', may be empty
    std::span<const HeaderView> headers;
    // At least 64 readable bytes follow the body (simdjson's padding).
    std::string_view body;
    std::string_view remote_address;  // textual, without port

    [[nodiscard]] std::optional<std::string_view> header(
        std::string_view name) const;  // first match
};

// An answer whose end is not known when it begins: its pieces are sent as they come, and the connection ends with it. Used on the
// connection's executor. It is dropped when the client has gone or the server drains, too.
class HttpStream {
public:
    virtual ~HttpStream() = default;
    // Moves all that there is to send into `out`, which is empty. False: nothing will follow. Whatever happens while a client
    // is slow waits in here, so the stream has to bound it.
    [[nodiscard]] virtual bool take(std::string& out) = 0;
    // `wake` is to be called whenever there is something to take, or the end has come. Empty: not any more.
    virtual void notify(std::function<void()> wake) = 0;
};

struct HttpResponse {
    int status = 200;
    std::string body;
    std::string_view content_type = "application/json";  // must outlive the response: a literal
    std::string headers;                                 // further "Name: value\r\n" lines
    bool close = false;                                  // end the connection after this answer
    std::shared_ptr<HttpStream> stream;  // goes instead of the body, if there is one
};

class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    virtual Task<HttpResponse> handle(HttpRequest request) = 0;
    // The answer to a request that the server itself refuses (413, 400, 408, 431, 501 …): the APIs choose the body's form.
    [[nodiscard]] virtual HttpResponse refuse(int status, std::string_view reason) = 0;
};

}  // namespace posthaste
