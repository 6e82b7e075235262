#include "api/native/message_in.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/json_members.h"
#include "api/native/body.h"
#include "api/native/query.h"

namespace posthaste::native {

namespace {

namespace dom = simdjson::dom;

// As in PayloadReader: a parser keeps the largest tree that it ever made, about thirteen times the text.
constexpr std::size_t kTreeBytesMax = 64u << 10;

// Which members were seen, one bit each; one that is given twice is not for the fast way.
enum class Known : unsigned {
    event_type,
    payload,
    event_id,
    channels,
    tags,
    retention_days,
    retention_hours,
    application,
    transformations,
    deliver_at,
    none,
};

Known known(std::string_view key) {
    struct Name {
        std::string_view text;
        Known member;
    };
    constexpr Name kNames[] = {
        {"eventType", Known::event_type},
        {"payload", Known::payload},
        {"data", Known::payload},
        {"eventId", Known::event_id},
        {"channels", Known::channels},
        {"tags", Known::tags},
        {"payloadRetentionPeriod", Known::retention_days},
        {"payloadRetentionHours", Known::retention_hours},
        {"application", Known::application},
        {"transformationsParams", Known::transformations},
        {"deliverAt", Known::deliver_at},
    };
    for (const Name& name : kNames)
        if (name.text == key) return name.member;
    return Known::none;
}

bool is_event_id(std::string_view text) { return is_identifier(text) && !text.starts_with("msg_"); }

bool read_channels(const dom::element& value, MessageIn& message) {
    dom::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return false;
    for (const dom::element item : list) {
        std::string_view channel;
        if (item.get_string().get(channel) != simdjson::SUCCESS || !is_identifier(channel) ||
            !message.add_channel(channel))
            return false;
    }
    return message.channel_count > 0;
}

// Only such tags as need no look at their characters.
bool read_tags(const dom::element& value, MessageIn& message) {
    dom::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return false;
    for (const dom::element item : list) {
        std::string_view tag;
        if (item.get_string().get(tag) != simdjson::SUCCESS || !is_identifier(tag)) return false;
        if (std::ranges::find(message.tags, tag) != message.tags.end()) continue;
        if (message.tags.size() == kMessageTagsMax) return false;
        message.tags.push_back(tag);
    }
    return true;
}

bool read_retention(const dom::element& value, std::int64_t min, std::int64_t max, Duration unit,
                    MessageIn& message) {
    std::int64_t count = 0;
    if (value.get_int64().get(count) != simdjson::SUCCESS || count < min || count > max)
        return false;
    message.retention = count * unit;
    return true;
}

bool read_transformations(const dom::element& value, MessageIn& message) {
    dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (const dom::key_value_pair field : object) {
        if (field.key != "rawPayload") continue;
        std::string_view text;
        if (message.raw_payload || field.value.get_string().get(text) != simdjson::SUCCESS)
            return false;
        message.raw_payload = text;
    }
    return true;
}

Duration read_retention(BodyReader& reader) {
    const auto days =
        reader.integer({"payloadRetentionPeriod", Presence::optional, "payload_retention_period"},
                       kRetentionDaysMin, kRetentionDaysMax);
    const auto hours =
        reader.integer({"payloadRetentionHours", Presence::optional, "payload_retention_hours"}, 1,
                       kRetentionDaysMax * 24);
    if (days && hours)
        reader.add_issue(
            "payload_retention_hours",
            "Only one of payloadRetentionPeriod and payloadRetentionHours may be given");
    if (hours) return std::chrono::hours(*hours.value);
    return std::chrono::days(days.value_or(kRetentionDaysMax));
}

}  // namespace

bool MessageIn::add_channel(std::string_view channel) {
    const auto end = channels_kept.begin() + static_cast<std::ptrdiff_t>(channel_count);
    if (std::find(channels_kept.begin(), end, channel) != end) return true;
    if (channel_count == channels_kept.size()) return false;
    channels_kept[channel_count++] = channel;
    return true;
}

struct MessageReader::Impl {
    dom::parser parser;
    dom::element payload;  // in the parser's tree
    // What views of the slow way point to.
    std::string event_type;
    std::string event_id;
    std::vector<std::string> channels;
    std::vector<std::string> tags;
    std::string raw_payload;

    [[nodiscard]] bool take(Known member, const dom::element& value, std::string_view text,
                            MessageIn& message);
};

MessageReader::MessageReader() : impl_(std::make_unique<Impl>()) {}
MessageReader::~MessageReader() = default;

std::expected<MessageIn, HttpResponse> MessageReader::read(std::string_view body) {
    if (const auto message = read_fast(body)) return *message;
    return read_slowly(body);
}

// False: not for the fast way.
bool MessageReader::Impl::take(Known member, const dom::element& value, std::string_view text,
                               MessageIn& message) {
    std::string_view string;
    switch (member) {
        case Known::event_type:
            if (value.get_string().get(string) != simdjson::SUCCESS || !is_identifier(string))
                return false;
            message.event_type = string;
            return true;
        case Known::payload:
            if (!value.is_object()) return false;
            payload = value;
            message.payload = text;
            message.tree = &payload;
            return true;
        case Known::event_id:
            if (value.is_null()) return true;
            if (value.get_string().get(string) != simdjson::SUCCESS || !is_event_id(string))
                return false;
            message.event_id = string;
            return true;
        case Known::channels: return value.is_null() || read_channels(value, message);
        case Known::tags: return value.is_null() || read_tags(value, message);
        case Known::retention_days:
            return read_retention(value, kRetentionDaysMin, kRetentionDaysMax, 24h, message);
        case Known::retention_hours:
            return read_retention(value, 1, kRetentionDaysMax * 24, 1h, message);
        case Known::application:
            if (value.is_null()) return true;
            message.application = text;
            return value.is_object();
        case Known::transformations: return value.is_null() || read_transformations(value, message);
        case Known::deliver_at: return value.is_null();
        case Known::none: return true;
    }
    return false;
}

std::optional<MessageIn> MessageReader::read_fast(std::string_view body) {
    if (body.size() > kTreeBytesMax) return std::nullopt;
    dom::object object;
    if (impl_->parser.parse(body.data(), body.size(), false).get_object().get(object) !=
        simdjson::SUCCESS)
        return std::nullopt;
    MessageIn message;
    unsigned seen = 0;
    JsonMembers texts(body);  // the same members in the same order
    for (const dom::key_value_pair field : object) {
        const auto text = texts.next();
        const Known member = known(field.key);
        if (member == Known::none) continue;
        const unsigned bit = 1u << static_cast<unsigned>(member);
        if (!text || (seen & bit) != 0 || !impl_->take(member, field.value, text->value, message))
            return std::nullopt;
        seen |= bit;
    }
    const auto is_given = [seen](Known member) {
        return (seen >> static_cast<unsigned>(member) & 1) != 0;
    };
    if (is_given(Known::retention_days) && is_given(Known::retention_hours)) return std::nullopt;
    if (message.event_type.empty() || message.tree == nullptr) return std::nullopt;
    return message;
}

std::expected<MessageIn, HttpResponse> MessageReader::read_slowly(std::string_view body) {
    BodyReader reader(body);
    const auto type = reader.text({"eventType", Presence::required, "event_type"},
                                  {.min = 1, .max = 256, .is_identifier = true});
    const auto payload = reader.raw_object({"payload", Presence::required, {}, "data"});
    const auto event_id = reader.uid({"eventId", Presence::optional, "uid"}, "msg");
    const auto channels =
        reader.set({"channels"}, {.min = 1,
                                  .max = kMessageChannelsMax,
                                  .each = {.min = 1, .max = 256, .is_identifier = true}});
    const auto tags =
        reader.set({"tags"}, {.max = kMessageTagsMax, .each = {.max = kTagLengthMax}});
    const Duration retention = read_retention(reader);
    const auto application = reader.raw_object({"application"});
    const auto deliver_at = reader.time({"deliverAt", Presence::optional, "deliver_at"});
    Member<std::string> raw_payload;
    if (auto params = reader.object({"transformationsParams"}))
        raw_payload = params->text({"rawPayload"});
    if (!reader.ok()) return std::unexpected(reader.reply());

    MessageIn message;
    message.event_type = impl_->event_type = *type.value;
    message.payload = *payload.value;
    if (event_id) message.event_id = impl_->event_id = *event_id.value;
    impl_->channels = channels.value_or({});
    for (const std::string& channel : impl_->channels) (void)message.add_channel(channel);
    impl_->tags = tags.value_or({});
    message.tags.assign(impl_->tags.begin(), impl_->tags.end());
    message.retention = retention;
    if (raw_payload) message.raw_payload = impl_->raw_payload = *raw_payload.value;
    message.application = application.value;
    message.deliver_at = deliver_at.value;
    return message;
}

struct PayloadTree::Impl {
    dom::parser parser;
    dom::element root;
    bool is_good = false;
};

PayloadTree::PayloadTree(std::string_view payload) : impl_(std::make_unique<Impl>()) {
    impl_->is_good =
        impl_->parser.parse(payload.data(), payload.size()).get(impl_->root) == simdjson::SUCCESS;
}

PayloadTree::~PayloadTree() = default;

const dom::element* PayloadTree::get() const { return impl_->is_good ? &impl_->root : nullptr; }

}  // namespace posthaste::native
