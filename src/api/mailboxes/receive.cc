// POST /webhooks/{mailbox_id}: the hot path. The payload is checked in place, copied once into the event, and never parsed
// into a tree of our own. The key in x-api-key decides, whatever other credentials there are.

#include <exception>
#include <expected>
#include <memory>

#include "api/ingested.h"
#include "api/mailboxes/handlers.h"
#include "api/reply.h"
#include "base/bytes.h"
#include "base/json_text.h"
#include "domain/directory.h"

namespace posthaste::mailboxes {

namespace {

constexpr std::string_view kKeyHeader = "x-api-key";

// The live mailbox that the path and the key name, of whatever application; null: one of them is wrong.
PreparedEndpointPtr find_by_key(const Call& call, std::string_view key) {
    const auto id = parse_uuid(call.params[0]);
    if (!id) return nullptr;
    PreparedEndpointPtr found = call.context->engine.directory().current()->find(EndpointId(*id));
    if (!found || found->config.is_deleted || found->config.profile != Profile::mailboxes ||
        !found->config.ingest_key || !equal_constant_time(*found->config.ingest_key, key))
        return nullptr;
    return found;
}

HttpResponse reply_skipped(const PayloadCheck& payload) {
    std::string body = "{\"tracking_number\":null,\"status\":\"skipped\",\"message\":";
    append_json_string(body, not_subscribed(payload));
    body += '}';
    return reply(200, std::move(body));
}

// Everything before the commit: the event to accept, or the answer that ends it here.
std::expected<std::shared_ptr<Event>, HttpResponse> prepare(const Call& call) {
    const HttpRequest& request = call.request;
    Problems problems;
    const auto key = request.header(kKeyHeader);
    if (!key) problems.add("missing", "[\"header\",\"x-api-key\"]", "Field required", "null");
    const PayloadCheck payload = call.payloads->check(request.body);
    add_payload_problem(problems, payload, request.body);
    if (!problems.none()) return std::unexpected(problems.reply());

    const PreparedEndpointPtr mailbox = find_by_key(call, *key);
    if (!mailbox) return std::unexpected(reply_detail(401, "Invalid API Key"));
    if (!mailbox->config.is_active)
        return std::unexpected(reply_detail(400, "Mailbox is not active"));
    if (!is_wanted(mailbox->config, payload)) return std::unexpected(reply_skipped(payload));
    return make_event(mailbox->config, payload, request.body);
}

}  // namespace

Task<HttpResponse> receive_webhook(Call call) {
    try {
        auto event = prepare(call);
        if (!event) co_return std::move(event).error();
        const Result<Accepted> accepted = co_await call.context->engine.accept(std::move(*event));
        if (!accepted) co_return reply_error(accepted.error(), call.context->settings.retry_after);
        co_return reply(
            200, "{\"tracking_number\":\"" + to_uuid(accepted->id) + "\",\"status\":\"queued\"}");
    } catch (const std::exception&) {
        // Out of memory: nothing was accepted, or the producer is told to ask again.
    }
    co_return reply_detail(500, "Internal Server Error");
}

}  // namespace posthaste::mailboxes
