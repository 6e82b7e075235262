#include "api/native/message_out.h"

#include "api/native/payload_text.h"
#include "base/bytes.h"
#include "domain/attempt_id.h"

namespace posthaste::native {

namespace {

// Members around the payload, with ids and channels of usual length.
constexpr std::size_t kMessageBytes = 320;

void write_status(ObjectWriter& object, MessageStatus status) {
    object.number("status", static_cast<std::int64_t>(status));
    object.text("statusText", to_string(status));
}

}  // namespace

std::string_view to_string(MessageStatus status) {
    switch (status) {
        case MessageStatus::success: return "success";
        case MessageStatus::pending: return "pending";
        case MessageStatus::fail: return "fail";
        case MessageStatus::sending: return "sending";
        case MessageStatus::canceled: return "canceled";
    }
    return "fail";
}

MessageStatus message_status(DeliveryState state, StatusWords words) {
    switch (state) {
        case DeliveryState::delivered: return MessageStatus::success;
        case DeliveryState::pending:
        case DeliveryState::parked: return MessageStatus::sending;
        case DeliveryState::dead: return MessageStatus::fail;
        case DeliveryState::cancelled:
            return words == StatusWords::usual ? MessageStatus::fail : MessageStatus::canceled;
    }
    return MessageStatus::fail;
}

std::vector<DeliveryState> delivery_states(MessageStatus status, StatusWords words) {
    switch (status) {
        case MessageStatus::success: return {DeliveryState::delivered};
        case MessageStatus::fail:
            if (words == StatusWords::expanded) return {DeliveryState::dead};
            return {DeliveryState::dead, DeliveryState::cancelled};
        case MessageStatus::sending:
        case MessageStatus::pending: return {DeliveryState::pending, DeliveryState::parked};
        case MessageStatus::canceled: return {DeliveryState::cancelled};
    }
    return {};
}

MessageStatus message_status(const AttemptRecord& attempt) {
    return attempt.outcome == AttemptOutcome::delivered ? MessageStatus::success
                                                        : MessageStatus::fail;
}

bool is_payload_gone(const Event& event, Timestamp now) {
    return event.is_expunged || (event.payload_expires_at && *event.payload_expires_at <= now);
}

std::string message_id(EventId id) { return to_base62("msg", id); }
std::string endpoint_id(EndpointId id) { return to_base62("ep", id); }

void write_message(ObjectWriter& object, std::string& out, const Event& event, Content content,
                   Timestamp now) {
    object.text_or_null("eventId", event.uid);
    object.text("eventType", event.type);
    object.name("payload");
    if (content == Content::omitted)
        out += kOmittedPayload;
    else if (is_payload_gone(event, now))
        out += kExpiredPayload;
    else
        append_payload(out, event.payload);
    if (event.channels.empty())
        object.null("channels");
    else
        object.texts("channels", event.channels);
    if (!event.tags.empty()) object.texts("tags", event.tags);
    if (event.deliver_at) object.time("deliverAt", *event.deliver_at);
    object.text("id", message_id(event.id));
    object.time("timestamp", event.accepted_at);
}

void write_delivery(ObjectWriter& object, const DeliveryView& delivery, NoAttempt no_attempt) {
    const MessageStatus status = message_status(delivery.state, delivery.words);
    write_status(object, status);
    if (status == MessageStatus::sending)
        object.time("nextAttempt", delivery.next_due.value_or(delivery.first_due));
    else if (no_attempt == NoAttempt::null)
        object.null("nextAttempt");
}

std::string message_json(const Event& event, Content content, Timestamp now) {
    std::string out;
    out.reserve(kMessageBytes + (content == Content::shown ? event.payload.size() : 0));
    ObjectWriter object(out);
    write_message(object, out, event, content, now);
    object.close();
    return out;
}

void append_destination(std::string& out, const Endpoint& endpoint, const DeliveryView& delivery) {
    ObjectWriter object(out);
    object.text("id", endpoint_id(endpoint.id));
    object.text("url", endpoint.url);
    object.text("description", endpoint.description);
    object.text_or_null("uid", endpoint.uid);
    const auto write_rate = [&](std::string_view name) {
        if (endpoint.throttle_rate)
            object.number(name, *endpoint.throttle_rate);
        else
            object.null(name);
    };
    write_rate("rateLimit");
    write_rate("throttleRate");
    object.number("version", endpoint.version);
    object.flag("disabled", !endpoint.is_active);
    object.texts_or_null("eventTypes", endpoint.event_types);
    object.texts_or_null("filterTypes", endpoint.event_types);
    object.texts_or_null("channels", endpoint.channels);
    object.time("createdAt", endpoint.created_at);
    object.time("updatedAt", endpoint.updated_at);
    write_delivery(object, delivery, NoAttempt::null);
    object.close();
}

AttemptId id_of(const AttemptView& attempt) {
    return attempt_id(attempt.record->started_at, attempt.event, attempt.endpoint,
                      attempt.record->number);
}

void append_attempt(std::string& out, const AttemptView& attempt, Content content) {
    const AttemptRecord& record = *attempt.record;
    ObjectWriter object(out);
    object.text("id", to_base62("atmpt", id_of(attempt)));
    object.text("url", attempt.url);
    if (content == Content::omitted)
        object.text("response", kOmittedPayload);
    else if (is_valid_utf8(record.response))
        object.text("response", record.response);
    else
        object.text("response", to_base64(record.response));
    object.number("responseStatusCode", record.status_code);
    object.number("responseDurationMs", record.timings.total / 1ms);
    write_status(object, message_status(record));
    object.number("triggerType", static_cast<std::int64_t>(record.trigger));
    object.text("msgId", message_id(attempt.event));
    object.text("endpointId", endpoint_id(attempt.endpoint));
    object.time("timestamp", record.started_at);
    if (attempt.message != nullptr) {
        object.name("msg");
        // Nothing of it depends on the time when the payload is left out.
        out += message_json(*attempt.message, Content::omitted, record.started_at);
    }
    object.close();
}

}  // namespace posthaste::native
