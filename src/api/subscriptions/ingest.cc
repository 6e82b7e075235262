// POST /webhooks/ingest/{subscription_id}: the hot path of the whole server. The payload is checked in place, copied once into
// the event, and never parsed into a tree of our own.

#include <exception>
#include <expected>
#include <memory>

#include "api/handlers.h"
#include "api/ingested.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/subscriptions/lookup.h"
#include "api/text.h"
#include "base/bytes.h"
#include "base/json_text.h"
#include "domain/signing.h"

namespace posthaste::subscriptions {

namespace {

// `signature` is the hex HMAC-SHA256 of the body. The key is the secret's text, as in the original, or the bytes it encodes.
bool is_signed_by(std::string_view secret, std::string_view body, std::string_view signature) {
    const auto claimed = from_hex(signature);
    if (!claimed) return false;
    if (equal_constant_time(hmac_sha256(secret, body), *claimed)) return true;
    const auto key = parse_secret(secret);
    return key && key->kind == KeyKind::hmac_sha256 && key->bytes != secret &&
           equal_constant_time(hmac_sha256(key->bytes, body), *claimed);
}

bool is_signature_wrong(const Endpoint& endpoint, const HttpRequest& request) {
    if (request.query.empty() || !endpoint.secret) return false;
    const auto signature = query_value(request.query, "signature");
    return signature && !signature->empty() &&
           !is_signed_by(*endpoint.secret, request.body, *signature);
}

HttpResponse reply_skipped(const PayloadCheck& payload) {
    std::string body = "{\"message\":";
    append_json_string(body, not_subscribed(payload));
    body += ",\"status\":\"skipped\"}";
    return reply(202, std::move(body));
}

// Everything before the commit: the event to accept, or the answer that ends it here.
std::expected<std::shared_ptr<Event>, HttpResponse> prepare(const Call& call) {
    const HttpRequest& request = call.request;
    Problems problems;
    const auto id = read_path_id(problems, "subscription_id", call.params[0]);
    const PayloadCheck payload = call.payloads->check(request.body);
    add_payload_problem(problems, payload, request.body);
    if (!problems.none()) return std::unexpected(problems.reply());

    const PreparedEndpointPtr found = find_subscription(call, EndpointId(*id));
    if (!found) return std::unexpected(reply_no_subscription());
    const Endpoint& endpoint = found->config;
    if (!endpoint.is_active)
        return std::unexpected(reply_detail(400, "Subscription is not active"));
    if (is_signature_wrong(endpoint, request))
        return std::unexpected(reply_detail(401, "Invalid signature"));
    if (!is_wanted(endpoint, payload)) return std::unexpected(reply_skipped(payload));
    return make_event(endpoint, payload, request.body);
}

HttpResponse reply_accepted(EventId id) {
    constexpr std::string_view kBefore =
        "{\"message\":\"Webhook accepted for delivery\",\"delivery_id\":\"";
    constexpr std::string_view kBehind = "\"}";
    constexpr std::size_t kUuidLength = 36;
    std::string body;
    body.reserve(kBefore.size() + kUuidLength + kBehind.size());
    body += kBefore;
    body += to_uuid(id);
    body += kBehind;
    return reply(202, std::move(body));
}

}  // namespace

Task<HttpResponse> ingest(Call call) {
    try {
        auto event = prepare(call);
        if (!event) co_return std::move(event).error();
        const Result<Accepted> accepted = co_await call.context->engine.accept(std::move(*event));
        if (!accepted) co_return reply_error(accepted.error(), call.context->settings.retry_after);
        co_return reply_accepted(accepted->id);
    } catch (const std::exception&) {
        // Out of memory: nothing was accepted, or the producer is told to ask again.
    }
    co_return reply_detail(500, "Internal Server Error");
}

}  // namespace posthaste::subscriptions
