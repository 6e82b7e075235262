#include "api/subscriptions/document.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include "api/text.h"
#include "base/json_text.h"
#include "domain/signing.h"
#include "domain/url.h"

namespace posthaste::subscriptions {

namespace {

namespace json = boost::json;

std::string_view to_std(const json::string& text) { return {text.data(), text.size()}; }

std::string echoed(const json::value& value) { return echoed_input(json::serialize(value)); }

std::string quoted(std::string_view text) {
    std::string result;
    append_json_string(result, text);
    return result;
}

std::string body_location(std::string_view name) {
    return "[\"body\",\"" + std::string(name) + "\"]";
}

// The body as an object, or problems.
std::optional<json::object> read_object(Problems& problems, std::string_view body) {
    const JsonScan scan = scan_json(body);
    if (body.empty() || (!scan.fault && scan.first == 'n')) {
        problems.add_missing_body();
        return std::nullopt;
    }
    if (scan.fault) {
        problems.add_broken_body(*scan.fault);
        return std::nullopt;
    }
    if (scan.first != '{') {
        problems.add("model_attributes_type", "[\"body\"]",
                     "Input should be a valid dictionary or object to extract fields from",
                     echoed_input(body));
        return std::nullopt;
    }
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    json::parser parser({}, options);
    boost::system::error_code failure;
    const std::size_t read = parser.write(body.data(), body.size(), failure);
    if (failure) {
        // Valid by the grammar, but nothing that a string or a number can hold: a lone surrogate, a huge exponent.
        problems.add_broken_body({read, "Value out of range"});
        return std::nullopt;
    }
    return std::move(parser.release().as_object());
}

bool is_space_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space_or_control(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space_or_control(text.back())) text.remove_suffix(1);
    return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Lower case and without the colon; empty when the URL has none.
std::string scheme_of(std::string_view url) {
    const std::size_t colon = std::min(url.find(':'), url.size());
    if (colon == url.size() || url.find_first_of("/?#") < colon) return {};
    std::string scheme(url.substr(0, colon));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
    const bool letters_first = !scheme.empty() && scheme[0] >= 'a' && scheme[0] <= 'z';
    const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
    return letters_first && plain ? scheme : std::string{};
}

void add_url_fault(Problems& problems, std::string_view reason, const json::value& value) {
    problems.add("url_parsing", body_location("target_url"),
                 "Input should be a valid URL, " + std::string(reason), echoed(value),
                 "{\"error\":" + quoted(reason) + "}");
}

std::optional<std::string> read_url(Problems& problems, const json::value& value) {
    constexpr std::size_t kUrlBytesMax = 2048;
    if (!value.is_string()) {
        problems.add("url_type", body_location("target_url"), "URL input should be a string or URL",
                     echoed(value));
        return std::nullopt;
    }
    const std::string_view url = trimmed(to_std(value.get_string()));
    const std::string scheme = scheme_of(url);
    if (url.size() > kUrlBytesMax) {
        problems.add("url_too_long", body_location("target_url"),
                     "URL should have at most 2048 characters", echoed(value),
                     "{\"max_length\":2048}");
    } else if (url.empty()) {
        add_url_fault(problems, "input is empty", value);
    } else if (scheme.empty()) {
        add_url_fault(problems, "relative URL without a base", value);
    } else if (scheme != "http" && scheme != "https") {
        problems.add("url_scheme", body_location("target_url"),
                     "URL scheme should be 'http' or 'https'", echoed(value),
                     "{\"expected_schemes\":\"'http' or 'https'\"}");
    } else {
        Result<Target> target = parse_target(url);
        if (target) return std::move(target->url);
        add_url_fault(problems, target.error().message, value);
    }
    return std::nullopt;
}

// A NUL inside a text is cut off or refused by too much of the software that may store or show it.
bool refuse_nul(Problems& problems, const std::string& loc, const json::value& value) {
    if (to_std(value.get_string()).find('\0') == std::string_view::npos) return false;
    problems.add("value_error", loc, "Value error, the text holds a NUL character", echoed(value),
                 "{\"error\":\"the text holds a NUL character\"}");
    return true;
}

bool refuse_other_than_string(Problems& problems, const std::string& loc,
                              const json::value& value) {
    if (value.is_string()) return refuse_nul(problems, loc, value);
    problems.add("string_type", loc, "Input should be a valid string", echoed(value));
    return true;
}

// An empty secret is no secret, as it was for the original.
std::optional<std::string> read_secret(Problems& problems, const json::value& value) {
    const std::string loc = body_location("secret");
    if (value.is_null() || refuse_other_than_string(problems, loc, value)) return std::nullopt;
    const std::string_view secret = to_std(value.get_string());
    if (secret.empty()) return std::nullopt;
    const auto key = parse_secret(secret);
    if (!key) {
        problems.add("value_error", loc, "Value error, " + key.error().message, echoed(value),
                     "{\"error\":" + quoted(key.error().message) + "}");
        return std::nullopt;
    }
    return std::string(secret);
}

std::optional<std::vector<std::string>> read_event_types(Problems& problems,
                                                         const json::value& value) {
    if (value.is_null()) return std::nullopt;
    if (!value.is_array()) {
        problems.add("list_type", body_location("event_types"), "Input should be a valid list",
                     echoed(value));
        return std::nullopt;
    }
    std::vector<std::string> types;
    std::size_t index = 0;
    for (const json::value& item : value.get_array()) {
        const std::string loc = "[\"body\",\"event_types\"," + std::to_string(index++) + "]";
        if (!refuse_other_than_string(problems, loc, item))
            types.emplace_back(to_std(item.get_string()));
    }
    return types;
}

std::optional<bool> bool_of_text(std::string_view text) {
    std::string word(text.substr(0, 8));
    std::transform(word.begin(), word.end(), word.begin(), lower);
    for (const std::string_view yes : {"1", "true", "t", "yes", "y", "on"})
        if (word == yes) return true;
    for (const std::string_view no : {"0", "false", "f", "no", "n", "off"})
        if (word == no) return false;
    return std::nullopt;
}

// What counts as a truth value is as generous as in the original.
std::optional<bool> read_bool(Problems& problems, const json::value& value) {
    if (value.is_bool()) return value.get_bool();
    std::optional<bool> result;
    if (value.is_string()) result = bool_of_text(to_std(value.get_string()));
    const bool is_number = value.is_number();
    const double number = is_number ? value.to_number<double>() : -1;
    if (number >= 0 && number <= 0) result = false;
    if (number >= 1 && number <= 1) result = true;
    if (result) return result;
    if (value.is_string() || value.is_int64() || value.is_uint64())
        problems.add("bool_parsing", body_location("is_active"),
                     "Input should be a valid boolean, unable to interpret input", echoed(value));
    else
        problems.add("bool_type", body_location("is_active"), "Input should be a valid boolean",
                     echoed(value));
    return std::nullopt;
}

}  // namespace

void Changes::apply_to(Endpoint& endpoint) const {
    if (target_url) endpoint.url = *target_url;
    if (secret) endpoint.secret = *secret;
    if (event_types) endpoint.event_types = *event_types;
    if (is_active) endpoint.is_active = *is_active;
}

Changes read_changes(Problems& problems, std::string_view body, Purpose purpose) {
    Changes changes;
    const auto object = read_object(problems, body);
    if (!object) return changes;
    if (const json::value* url = object->if_contains("target_url"))
        changes.target_url = read_url(problems, *url);
    else if (purpose == Purpose::create)
        problems.add("missing", body_location("target_url"), "Field required",
                     echoed_input(json::serialize(*object)));
    if (const json::value* secret = object->if_contains("secret"))
        changes.secret = read_secret(problems, *secret);
    if (const json::value* types = object->if_contains("event_types"))
        changes.event_types = read_event_types(problems, *types);
    const json::value* active = object->if_contains("is_active");
    if (active != nullptr && purpose == Purpose::update)
        changes.is_active = read_bool(problems, *active);
    return changes;
}

void append_subscription(std::string& out, const Endpoint& endpoint) {
    out += "{\"target_url\":";
    append_json_string(out, endpoint.url);
    out += ",\"secret\":";
    if (endpoint.secret)
        append_json_string(out, *endpoint.secret);
    else
        out += "null";
    out += ",\"event_types\":";
    if (endpoint.event_types) {
        out += '[';
        for (std::size_t i = 0; i < endpoint.event_types->size(); ++i) {
            if (i > 0) out += ',';
            append_json_string(out, (*endpoint.event_types)[i]);
        }
        out += ']';
    } else {
        out += "null";
    }
    out += ",\"id\":\"" + to_uuid(endpoint.id) + "\",\"created_at\":\"";
    out += format_naive(endpoint.created_at);
    out += endpoint.is_active ? "\",\"is_active\":true}" : "\",\"is_active\":false}";
}

}  // namespace posthaste::subscriptions
