#include "server/commands/http_call.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "server/commands/file_descriptor.h"

namespace posthaste {
namespace {

Result<void> send_all(const FileDescriptor& socket, std::string_view data) {
    while (!data.empty()) {
        const ssize_t sent = ::send(socket.get(), data.data(), data.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0)
            return fail(ErrorCode::unavailable, "cannot send the request: " + last_system_error());
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<HttpMessage> receive(const FileDescriptor& socket) {
    MessageReader reader(MessageReader::Kind::response);
    std::array<char, 16384> buffer;
    while (!reader.complete() && !reader.failed()) {
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
            return fail(ErrorCode::unavailable,
                        late ? "the server did not answer in time"
                             : "the connection broke: " + last_system_error());
        }
        if (got == 0) {
            if (reader.idle())
                return fail(ErrorCode::unavailable, "the server closed the connection unanswered");
            reader.finish();
        } else {
            reader.feed({buffer.data(), static_cast<std::size_t>(got)});
        }
    }
    if (reader.failed())
        return fail(ErrorCode::io, "the server's answer is not HTTP: " + reader.failure());
    return reader.take();
}

}  // namespace

Result<HttpCaller> HttpCaller::create(const ServerAddress& server, int timeout_ms) {
    ASSIGN_OR_RETURN(Target target, parse_target(server.url));
    if (target.tls) {
        return fail(ErrorCode::invalid,
                    "this command speaks plain http only; give the server's http:// address");
    }
    while (target.path.ends_with('/')) target.path.pop_back();
    return HttpCaller(std::move(target), server.token, timeout_ms);
}

Result<HttpMessage> HttpCaller::call(std::string_view method, std::string_view path,
                                     std::string_view body, std::string_view headers) const {
    auto socket = open_connection(target_.host, target_.port, timeout_ms_);
    if (!socket) {
        return fail(
            socket.error().code,
            fmt::format("{}; start the server with `posthaste serve`, or name it with --server",
                        socket.error().message));
    }
    std::string request =
        fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: posthaste-tools\r\n", method,
                    target_.path, path, target_.authority);
    if (!token_.empty()) request += fmt::format("Authorization: Bearer {}\r\n", token_);
    if (!body.empty()) request += "Content-Type: application/json\r\n";
    if (!body.empty() || method == "POST" || method == "PUT")
        request += fmt::format("Content-Length: {}\r\n", body.size());
    request += headers;
    request += "Connection: close\r\n\r\n";
    request += body;
    if (auto sent = send_all(*socket, request); !sent) return std::unexpected(sent.error());
    return receive(*socket);
}

}  // namespace posthaste
