#pragma once

// The route table's row and the matching of one pattern (route_tree.h matches against all). Matching allocates nothing,
// compares percent-decoded text, and takes a path with or without one trailing slash.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/context.h"
#include "domain/access.h"
#include "ports/http.h"
#include "ports/task.h"

namespace posthaste {

class Authenticator;
class PayloadReader;
struct ApiRoute;
struct Principal;
namespace native {
struct MessageTools;
}  // namespace native

// The segments that stood for {params}, in order, not decoded.
using RouteParams = std::array<std::string_view, 4>;

// One request on its way through a handler. Trivially copyable: handlers are coroutines and take it by value.
struct Call {
    const ApiContext* context = nullptr;
    PayloadReader* payloads = nullptr;
    HttpRequest request;
    RouteParams params;
    Authenticator* authenticator = nullptr;
    native::MessageTools* messages = nullptr;
    const ApiRoute* route = nullptr;
    // Who asks; null: nobody that is known. The router's; the native API finds its own (native/session.h).
    const Principal* principal = nullptr;
};

using Handler = Task<HttpResponse> (*)(Call);

enum class RouteKind : std::uint8_t {
    management,  // small bodies; exceptions become a 500; the router checks the caller's access
    page,        // as management, but a file of the binary, and no part of the API's description
    hot,  // as management, but must not throw, and takes bodies of any size the server lets in
    native,  // bodies up to native_body_max; errors in the native API's form; POSTs heed Idempotency-Key;
    // its handlers check access with enter()
    native_private,  // the same, but POSTs do not heed it: their answers hold secrets, and are kept nowhere
    native_hot,  // the same, called without any wrapping
};

struct ApiRoute {
    Method method;
    std::string_view pattern;  // "/status/delivery/{id}": literal segments and {params}
    Handler handler;
    std::string_view name;  // for logs, metrics and the API description
    Access access = Access::manage;
    RouteKind kind = RouteKind::management;
    // What changes no object by itself, and still belongs into the audit log: the entry's action, such as "message.resend". Its
    // object is the last {param}. Not for hot routes.
    std::string_view audit = {};
};

// A set of methods, one bit each.
class MethodSet {
public:
    constexpr void add(Method method) { bits_ |= 1u << static_cast<unsigned>(method); }
    [[nodiscard]] constexpr bool has(Method method) const {
        return (bits_ >> static_cast<unsigned>(method)) & 1u;
    }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] std::string to_string() const;  // "GET, HEAD, POST"

private:
    unsigned bits_ = 0;
};

struct RouteMatch {
    const ApiRoute* route = nullptr;  // null: no route for this path and method
    RouteParams params;
    MethodSet allowed;  // filled when route is null: the methods that the path has
};

// The next segment of a path or pattern that starts with '/'; moves `rest` behind it.
[[nodiscard]] std::string_view take_segment(std::string_view& rest);

// Does the path fit the pattern?
[[nodiscard]] bool match_pattern(std::string_view pattern, std::string_view path,
                                 RouteParams& params);

}  // namespace posthaste
