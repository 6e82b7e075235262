#include "api/dashboard/delivery_document.h"

#include "api/delivery_status.h"
#include "api/json_scan.h"
#include "api/native/message_out.h"
#include "base/bytes.h"
#include "base/json_text.h"
#include "domain/attempt_id.h"
#include "domain/kept_headers.h"
#include "domain/sensitive_header.h"
#include "engine/attempt.h"

namespace posthaste::dashboard {

namespace {

using native::ObjectWriter;

void write_time_or_null(ObjectWriter& object, std::string_view name, std::optional<Timestamp> at) {
    if (at)
        object.time(name, *at);
    else
        object.null(name);
}

void write_code_or_null(ObjectWriter& object, std::string_view name, int code) {
    if (code != 0)
        object.number(name, code);
    else
        object.null(name);
}

// The time at which the next attempt is due. What is in memory leaves as soon as its turn comes.
std::optional<Timestamp> next_attempt(const DeliveryEntry& entry) {
    if (is_settled(entry.state)) return std::nullopt;
    return entry.next_due.value_or(first_due(*entry.event));
}

// Text as it is, other bytes as {"base64":"…"}.
void write_bytes(ObjectWriter& object, std::string& out, std::string_view name,
                 std::string_view bytes) {
    object.name(name);
    if (is_valid_utf8(bytes)) return append_json_string(out, bytes);
    out += "{\"base64\":\"" + to_base64(bytes) + "\"}";
}

void write_payload(ObjectWriter& object, const Event& event, Timestamp now) {
    if (native::is_payload_gone(event, now)) return object.null("payload");
    if (!scan_json(event.payload).fault) return object.raw("payload", event.payload);
    object.raw("payload", "{\"base64\":\"" + to_base64(event.payload) + "\"}");
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, is_sensitive_header(name) ? kMaskedHeader : value);
}

// "Name: value\r\n" lines as an object.
std::string headers_json(std::string_view lines) {
    std::string json = "{";
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find("\r\n"), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 2, lines.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        append_header(json, line.substr(0, colon), line.substr(colon + 2));
    }
    return json + "}";
}

void write_endpoint_headers(ObjectWriter& object, const Endpoint& endpoint) {
    std::string json = "{";
    for (const auto& [name, value] : endpoint.headers) append_header(json, name, value);
    object.raw("headers", json + "}");
}

// Makes the headers of past attempts again: they follow from the event, the endpoint and the time. Not when the endpoint was
// changed since, or the payload is gone.
class SentHeaders {
public:
    SentHeaders(const Event& event, PreparedEndpointPtr endpoint, HeaderNames native)
        : event_(event), route_(make_route(std::move(endpoint))), native_(native) {}

    [[nodiscard]] std::optional<std::string> of(const AttemptRecord& attempt) const {
        const Endpoint& endpoint = route_.endpoint->config;
        const bool is_known = endpoint.updated_at >= endpoint.created_at;
        if (event_.is_expunged || !is_known || endpoint.updated_at > attempt.started_at)
            return std::nullopt;
        return headers_json(attempt_headers(event_, route_, attempt.started_at, native_));
    }

private:
    const Event& event_;
    const Route route_;
    const HeaderNames native_;
};

// Repetitions and order matter, so they are a list.
void write_answered_headers(ObjectWriter& object, std::string& out,
                            const std::optional<std::string>& kept) {
    if (!kept) {
        object.null("responseHeaders");
        return object.number("responseHeadersLeftOut", 0);
    }
    const KeptHeaderList list = read_kept_headers(*kept);
    object.name("responseHeaders");
    out += '[';
    for (const KeptHeader& header : list.headers) {
        if (out.back() != '[') out += ',';
        ObjectWriter item(out);
        item.text("name", header.name);
        item.text("value", header.value);
        item.close();
    }
    out += ']';
    object.number("responseHeadersLeftOut", static_cast<std::int64_t>(list.left_out));
}

void write_attempt(ObjectWriter& object, std::string& out, const AttemptRecord& attempt,
                   DeliveryPlace place, const SentHeaders& sent) {
    const AttemptId id =
        attempt_id(attempt.started_at, place.event, place.endpoint, attempt.number);
    const bool is_answered =
        attempt.outcome == AttemptOutcome::delivered || attempt.outcome == AttemptOutcome::rejected;
    object.text("id", to_base62("atmpt", id));
    object.number("number", attempt.number);
    object.time("timestamp", attempt.started_at);
    object.text("outcome", to_string(attempt.outcome));
    write_code_or_null(object, "statusCode", attempt.status_code);
    if (is_answered)
        object.null("error");
    else
        object.text("error", attempt.response);
    object.number("durationMs", attempt.timings.total / 1ms);
    object.text("trigger", attempt.trigger == AttemptTrigger::manual ? "manual" : "scheduled");
    object.raw("requestHeaders", sent.of(attempt).value_or("null"));
    write_answered_headers(object, out, attempt.response_headers);
    if (is_answered)
        write_bytes(object, out, "responseBody", attempt.response);
    else
        object.null("responseBody");
}

DeliveryEntry entry_of(const EventHistory& history, const DeliveryHistory& delivery) {
    DeliveryEntry entry;
    entry.event = history.event;
    entry.endpoint = delivery.endpoint;
    entry.state = delivery.state;
    entry.next_due = delivery.next_due;
    entry.attempts = static_cast<std::uint32_t>(delivery.attempts.size());
    if (delivery.attempts.empty()) return entry;
    entry.last_attempt_at = delivery.attempts.back().started_at;
    entry.last_status_code = delivery.attempts.back().status_code;
    return entry;
}

}  // namespace

std::string to_text(const DeliveryPlace& place) {
    return to_base62("msg", place.event) + "." + to_base62("ep", place.endpoint);
}

std::optional<DeliveryPlace> parse_place(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto event = parse_base62("msg", text.substr(0, dot));
    const auto endpoint = parse_base62("ep", text.substr(dot + 1));
    if (!event || !endpoint) return std::nullopt;
    return DeliveryPlace{EventId(*event), EndpointId(*endpoint)};
}

std::string original_id(const Endpoint& endpoint) {
    const bool is_native =
        endpoint.profile == Profile::native || endpoint.profile == Profile::orders;
    return is_native ? to_base62("ep", endpoint.id) : to_uuid(endpoint.id);
}

const std::string& name_of(const Endpoint& endpoint) {
    return endpoint.name.empty() ? endpoint.description : endpoint.name;
}

void write_delivery(ObjectWriter& object, const DeliveryEntry& entry, const Directory& directory) {
    const Event& event = *entry.event;
    const PreparedApplicationPtr application = directory.find(event.application);
    const PreparedEndpointPtr endpoint = directory.find(entry.endpoint);
    object.text("msgId", to_base62("msg", event.id));
    object.text_or_null("eventId", event.uid);
    object.text("appId", to_base62("app", event.application));
    object.text("appName", application ? std::string_view(application->config.name) : "");
    object.text("endpointId", to_base62("ep", entry.endpoint));
    object.text("endpointName", endpoint ? std::string_view(name_of(endpoint->config)) : "");
    object.text("url", endpoint ? std::string_view(endpoint->config.url) : "");
    object.text("eventType", event.type);
    object.text("status", status_of(entry.state));
    object.number("attemptCount", entry.attempts);
    object.time("createdAt", event.accepted_at);
    write_time_or_null(object, "lastAttemptAt", entry.last_attempt_at);
    write_code_or_null(object, "lastStatusCode", entry.last_status_code);
    write_time_or_null(object, "nextAttemptAt", next_attempt(entry));
}

std::string delivery_json(const EventHistory& history, const DeliveryHistory& delivery,
                          const Directory& directory, HeaderNames native_headers, Timestamp now) {
    const Event& event = *history.event;
    const PreparedEndpointPtr endpoint = directory.find(delivery.endpoint);  // tombstones too
    std::string out;
    ObjectWriter object(out);
    write_delivery(object, entry_of(history, delivery), directory);
    write_payload(object, event, now);
    object.text("originalId", original_id(endpoint->config));
    write_endpoint_headers(object, endpoint->config);
    object.name("attempts");
    out += '[';
    const SentHeaders sent(event, endpoint, native_headers);
    for (auto attempt = delivery.attempts.rbegin(); attempt != delivery.attempts.rend();
         ++attempt) {
        if (attempt != delivery.attempts.rbegin()) out += ',';
        ObjectWriter item(out);
        write_attempt(item, out, *attempt, {event.id, delivery.endpoint}, sent);
        item.close();
    }
    out += ']';
    object.close();
    return out;
}

}  // namespace posthaste::dashboard
