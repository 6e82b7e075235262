#include "engine/attempt.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace posthaste {

namespace {

void append_number(std::string& out, std::int64_t value) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end);
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

struct StandardHeaders {
    std::string id;
    std::int64_t seconds = 0;
    std::string signature;  // empty: nothing signs
};

StandardHeaders standard_headers(const Event& event, const Route& route, Timestamp now) {
    StandardHeaders standard{to_base62("msg", event.id), to_seconds(now), {}};
    if (route.signer)
        route.signer->append_standard(standard.signature, standard.id, standard.seconds,
                                      body_of(event), now);
    return standard;
}

void append_standard(std::string& out, std::string_view prefix, const StandardHeaders& standard) {
    out.append(prefix).append("id: ").append(standard.id).append("\r\n");
    out.append(prefix).append("timestamp: ");
    append_number(out, standard.seconds);
    out.append("\r\n");
    if (standard.signature.empty()) return;
    out.append(prefix).append("signature: ").append(standard.signature).append("\r\n");
}

// Receivers know the sender by it; an endpoint's own header of that name goes before.
void append_user_agent(std::string& out, const Endpoint& endpoint) {
    static constexpr std::string_view kUserAgent = "User-Agent";
    const bool has_own = std::any_of(
        endpoint.headers.begin(), endpoint.headers.end(),
        [](const auto& header) { return equal_ignoring_case(header.first, kUserAgent); });
    if (!has_own) append_line(out, kUserAgent, "Whookfirm-Webhooks/1.0");
}

// With a secret that is an HMAC key only.
void append_hex(std::string& out, std::string_view name, const Event& event, const Route& route) {
    if (!route.signer) return;
    std::string signature;
    route.signer->append_hex(signature, body_of(event));
    if (!signature.empty()) append_line(out, name, signature);
}

// An event's type as a header can carry it: who named it may have put anything into it.
std::string printable(std::string_view type) {
    std::string text(type);
    std::ranges::replace_if(text, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text;
}

// What receivers know from the service whose API made the endpoint.
void append_own(std::string& out, const Event& event, const Route& route) {
    const Endpoint& endpoint = route.endpoint->config;
    switch (endpoint.profile) {
        case Profile::subscriptions:
            append_line(out, "X-Webhook-Delivery-ID", to_uuid(event.id));
            append_line(out, "X-Webhook-Subscription-ID", to_uuid(endpoint.id));
            append_hex(out, "X-Webhook-Signature", event, route);
            break;
        case Profile::orders:
            append_line(out, "X-Event-Name", printable(event.type));
            append_hex(out, "X-Signature", event, route);
            break;
        case Profile::contacts: append_user_agent(out, endpoint); break;
        case Profile::native:
        case Profile::mailboxes: break;
    }
}

}  // namespace

Route make_route(PreparedEndpointPtr endpoint) {
    Route route{std::move(endpoint), nullptr};
    if (!route.endpoint || !route.endpoint->config.secret) return route;
    std::vector<SigningKey> keys;
    if (Result<SigningKey> key = parse_secret(*route.endpoint->config.secret))
        keys.push_back(std::move(*key));
    for (const OldSecret& old : route.endpoint->config.old_secrets) {
        Result<SigningKey> key = parse_secret(old.secret);
        if (!key) continue;
        key->expires_at = old.expires_at;
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) return route;
    if (Result<std::unique_ptr<Signer>> signer = Signer::create(std::move(keys)))
        route.signer = std::move(*signer);
    return route;
}

std::string attempt_headers(const Event& event, const Route& route, Timestamp now,
                            HeaderNames native) {
    const Endpoint& endpoint = route.endpoint->config;
    const HeaderNames names = endpoint.profile == Profile::native ? native : HeaderNames::webhook;
    const StandardHeaders standard = standard_headers(event, route, now);
    std::string headers;
    headers.reserve(512);
    if (names != HeaderNames::svix) append_standard(headers, "webhook-", standard);
    if (names != HeaderNames::webhook) append_standard(headers, "svix-", standard);
    append_own(headers, event, route);
    for (const auto& [name, value] : endpoint.headers) append_line(headers, name, value);
    return headers;
}

DeliveryUpdate settle_attempt(const QueuedDelivery& delivery, const Endpoint& endpoint,
                              TransportResult result, Timestamp started_at, Timestamp now,
                              double draw, const Sabotage& sabotage) {
    DeliveryUpdate update;
    update.event = delivery.event->id;
    update.endpoint = endpoint.id;
    update.origin.parked_due = delivery.parked_due;
    update.attempts_made = delivery.attempts_made + 1;

    const bool is_manual = delivery.manual.trigger == AttemptTrigger::manual;
    update.manual.manual_made = delivery.manual.manual_made + (is_manual ? 1 : 0);
    DeliveryProgress progress{delivery.event->accepted_at, update.attempts_made, delivery.manual};
    if (sabotage.count_manual_attempts) progress.manual.manual_made = 0;
    Decision decision =
        decide(progress, result.outcome, endpoint.retry, result.retry_after, now, draw);
    // The endpoint was deleted while the request was on its way: no retry can ever leave.
    if (endpoint.is_deleted && !is_settled(decision.next)) decision.next = DeliveryState::cancelled;
    if (sabotage.ignore_attempts_max && decision.next == DeliveryState::dead)
        decision = {DeliveryState::parked, now};
    if (sabotage.ignore_due_times && decision.next == DeliveryState::parked) decision.due = now;
    update.next = decision.next;
    update.due = decision.due;

    AttemptRecord& record = update.attempt.emplace();
    record.number = update.attempts_made;
    record.trigger = delivery.manual.trigger;
    record.started_at = started_at;
    record.outcome = result.outcome;
    record.status_code = result.status;
    record.response = result.status != 0 && result.error.empty() ? std::move(result.body)
                                                                 : std::move(result.error);
    if (result.status != 0) record.response_headers = std::move(result.headers);
    record.queue_lag = std::max(started_at - delivery.due(), Duration{});
    record.timings = result.timings;
    return update;
}

}  // namespace posthaste
