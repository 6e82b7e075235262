// Attempts of a delivery and of a subscription, newest first.

#include <algorithm>

#include "api/admission.h"
#include "api/handlers.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/subscriptions/lookup.h"
#include "api/text.h"
#include "base/json_text.h"
#include "domain/signing.h"

namespace posthaste::subscriptions {

namespace {

constexpr std::size_t kErrorCharactersMax = 255;

struct AttemptView {
    EventId event;
    EndpointId endpoint;
    const AttemptRecord* record;
};

void append_big_endian(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

// Attempts have no id of their own. This one is made from what identifies an attempt, so it is the same at every look: the
// first 16 bytes of an HMAC-SHA256 over (event, endpoint, number), marked as a UUID of version 8 (RFC 9562 §5.8).
Id attempt_id(const AttemptView& attempt) {
    std::string name;
    append_big_endian(name, attempt.event.hi);
    append_big_endian(name, attempt.event.lo);
    append_big_endian(name, attempt.endpoint.hi);
    append_big_endian(name, attempt.endpoint.lo);
    append_big_endian(name, attempt.record->number);
    const std::string digest = hmac_sha256("posthaste attempt id", name);
    Id id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.hi = id.hi << 8 | static_cast<unsigned char>(digest[i]);
        id.lo = id.lo << 8 | static_cast<unsigned char>(digest[i + 8]);
    }
    id.hi = (id.hi & ~std::uint64_t{0xF000}) | 0x8000;
    id.lo = (id.lo & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;
    return id;
}

void append_attempt(std::string& out, const AttemptView& attempt) {
    const AttemptRecord& record = *attempt.record;
    const bool success = record.outcome == AttemptOutcome::delivered;
    out += "{\"delivery_id\":\"" + to_uuid(attempt.event) + "\",\"subscription_id\":\"";
    out += to_uuid(attempt.endpoint);
    out += "\",\"attempt_number\":" + std::to_string(record.number) + ",\"status_code\":";
    out += record.status_code == 0 ? "null" : std::to_string(record.status_code);
    out += success ? ",\"success\":true,\"error\":" : ",\"success\":false,\"error\":";
    if (success)
        out += "null";
    else
        append_json_string(out, first_characters(record.response, kErrorCharactersMax));
    out += ",\"id\":\"" + to_uuid(attempt_id(attempt)) + "\",\"timestamp\":\"";
    out += format_naive(record.started_at) + "\"}";
}

HttpResponse reply_attempts(const std::vector<AttemptView>& attempts) {
    std::string body = "[";
    for (const AttemptView& attempt : attempts) {
        if (body.size() > 1) body += ',';
        append_attempt(body, attempt);
    }
    body += ']';
    return reply(200, std::move(body));
}

std::vector<AttemptView> newest_first(const EventHistory& history) {
    std::vector<AttemptView> attempts;
    for (const DeliveryHistory& delivery : history.deliveries)
        for (const AttemptRecord& record : delivery.attempts)
            attempts.push_back({history.event->id, delivery.endpoint, &record});
    const auto is_before = [](const AttemptView& a, const AttemptView& b) {
        if (a.record->started_at != b.record->started_at)
            return a.record->started_at > b.record->started_at;
        if (a.record->number != b.record->number) return a.record->number > b.record->number;
        return a.endpoint < b.endpoint;
    };
    std::sort(attempts.begin(), attempts.end(), is_before);
    return attempts;
}

}  // namespace

Task<HttpResponse> get_delivery_status(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "delivery_id", call.params[0]);
    if (!id) co_return problems.reply();
    const Result<EventHistory> history = co_await context.store.read_event(EventId(*id));
    const bool missing = history ? history->event->application != owner_of(call).application
                                 : history.error().code == ErrorCode::not_found;
    if (missing) co_return reply_detail(404, "Delivery not found");
    if (!history) co_return reply_error(history.error(), context.settings.retry_after);
    co_return reply_attempts(newest_first(*history));
}

Task<HttpResponse> get_subscription_status(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "subscription_id", call.params[0]);
    const auto page_max = static_cast<std::int64_t>(context.settings.page_max);
    const std::int64_t limit = read_query_integer(
        problems, call.request.query, {.name = "limit", .fallback = 20, .max = page_max});
    if (!problems.none()) co_return problems.reply();
    if (!find_subscription(call, EndpointId(*id))) co_return reply_no_subscription();

    const Result<std::vector<AttemptOfEndpoint>> attempts =
        co_await context.store.attempts_of_endpoint(EndpointId(*id),
                                                    static_cast<std::size_t>(limit));
    if (!attempts) co_return reply_error(attempts.error(), context.settings.retry_after);
    std::vector<AttemptView> views;
    for (const AttemptOfEndpoint& entry : *attempts)
        views.push_back({entry.event, EndpointId(*id), &entry.attempt});
    co_return reply_attempts(views);
}

}  // namespace posthaste::subscriptions
