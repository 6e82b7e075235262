#include "api/problems.h"

#include <algorithm>
#include <array>

#include "api/reply.h"
#include "api/text.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

// A refused request is not sent back whole: answers stay small whatever comes in.
constexpr std::size_t kEchoBytesMax = 8u << 10;

std::string location(std::string_view place, std::string_view name) {
    std::string loc = "[\"";
    loc += place;
    loc += "\",";
    append_json_string(loc, name);
    loc += ']';
    return loc;
}

std::string json_string(std::string_view text) {
    std::string result;
    append_json_string(result, text);
    return result;
}

bool is_uuid_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
}

// The whole code point that starts at `at`.
std::string character_at(std::string_view text, std::size_t at) {
    return first_characters(text.substr(at), 1);
}

// Why parse_uuid() refused the text.
std::string uuid_fault(std::string_view text) {
    std::size_t dashes = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_uuid_character(text[i]))
            return "invalid character: expected an optional prefix of `urn:uuid:` followed by "
                   "[0-9a-fA-F-], found `" +
                   character_at(text, i) + "` at " + std::to_string(i + 1);
        dashes += text[i] == '-';
    }
    if (dashes == 0)
        return "invalid length: expected length 32 for simple format, found " +
               std::to_string(text.size());
    if (dashes != 4) return "invalid group count: expected 5, found " + std::to_string(dashes + 1);
    constexpr std::array<std::size_t, 5> kGroups = {8, 4, 4, 4, 12};
    for (std::size_t group = 0, start = 0; group < kGroups.size(); ++group) {
        const std::size_t length = std::min(text.find('-', start), text.size()) - start;
        if (length != kGroups[group])
            return "invalid group length in group " + std::to_string(group) + ": expected " +
                   std::to_string(kGroups[group]) + ", found " + std::to_string(length);
        start += length + 1;
    }
    return "invalid UUID";
}

// Without braces or the prefix that UUIDs are sometimes written with.
std::string_view bare_uuid(std::string_view text) {
    if (text.size() == 38 && text.front() == '{' && text.back() == '}') return text.substr(1, 36);
    if (text.size() == 45 && text.starts_with("urn:uuid:")) return text.substr(9);
    return text;
}

}  // namespace

void Problems::add(std::string_view type, std::string_view loc, std::string_view message,
                   std::string_view input, std::string_view ctx) {
    items_ += items_.empty() ? "{\"type\":" : ",{\"type\":";
    append_json_string(items_, type);
    items_ += ",\"loc\":";
    items_ += loc;
    items_ += ",\"msg\":";
    append_json_string(items_, message);
    items_ += ",\"input\":";
    items_ += input;
    if (!ctx.empty()) {
        items_ += ",\"ctx\":";
        items_ += ctx;
    }
    items_ += '}';
}

void Problems::add_missing_body() { add("missing", "[\"body\"]", "Field required", "null"); }

void Problems::add_broken_body(const JsonFault& fault) {
    add("json_invalid", "[\"body\"," + std::to_string(fault.position) + "]", "JSON decode error",
        "{}", error_context(fault.reason));
}

void Problems::add_value_error(std::string_view loc, std::string_view reason,
                               std::string_view input) {
    add("value_error", loc, "Value error, " + std::string(reason), input, error_context(reason));
}

HttpResponse Problems::reply() const {
    std::string body = "{\"detail\":[";
    body += items_;
    body += "]}";
    return posthaste::reply(422, std::move(body));
}

std::optional<Id> read_id(Problems& problems, std::string_view location, std::string_view text) {
    if (const auto id = parse_uuid(text)) return id;
    if (const auto id = parse_uuid(bare_uuid(text))) return id;
    const std::string fault = uuid_fault(text);
    problems.add("uuid_parsing", location, "Input should be a valid UUID, " + fault,
                 echoed_input(json_string(text)), error_context(fault));
    return std::nullopt;
}

std::optional<Id> read_path_id(Problems& problems, std::string_view name,
                               std::string_view segment) {
    if (const auto id = parse_uuid(segment)) return id;
    return read_id(problems, location("path", name), percent_decode(segment));
}

std::int64_t read_query_integer(Problems& problems, std::string_view query,
                                const IntegerRule& rule) {
    const auto text = query_value(query, rule.name);
    if (!text) return rule.fallback;
    const std::string input = echoed_input(json_string(*text));
    const auto value = parse_integer(*text);
    if (!value) {
        problems.add("int_parsing", location("query", rule.name),
                     "Input should be a valid integer, unable to parse string as an integer",
                     input);
        return rule.fallback;
    }
    if (*value < rule.min) {
        const std::string bound = std::to_string(rule.min);
        problems.add("greater_than_equal", location("query", rule.name),
                     "Input should be greater than or equal to " + bound, input,
                     "{\"ge\":" + bound + "}");
    } else if (*value > rule.max) {
        const std::string bound = std::to_string(rule.max);
        problems.add("less_than_equal", location("query", rule.name),
                     "Input should be less than or equal to " + bound, input,
                     "{\"le\":" + bound + "}");
    }
    return *value;
}

bool read_query_bool(Problems& problems, std::string_view query, std::string_view name,
                     bool fallback) {
    const auto text = query_value(query, name);
    if (!text) return fallback;
    const auto value = parse_bool(*text);
    if (!value)
        problems.add("bool_parsing", location("query", name),
                     "Input should be a valid boolean, unable to interpret input",
                     echoed_input(json_string(*text)));
    return value.value_or(fallback);
}

std::string error_context(std::string_view reason) {
    std::string ctx = "{\"error\":";
    append_json_string(ctx, reason);
    ctx += '}';
    return ctx;
}

std::string echoed_input(std::string_view json) {
    if (json.size() <= kEchoBytesMax) return std::string(json);
    return "\"(" + std::to_string(json.size()) + " bytes)\"";
}

}  // namespace posthaste
