#include "api/mailboxes/mailbox_document.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/endpoint_members.h"
#include "api/json_body.h"
#include "api/text.h"
#include "base/json_text.h"

namespace posthaste::mailboxes {

namespace {

constexpr std::size_t kNameCharactersMax = 255;
constexpr std::size_t kKeyCharactersMin = 16;
constexpr std::size_t kKeyCharactersMax = 200;
constexpr std::int64_t kAttemptsMax = 50;
constexpr std::size_t kDelaysMax = 50;
constexpr std::int64_t kRateMax = 65535;
constexpr double kDelaySecondsMax = 86'400;
constexpr double kTimeoutSecondsMin = 0.1;
constexpr double kTimeoutSecondsMax = 300;

std::string shortest(double number) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

std::string item_location(std::string_view name, std::size_t index) {
    return "[\"body\",\"" + std::string(name) + "\"," + std::to_string(index) + "]";
}

template <class Count>
std::string count_context(std::string_view name, Count count) {
    return "{\"" + std::string(name) + "\":" + std::to_string(count) + "}";
}

std::optional<std::string> read_name(Problems& problems, const json::value& value) {
    const std::string location = body_location("name");
    const auto name = read_string(problems, location, value);
    if (!name) return std::nullopt;
    if (name->empty()) {
        problems.add("string_too_short", location, "String should have at least 1 character",
                     echoed(value), count_context("min_length", 1));
        return std::nullopt;
    }
    if (count_characters(*name) <= kNameCharactersMax) return std::string(*name);
    problems.add("string_too_long", location,
                 "String should have at most " + std::to_string(kNameCharactersMax) + " characters",
                 echoed(value), count_context("max_length", kNameCharactersMax));
    return std::nullopt;
}

// A key that its producer has already. What a header cannot carry unchanged is none.
std::optional<std::string> read_key(Problems& problems, const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const std::string location = body_location("api_key");
    if (!value.is_string()) {
        problems.add("string_type", location, "Input should be a valid string", echoed(value));
        return std::nullopt;
    }
    const std::string_view key = to_std(value.get_string());
    const bool is_visible =
        std::ranges::all_of(key, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (is_visible && key.size() >= kKeyCharactersMin && key.size() <= kKeyCharactersMax)
        return std::string(key);
    problems.add_value_error(location,
                             "a key has " + std::to_string(kKeyCharactersMin) + " to " +
                                 std::to_string(kKeyCharactersMax) +
                                 " visible ASCII characters, and no spaces",
                             "\"***\"");
    return std::nullopt;
}

void add_bound(Problems& problems, const std::string& location, std::string_view word,
               const std::string& bound, const json::value& value) {
    const bool is_lower = word == "ge";
    problems.add(is_lower ? "greater_than_equal" : "less_than_equal", location,
                 (is_lower ? "Input should be greater than or equal to "
                           : "Input should be less than or equal to ") +
                     bound,
                 echoed(value), "{\"" + std::string(word) + "\":" + bound + "}");
}

std::optional<std::uint32_t> read_count(Problems& problems, std::string_view name, std::int64_t max,
                                        const json::value& value) {
    const std::string location = body_location(name);
    const double number = value.is_number() ? value.to_number<double>() : std::nan("");
    if (std::isnan(number) || number != std::trunc(number)) {
        problems.add("int_type", location, "Input should be a valid integer", echoed(value));
        return std::nullopt;
    }
    if (number < 1) {
        add_bound(problems, location, "ge", "1", value);
    } else if (number > static_cast<double>(max)) {
        add_bound(problems, location, "le", std::to_string(max), value);
    } else {
        return static_cast<std::uint32_t>(number);
    }
    return std::nullopt;
}

struct SecondsRule {
    double min = 0;
    double max = 0;
};

std::optional<Duration> read_seconds(Problems& problems, const std::string& location,
                                     SecondsRule rule, const json::value& value) {
    if (!value.is_number()) {
        problems.add("float_type", location, "Input should be a valid number", echoed(value));
        return std::nullopt;
    }
    const double seconds = value.to_number<double>();
    if (seconds < rule.min) {
        add_bound(problems, location, "ge", shortest(rule.min), value);
    } else if (seconds > rule.max) {
        add_bound(problems, location, "le", shortest(rule.max), value);
    } else {
        return Duration(std::llround(seconds * 1e6));
    }
    return std::nullopt;
}

std::vector<Duration> read_delays(Problems& problems, const json::value& value) {
    constexpr std::string_view kName = "retry_delays";
    if (value.is_null()) return {};
    if (!value.is_array()) {
        problems.add("list_type", body_location(kName), "Input should be a valid list",
                     echoed(value));
        return {};
    }
    const json::array& items = value.get_array();
    const std::string count = std::to_string(items.size());
    if (items.empty()) {
        problems.add("too_short", body_location(kName),
                     "List should have at least 1 item after validation, not 0", echoed(value),
                     R"({"field_type":"List","min_length":1,"actual_length":0})");
    } else if (items.size() > kDelaysMax) {
        const std::string max = std::to_string(kDelaysMax);
        problems.add(
            "too_long", body_location(kName),
            "List should have at most " + max + " items after validation, not " + count,
            echoed(value),
            R"({"field_type":"List","max_length":)" + max + R"(,"actual_length":)" + count + "}");
    }
    std::vector<Duration> delays;
    for (std::size_t i = 0; i < items.size() && i < kDelaysMax; ++i) {
        const auto delay =
            read_seconds(problems, item_location(kName, i), {0, kDelaySecondsMax}, items[i]);
        delays.push_back(delay.value_or(Duration{}));
    }
    return delays;
}

void read_delivery(Problems& problems, const json::object& object, MailboxChanges& changes) {
    if (const json::value* attempts = object.if_contains("max_attempts")) {
        changes.max_attempts = attempts->is_null()
                                   ? mailboxes_retry_policy().attempts_max
                                   : read_count(problems, "max_attempts", kAttemptsMax, *attempts);
    }
    if (const json::value* delays = object.if_contains("retry_delays"))
        changes.retry_delays = read_delays(problems, *delays);
    if (const json::value* timeout = object.if_contains("timeout")) {
        changes.timeout = timeout->is_null()
                              ? kTimeout
                              : read_seconds(problems, body_location("timeout"),
                                             {kTimeoutSecondsMin, kTimeoutSecondsMax}, *timeout);
    }
    if (const json::value* rate = object.if_contains("rate_limit")) {
        changes.rate_limit =
            rate->is_null() ? std::nullopt : read_count(problems, "rate_limit", kRateMax, *rate);
    }
}

void append_seconds(std::string& out, Duration duration) {
    out += shortest(static_cast<double>(duration.count()) / 1e6);
}

void append_text_or_null(std::string& out, const std::optional<std::string>& text) {
    if (text)
        append_json_string(out, *text);
    else
        out += "null";
}

void append_delays(std::string& out, const std::vector<Duration>& delays) {
    if (delays.empty()) {
        out += "null";
        return;
    }
    out += '[';
    for (const Duration delay : delays) {
        if (out.back() != '[') out += ',';
        append_seconds(out, delay);
    }
    out += ']';
}

}  // namespace

void MailboxChanges::apply_to(Endpoint& endpoint) const {
    if (name) endpoint.name = *name;
    if (target_url) endpoint.url = *target_url;
    if (api_key) endpoint.ingest_key = *api_key;
    if (is_active) endpoint.is_active = *is_active;
    if (event_types) endpoint.event_types = *event_types;
    if (secret) endpoint.secret = *secret;
    if (max_attempts) endpoint.retry.attempts_max = *max_attempts;
    if (retry_delays) endpoint.retry.gaps = *retry_delays;
    if (timeout) endpoint.timeout = *timeout;
    if (rate_limit) endpoint.throttle_rate = *rate_limit;
}

MailboxChanges read_mailbox(Problems& problems, std::string_view body, Purpose purpose) {
    MailboxChanges changes;
    const auto object = read_object(problems, body);
    if (!object) return changes;
    const bool is_new = purpose == Purpose::create;
    if (const json::value* name = object->if_contains("name"))
        changes.name = read_name(problems, *name);
    else if (is_new)
        add_missing(problems, "name", *object);
    if (const json::value* url = object->if_contains("target_url"))
        changes.target_url = read_target_url(problems, *url);
    else if (is_new)
        add_missing(problems, "target_url", *object);
    const json::value* key = is_new ? object->if_contains("api_key") : nullptr;
    if (key) changes.api_key = read_key(problems, *key);
    if (const json::value* active = object->if_contains("is_active"))
        changes.is_active = read_bool(problems, "is_active", *active);
    if (const json::value* types = object->if_contains("event_types"))
        changes.event_types = read_event_types(problems, *types);
    if (const json::value* secret = object->if_contains("secret"))
        changes.secret = read_secret(problems, *secret);
    read_delivery(problems, *object, changes);
    return changes;
}

void append_mailbox(std::string& out, const Endpoint& mailbox, Shown shown) {
    const std::optional<std::string> none;
    out += "{\"id\":\"" + to_uuid(mailbox.id) + "\",\"api_key\":";
    append_text_or_null(out, shown == Shown::no_secrets ? none : mailbox.ingest_key);
    out += ",\"name\":";
    append_json_string(out, mailbox.name);
    out += ",\"target_url\":";
    append_json_string(out, mailbox.url);
    out += ",\"created_at\":\"" + format_rfc3339(mailbox.created_at);
    out += mailbox.is_active ? "\",\"is_active\":true" : "\",\"is_active\":false";
    out += ",\"event_types\":";
    append_event_types(out, mailbox.event_types);
    out += ",\"secret\":";
    append_text_or_null(out, shown == Shown::everything ? mailbox.secret : none);
    out += ",\"max_attempts\":" + std::to_string(mailbox.retry.attempts_max);
    out += ",\"retry_delays\":";
    append_delays(out, mailbox.retry.gaps);
    out += ",\"timeout\":";
    append_seconds(out, mailbox.timeout);
    out += ",\"rate_limit\":";
    out += mailbox.throttle_rate ? std::to_string(*mailbox.throttle_rate) : "null";
    out += '}';
}

}  // namespace posthaste::mailboxes
