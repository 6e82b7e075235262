#include "api/router.h"

#include <algorithm>
#include <exception>
#include <vector>

#include "api/accounts/routes.h"
#include "api/admission.h"
#include "api/audit_note.h"
#include "api/authenticator.h"
#include "api/contacts/routes.h"
#include "api/dashboard/routes.h"
#include "api/docs/routes.h"
#include "api/handlers.h"
#include "api/mailboxes/routes.h"
#include "api/native/answers.h"
#include "api/native/idempotency.h"
#include "api/native/message_in.h"
#include "api/native/routes.h"
#include "api/orders/routes.h"
#include "api/pages/routes.h"
#include "api/payload.h"
#include "api/principal.h"
#include "api/reply.h"
#include "api/subscriptions/routes.h"

namespace posthaste {

namespace {

// Every API has a table of its own (<api>/routes.cc); these belong to none.
constexpr ApiRoute kRoutes[] = {
    {Method::get, "/", get_root, "root", Access::anyone},
    {Method::get, "/health", get_health, "health", Access::anyone},
    {Method::get, "/health/worker", get_worker_health, "worker_health", Access::anyone},
    {Method::get, "/metrics", get_metrics, "metrics", Access::read},
};

std::vector<ApiRoute> all_routes() {
    std::vector<ApiRoute> all(std::begin(kRoutes), std::end(kRoutes));
    for (const std::span<const ApiRoute> table :
         {docs::routes(), pages::routes(), subscriptions::routes(), orders::routes(),
          mailboxes::routes(), contacts::routes(), accounts::routes(), dashboard::routes(),
          native::routes()})
        all.insert(all.end(), table.begin(), table.end());
    return all;
}

// Below /api/v1, but for what the contacts API has there.
bool is_native(std::string_view path) {
    constexpr std::string_view kBase = "/api/v1";
    if (!path.starts_with(kBase)) return false;
    path.remove_prefix(kBase.size());
    if (path.empty()) return true;
    return path.front() == '/' && !contacts::has_resource(take_segment(path));
}

Task<HttpResponse> ready(HttpResponse response) { co_return response; }

// Keeps the caller's principal alive while the handler runs.
Task<HttpResponse> on_behalf(Handler handler, Call call, PrincipalPtr principal) {
    call.principal = principal.get();
    co_return co_await handler(call);
}

Task<HttpResponse> guarded(Handler handler, Call call, PrincipalPtr principal) {
    call.principal = principal.get();
    try {
        co_return co_await handler(call);
    } catch (const std::exception&) {
        // Only running out of memory comes this far: libraries' exceptions end where they are met.
    }
    co_return reply_detail(500, "Internal Server Error");
}

Task<HttpResponse> guarded_native(Handler handler, Call call) {
    try {
        if (call.route->kind == RouteKind::native && call.request.method == Method::post &&
            call.request.header("idempotency-key"))
            co_return co_await native::answer_once(handler, call);
        co_return co_await handler(call);
    } catch (const std::exception&) {
        // As above.
    }
    co_return native::fault(500, "internal_error", "Internal Server Error");
}

bool is_header_list(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-_, !#$%&'*+.^`|~"}.find(c) != std::string_view::npos;
    });
}

// What a browser asks before it sends a request across origins.
HttpResponse answer_preflight(const HttpRequest& request) {
    HttpResponse response = reply(200, "OK", kText);
    response.headers +=
        "access-control-allow-methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n"
        "access-control-max-age: 600\r\n";
    const auto wanted = request.header("access-control-request-headers");
    if (wanted && is_header_list(*wanted)) {
        response.headers += "access-control-allow-headers: ";
        response.headers += *wanted;
        response.headers += "\r\n";
    }
    return response;
}

HttpResponse answer_not_found(const HttpRequest& request) {
    if (is_native(request.path)) return native::fault(404, "not_found", "There is no such route.");
    return reply_detail(404, "Not Found");
}

HttpResponse answer_other_method(const HttpRequest& request) {
    if (request.method == Method::options) return reply(200, "OK", kText);
    if (is_native(request.path))
        return native::fault(405, "method_not_allowed", "The route has no such method.");
    return reply_detail(405, "Method Not Allowed");
}

HttpResponse answer_unmatched(const HttpRequest& request, MethodSet allowed) {
    if (allowed.empty()) return answer_not_found(request);
    allowed.add(Method::options);
    HttpResponse response = answer_other_method(request);
    response.headers += "allow: ";
    response.headers += allowed.to_string();
    response.headers += "\r\n";
    return response;
}

}  // namespace

Api::Api(const ApiContext& context)
    : context_(context),
      payloads_(std::make_unique<PayloadReader>()),
      authenticator_(std::make_unique<Authenticator>(
          context.settings.tokens, context.settings.user_tokens, &context.key_uses)),
      messages_(std::make_unique<native::MessageTools>()),
      tree_(routes()) {}

Api::~Api() = default;

std::span<const ApiRoute> Api::routes() {
    static const std::vector<ApiRoute> all = all_routes();
    return all;
}

Task<HttpResponse> Api::handle(HttpRequest request) {
    if (request.method == Method::options && request.header("origin") &&
        request.header("access-control-request-method"))
        return ready(answer_preflight(request));
    const RouteMatch match = tree_.match(request.method, request.path);
    if (is_native(request.path) && request.body.size() > context_.settings.native_body_max)
        return ready(native::fault(413, "payload_too_large", "Request payload is too large."));
    if (match.route == nullptr) return ready(answer_unmatched(request, match.allowed));
    Call call;
    call.context = &context_;
    call.payloads = payloads_.get();
    call.request = request;
    call.params = match.params;
    call.authenticator = authenticator_.get();
    call.messages = messages_.get();
    call.route = match.route;
    Task<HttpResponse> answer = run(*match.route, call);
    if (match.route->audit.empty()) return answer;
    return note_success(call, std::move(answer));
}

Task<HttpResponse> Api::run(const ApiRoute& route, Call call) {
    if (route.kind == RouteKind::native_hot) return route.handler(call);
    if (route.kind == RouteKind::native || route.kind == RouteKind::native_private)
        return guarded_native(route.handler, call);
    Admission admission = admit(call);
    if (!admission) return ready(std::move(admission).error());
    if (route.kind == RouteKind::hot) {
        if (!*admission) return route.handler(call);
        return on_behalf(route.handler, call, *std::move(admission));
    }
    if (call.request.body.size() > context_.settings.management_body_max)
        return ready(reply_detail(413, "The request's body is too large."));
    return guarded(route.handler, call, *std::move(admission));
}

namespace {

std::string_view refusal_code(int status) {
    switch (status) {
        case 408: return "request_timeout";
        case 413: return "payload_too_large";
        case 501: return "not_implemented";
        case 503: return "unavailable";
        default: return "bad_request";
    }
}

}  // namespace

// Which API it was for is not known, so the answer has the members of all.
HttpResponse Api::refuse(int status, std::string_view reason) {
    HttpResponse response = native::fault(status, refusal_code(status), reason);
    // The server refuses what it could not read to the end, so nothing sensible follows on this connection.
    response.close = true;
    return response;
}

}  // namespace posthaste
