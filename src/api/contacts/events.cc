#include "api/contacts/events.h"

#include "api/contacts/text.h"
#include "base/json_text.h"

namespace posthaste::contacts {

namespace {

void append_name(std::string& out, std::string_view name) {
    if (!out.ends_with('{')) out += ", ";
    append_ascii_json_string(out, name);
    out += ": ";
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    append_name(out, name);
    append_ascii_json_string(out, text);
}

void append_optional_member(std::string& out, std::string_view name,
                            const std::optional<std::string>& text) {
    if (text) return append_member(out, name, *text);
    append_name(out, name);
    out += "null";
}

// The beginning, up to what "data" holds.
std::string open_envelope(std::string_view id, std::string_view type, std::string_view timestamp) {
    std::string out = "{";
    append_member(out, "event_id", id);
    append_member(out, "event_type", type);
    append_member(out, "timestamp", timestamp);
    out += ", \"data\": {";
    return out;
}

}  // namespace

Id random_uuid(Entropy& entropy) {
    constexpr std::uint64_t kVersion = 0x4000;
    constexpr std::uint64_t kVariant = std::uint64_t{1} << 63;
    Id id{entropy.next(), entropy.next()};
    id.hi = (id.hi & ~std::uint64_t{0xF000}) | kVersion;
    id.lo = (id.lo & ~(std::uint64_t{3} << 62)) | kVariant;
    return id;
}

std::shared_ptr<Event> make_event(std::string_view type, const Contact& contact,
                                  ApplicationId application, Id event_id, Timestamp now) {
    auto event = std::make_shared<Event>();
    event->organization = contact.organization;
    event->application = application;
    event->type = type;
    event->uid = to_uuid(event_id);
    std::string& out = event->payload;
    out = open_envelope(*event->uid, type, format_naive(now));
    out += "\"subscriber\": {";
    append_member(out, "id", to_uuid(contact.id));
    append_member(out, "email", contact.email);
    append_optional_member(out, "first_name", contact.first_name);
    append_optional_member(out, "last_name", contact.last_name);
    append_member(out, "status", to_string(contact.status));
    append_member(out, "created_at", format_offset(contact.created_at));
    out += "}}}";
    return event;
}

std::shared_ptr<Event> make_trial_event(const Endpoint& webhook, Entropy& entropy) {
    auto event = std::make_shared<Event>();
    event->id = EventId(random_uuid(entropy));
    event->organization = webhook.organization;
    event->application = webhook.application;
    event->type = "webhook.test";
    const std::string digits = to_uuid(random_uuid(entropy));
    const std::string id = "test_" + digits.substr(0, 8) + digits.substr(28);
    std::string& out = event->payload;
    out = open_envelope(id, event->type, "2024-01-01T00:00:00Z");
    append_member(out, "message", "This is a test webhook delivery");
    append_member(out, "webhook_id", to_uuid(webhook.id));
    out += "}}";
    return event;
}

}  // namespace posthaste::contacts
