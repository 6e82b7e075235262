#include "api/endpoint_members.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json_text.h"
#include "domain/signing.h"
#include "domain/url.h"

namespace posthaste {

namespace {

constexpr std::string_view kUrl = "target_url";

bool is_space_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space_or_control(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space_or_control(text.back())) text.remove_suffix(1);
    return text;
}

// Lower case and without the colon; empty when the URL has none.
std::string scheme_of(std::string_view url) {
    const std::size_t colon = std::min(url.find(':'), url.size());
    if (colon == url.size() || url.find_first_of("/?#") < colon) return {};
    const std::string scheme = to_lower(url.substr(0, colon));
    const bool letters_first = !scheme.empty() && scheme[0] >= 'a' && scheme[0] <= 'z';
    const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
    return letters_first && plain ? scheme : std::string();
}

void add_url_fault(Problems& problems, std::string_view reason, const json::value& value) {
    problems.add("url_parsing", body_location(kUrl),
                 "Input should be a valid URL, " + std::string(reason), echoed(value),
                 error_context(reason));
}

}  // namespace

std::optional<std::string> read_target_url(Problems& problems, const json::value& value) {
    constexpr std::size_t kUrlBytesMax = 2048;
    if (!value.is_string()) {
        problems.add("url_type", body_location(kUrl), "URL input should be a string or URL",
                     echoed(value));
        return std::nullopt;
    }
    const std::string_view url = trimmed(to_std(value.get_string()));
    const std::string scheme = scheme_of(url);
    if (url.size() > kUrlBytesMax) {
        problems.add("url_too_long", body_location(kUrl), "URL should have at most 2048 characters",
                     echoed(value), "{\"max_length\":2048}");
    } else if (url.empty()) {
        add_url_fault(problems, "input is empty", value);
    } else if (scheme.empty()) {
        add_url_fault(problems, "relative URL without a base", value);
    } else if (scheme != "http" && scheme != "https") {
        problems.add("url_scheme", body_location(kUrl), "URL scheme should be 'http' or 'https'",
                     echoed(value), "{\"expected_schemes\":\"'http' or 'https'\"}");
    } else {
        Result<Target> target = parse_target(url);
        if (target) return std::move(target->url);
        add_url_fault(problems, target.error().message, value);
    }
    return std::nullopt;
}

std::optional<std::string> read_secret(Problems& problems, const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const std::string location = body_location("secret");
    const auto secret = read_string(problems, location, value);
    if (!secret || secret->empty()) return std::nullopt;
    const auto key = parse_secret(*secret);
    if (key) return std::string(*secret);
    problems.add_value_error(location, key.error().message, "\"***\"");
    return std::nullopt;
}

std::optional<std::vector<std::string>> read_event_types(Problems& problems,
                                                         const json::value& value) {
    if (value.is_null()) return std::nullopt;
    return read_strings(problems, "event_types", value);
}

void append_event_types(std::string& out,
                        const std::optional<std::vector<std::string>>& event_types) {
    if (!event_types) {
        out += "null";
        return;
    }
    out += '[';
    for (std::size_t i = 0; i < event_types->size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, (*event_types)[i]);
    }
    out += ']';
}

}  // namespace posthaste
