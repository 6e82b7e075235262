#include "api/router.h"

#include <algorithm>
#include <exception>

#include "api/handlers.h"
#include "api/payload.h"
#include "api/reply.h"

namespace posthaste {

namespace {

// The hot route first; where a literal segment and a {param} could both fit, the literal goes first.
constexpr ApiRoute kRoutes[] = {
    {Method::post, "/webhooks/ingest/{subscription_id}", subscriptions::ingest, "ingest_webhook",
     RouteKind::hot},

    {Method::get, "/", get_root, "root"},
    {Method::get, "/health", get_health, "health"},
    {Method::get, "/health/worker", get_worker_health, "worker_health"},
    {Method::get, "/metrics", get_metrics, "metrics"},

    {Method::post, "/subscriptions", subscriptions::create_subscription, "create_subscription"},
    {Method::get, "/subscriptions", subscriptions::list_subscriptions, "list_subscriptions"},
    {Method::get, "/subscriptions/{subscription_id}", subscriptions::get_subscription,
     "get_subscription"},
    {Method::put, "/subscriptions/{subscription_id}", subscriptions::update_subscription,
     "update_subscription"},
    {Method::delete_, "/subscriptions/{subscription_id}", subscriptions::delete_subscription,
     "delete_subscription"},

    {Method::get, "/status/delivery/{delivery_id}", subscriptions::get_delivery_status,
     "delivery_status"},
    {Method::get, "/status/subscription/{subscription_id}", subscriptions::get_subscription_status,
     "subscription_status"},
};

Task<HttpResponse> ready(HttpResponse response) { co_return response; }

Task<HttpResponse> guarded(Handler handler, Call call) {
    try {
        co_return co_await handler(call);
    } catch (const std::exception&) {
        // Only running out of memory comes this far: libraries' exceptions end where they are met.
    }
    co_return reply_detail(500, "Internal Server Error");
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

HttpResponse answer_unmatched(const HttpRequest& request, MethodSet allowed) {
    if (allowed.empty()) return reply_detail(404, "Not Found");
    allowed.add(Method::options);
    HttpResponse response = request.method == Method::options
                                ? reply(200, "OK", kText)
                                : reply_detail(405, "Method Not Allowed");
    response.headers += "allow: ";
    response.headers += allowed.to_string();
    response.headers += "\r\n";
    return response;
}

}  // namespace

Api::Api(const ApiContext& context)
    : context_(context), payloads_(std::make_unique<PayloadReader>()) {}

Api::~Api() = default;

std::span<const ApiRoute> Api::routes() { return kRoutes; }

Task<HttpResponse> Api::handle(HttpRequest request) {
    if (request.method == Method::options && request.header("origin") &&
        request.header("access-control-request-method"))
        return ready(answer_preflight(request));
    const RouteMatch match = match_route(kRoutes, request.method, request.path);
    if (match.route == nullptr) return ready(answer_unmatched(request, match.allowed));
    const Call call{&context_, payloads_.get(), request, match.params};
    if (match.route->kind == RouteKind::hot) return match.route->handler(call);
    if (request.body.size() > context_.settings.management_body_max)
        return ready(reply_detail(413, "The request's body is too large."));
    return guarded(match.route->handler, call);
}

HttpResponse Api::refuse(int status, std::string_view reason) {
    HttpResponse response = reply_detail(status, reason);
    // The server refuses what it could not read to the end, so nothing sensible follows on this connection.
    response.close = true;
    return response;
}

}  // namespace posthaste
