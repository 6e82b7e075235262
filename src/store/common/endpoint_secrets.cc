#include "store/common/endpoint_secrets.h"

#include <utility>

#include "store/common/netstring.h"

namespace posthaste {

namespace {

constexpr std::string_view kHeaderSeparator = ": ";

bool read_old_secret(std::string_view value, Endpoint& endpoint) {
    const std::size_t space = value.find(' ');
    const auto expires_at = read_whole_number<std::int64_t>(value.substr(0, space));
    if (space == std::string_view::npos || !expires_at) return false;
    endpoint.old_secrets.push_back(
        {std::string(value.substr(space + 1)), from_micros(*expires_at)});
    return true;
}

// A header's name has no colon.
bool read_header(std::string_view value, Endpoint& endpoint) {
    const std::size_t end = value.find(kHeaderSeparator);
    if (end == std::string_view::npos) return false;
    endpoint.headers.emplace_back(value.substr(0, end),
                                  value.substr(end + kHeaderSeparator.size()));
    return true;
}

bool read_field(std::string_view name, std::string_view value, Endpoint& endpoint) {
    if (name == "old_secret") return read_old_secret(value, endpoint);
    if (name == "header") return read_header(value, endpoint);
    if (name == "url")
        endpoint.url = value;
    else if (name == "secret")
        endpoint.secret = value;
    else if (name == "ingest_key")
        endpoint.ingest_key = value;
    else
        return false;
    return true;
}

}  // namespace

void append_secret_field(std::string& text, std::string_view name, std::string_view value) {
    append_netstring(text, name);
    append_netstring(text, value);
}

std::string secrets_of(const Endpoint& endpoint) {
    std::string text;
    append_secret_field(text, "url", endpoint.url);
    if (endpoint.secret) append_secret_field(text, "secret", *endpoint.secret);
    for (const auto& [secret, expires_at] : endpoint.old_secrets)
        append_secret_field(text, "old_secret",
                            std::to_string(to_micros(expires_at)) + " " + secret);
    if (endpoint.ingest_key) append_secret_field(text, "ingest_key", *endpoint.ingest_key);
    for (const auto& [name, value] : endpoint.headers)
        append_secret_field(text, "header", name + std::string(kHeaderSeparator) + value);
    return text;
}

bool read_secrets(std::string_view text, Endpoint& endpoint) {
    while (!text.empty()) {
        const auto name = take_netstring(text);
        const auto value = name ? take_netstring(text) : std::nullopt;
        if (!value || !read_field(*name, *value, endpoint)) return false;
    }
    return true;
}

}  // namespace posthaste
