#include "api/mailboxes/webhook_document.h"

#include "api/delivery_status.h"
#include "api/text.h"
#include "base/json_text.h"
#include "domain/attempt_id.h"

namespace posthaste::mailboxes {

namespace {

constexpr std::size_t kTextCharactersMax = 255;

void append_time_or_null(std::string& out, std::optional<Timestamp> at) {
    if (at)
        out += '"' + format_rfc3339(*at) + '"';
    else
        out += "null";
}

// What a row of the list and the detail have in common.
struct Summary {
    const Event& event;
    const Endpoint& mailbox;
    DeliveryState state;
    std::size_t attempts;
    std::optional<Timestamp> last_attempt_at;
    std::optional<Timestamp> next_due;
};

void append_summary(std::string& out, const Summary& summary) {
    const std::string attempts = std::to_string(summary.attempts);
    out += "\"tracking_number\":\"" + to_uuid(summary.event.id) + "\",\"mailbox_id\":\"";
    out += to_uuid(summary.mailbox.id) + "\",\"mailbox_name\":";
    append_json_string(out, summary.mailbox.name);
    out += ",\"target_url\":";
    append_json_string(out, summary.mailbox.url);
    out += ",\"event_type\":";
    if (summary.event.type.empty())
        out += "null";
    else
        append_json_string(out, summary.event.type);
    out += ",\"status\":\"";
    out += status_of(summary.state);
    out += "\",\"attempts\":" + attempts + ",\"attempt_count\":" + attempts;
    out += ",\"last_attempt_at\":";
    append_time_or_null(out, summary.last_attempt_at);
    out += ",\"next_attempt_at\":";
    append_time_or_null(out, summary.next_due);
    out += ",\"created_at\":\"" + format_rfc3339(summary.event.accepted_at) + '"';
}

// The original counted attempts through; this one says which it is as well, and fits into a number of JavaScript.
std::uint64_t number_of(AttemptId id) { return id.lo & ((std::uint64_t{1} << 53) - 1); }

void append_text(std::string& out, const std::string& text) {
    append_json_string(out, first_characters(text, kTextCharactersMax));
}

void append_error(std::string& out, const AttemptRecord& record) {
    if (record.outcome == AttemptOutcome::delivered)
        out += "null";
    else if (record.outcome == AttemptOutcome::rejected)
        append_json_string(out, "The receiver answered " + std::to_string(record.status_code));
    else
        append_text(out, record.response);
}

void append_attempt(std::string& out, const Event& event, const Endpoint& mailbox,
                    const AttemptRecord& record) {
    const AttemptId id = attempt_id(record.started_at, event.id, mailbox.id, record.number);
    const bool is_success = record.outcome == AttemptOutcome::delivered;
    out += "{\"id\":" + std::to_string(number_of(id));
    out += ",\"tracking_number\":\"" + to_uuid(event.id);
    out += "\",\"attempt_number\":" + std::to_string(record.number);
    out += is_success ? R"(,"status":"success","error":)" : R"(,"status":"failed","error":)";
    append_error(out, record);
    out += ",\"attempted_at\":\"" + format_rfc3339(record.started_at) + "\",\"status_code\":";
    out += record.status_code == 0 ? "null" : std::to_string(record.status_code);
    out += ",\"response\":";
    if (is_success || record.outcome == AttemptOutcome::rejected)
        append_text(out, record.response);
    else
        out += "null";
    out += ",\"duration_ms\":" +
           std::to_string(
               std::chrono::duration_cast<std::chrono::milliseconds>(record.timings.total).count());
    out += '}';
}

}  // namespace

std::vector<DeliveryState> states_of(std::string_view status) {
    return posthaste::states_of(status == "queued" ? "pending" : status);
}

void append_row(std::string& out, const EventEntry& entry, const Endpoint& mailbox) {
    out += '{';
    append_summary(out, {*entry.event, mailbox, entry.state, entry.attempts, entry.last_attempt_at,
                         entry.next_due});
    out += '}';
}

void append_detail(std::string& out, const Event& event, const DeliveryHistory& delivery,
                   const Endpoint& mailbox) {
    std::optional<Timestamp> last;
    if (!delivery.attempts.empty()) last = delivery.attempts.back().started_at;
    out += "{\"event\":{";
    append_summary(
        out, {event, mailbox, delivery.state, delivery.attempts.size(), last, delivery.next_due});
    out += ",\"payload\":";
    out += event.is_expunged ? "null" : event.payload;  // an object, or it would not be here
    out += "},\"attempts\":[";
    for (const AttemptRecord& record : delivery.attempts) {
        if (&record != delivery.attempts.data()) out += ',';
        append_attempt(out, event, mailbox, record);
    }
    out += "]}";
}

}  // namespace posthaste::mailboxes
