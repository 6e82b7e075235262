// JSON: the scanner against Boost.JSON, the payload reader's fast way against its slow one. YAML, which becomes JSON.

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <string>

#include "api/json_members.h"
#include "api/json_scan.h"
#include "api/native/document_text.h"
#include "api/native/message_in.h"
#include "api/native/payload_text.h"
#include "api/payload.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

namespace json = boost::json;

// What Boost.JSON refuses and the scanner takes, because RFC 8259 leaves it open: numbers of any size, and escapes that are
// half of a surrogate pair, for some of which it has no error code of their own.
bool is_matter_of_taste(const boost::system::error_code& error, std::string_view input) {
    const bool has_surrogate = input.find("\\ud") != std::string_view::npos ||
                               input.find("\\uD") != std::string_view::npos;
    return error == json::error::exponent_overflow || has_surrogate;
}

}  // namespace

void run_json(std::string_view input) {
    const JsonScan scan = scan_json(input, "event");
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    boost::system::error_code error;
    const json::value value = json::parse({input.data(), input.size()}, error, {}, options);
    if (scan.fault) {
        ASSERT(scan.fault->position <= input.size() && !scan.fault->reason.empty());
        ASSERT(error.failed());
        return;
    }
    ASSERT(is_valid_utf8(input));
    ASSERT(scan.first != '\0');
    if (error.failed()) {
        ASSERT(is_matter_of_taste(error, input));
        return;
    }
    ASSERT(value.is_object() == (scan.first == '{'));
    const json::value* event = value.is_object() ? value.as_object().if_contains("event") : nullptr;
    ASSERT(scan.member.has_value() == (event != nullptr));
    if (!event) return;
    ASSERT(!scan_json(*scan.member).fault);
    ASSERT(event->is_string() == (scan.member->front() == '"'));
    if (event->is_string())
        ASSERT(unescape_json(*scan.member) == std::string_view(event->as_string()));
}

void run_payload(std::string_view input) {
    constexpr std::size_t kPadding = 64;
    const std::string padded = std::string(input) + std::string(kPadding, '"');
    const std::string_view body = std::string_view(padded).substr(0, input.size());
    PayloadReader reader;
    const PayloadCheck check = reader.check(body);
    const JsonScan scan = scan_json(input, "event");
    ASSERT((check.kind == PayloadKind::empty) == input.empty());
    if (check.kind == PayloadKind::empty) return;
    ASSERT((check.kind == PayloadKind::broken) == scan.fault.has_value());
    if (scan.fault) {
        ASSERT(check.fault.position == scan.fault->position);
        return;
    }
    ASSERT((check.kind == PayloadKind::object) == (scan.first == '{'));
    ASSERT((check.kind == PayloadKind::null) == (scan.first == 'n'));
    ASSERT(!(check.event_type && check.event_other));
    if (check.event_type) ASSERT(unescape_json(*scan.member) == *check.event_type);
    if (check.event_other) ASSERT(scan.member && scan.member->front() != '"');
    ASSERT(scan.member.has_value() == (check.event_type || check.event_other));
}

namespace {

// Boost.JSON's view of a document; none where it has another taste than the scanner.
std::optional<json::value> parse_plain(std::string_view text) {
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error.failed()) return std::nullopt;
    return value;
}

void check_members(std::string_view object) {
    std::size_t count = 0;
    JsonMembers members(object);
    while (const auto member = members.next()) {
        ++count;
        ASSERT(!scan_json(member->value).fault);
        ASSERT(!scan_json("\"" + std::string(member->key) + "\"").fault);
    }
    const auto parsed = parse_plain(object);
    if (parsed) ASSERT(count >= parsed->as_object().size());
}

}  // namespace

void run_payload_text(std::string_view input) {
    std::string shown;
    native::append_payload(shown, input);
    const JsonScan scan = scan_json(input);
    if (scan.fault) {
        ASSERT(shown == native::kExpiredPayload);
        return;
    }
    const JsonScan again = scan_json(shown);
    ASSERT(!again.fault && again.first == scan.first);
    std::string twice;
    native::append_payload(twice, shown);
    ASSERT(twice == shown);
    const auto before = parse_plain(input);
    const auto behind = parse_plain(shown);
    // What Boost.JSON makes of a number such as 0e4000 is not even equal to itself.
    if (before && behind && *before == *before) ASSERT(*before == *behind);
    if (scan.first == '{') check_members(input);
}

// What the fast way takes, the slow way takes too, and reads the same.
void run_message_in(std::string_view input) {
    constexpr std::size_t kPadding = 64;
    const std::string padded = std::string(input) + std::string(kPadding, '"');
    const std::string_view body = std::string_view(padded).substr(0, input.size());
    native::MessageReader fast_reader;
    native::MessageReader slow_reader;
    const auto fast = fast_reader.read_fast(body);
    const auto slow = slow_reader.read_slowly(body);
    if (slow) {
        ASSERT(scan_json(slow->payload).first == '{');
        ASSERT(slow->payload.data() >= body.data() &&
               slow->payload.data() + slow->payload.size() <= body.data() + body.size());
    } else {
        ASSERT(slow.error().status == 422);
    }
    if (!fast) return;
    ASSERT(slow.has_value());
    ASSERT(fast->event_type == slow->event_type && fast->payload == slow->payload);
    ASSERT(fast->event_id == slow->event_id && fast->retention == slow->retention);
    ASSERT(fast->raw_payload == slow->raw_payload && fast->application == slow->application);
    ASSERT(std::ranges::equal(fast->channels(), slow->channels()));
    ASSERT(std::ranges::equal(fast->tags, slow->tags));
    ASSERT(fast->tree != nullptr);
}

// What is read of a document people write is JSON: its text reads as the same value.
void run_yaml(std::string_view input) {
    const auto value = native::read_yaml(input);
    if (!value) {
        ASSERT(value.error().line >= 1 && value.error().column >= 1);
        ASSERT(!value.error().message.empty());
        return;
    }
    const auto again = native::read_json(boost::json::serialize(*value));
    ASSERT(again && *again == *value);
}

}  // namespace posthaste::fuzz
