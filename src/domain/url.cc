#include "domain/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/bytes.h"
#include "domain/address_guard.h"

namespace posthaste {

namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

std::unexpected<Error> refuse(std::string sentence) {
    return fail(ErrorCode::invalid, std::move(sentence));
}

std::string_view to_std(boost::core::string_view text) { return {text.data(), text.size()}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Characters that people write unescaped in paths and queries although RFC 3986 wants them escaped.
bool wants_escape(char c) {
    return static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view{"\"<>^`{|}[]"}.find(c) != std::string_view::npos;
}

// The URL with its fragment cut off and stray characters behind the authority percent-encoded.
std::string escape_behind_authority(std::string_view url) {
    url = url.substr(0, url.find('#'));
    const std::size_t authority = url.find("://");
    const std::size_t start = authority == std::string_view::npos
                                  ? std::string_view::npos
                                  : url.find_first_of("/?", authority + 3);
    std::string result(url.substr(0, start));
    if (start == std::string_view::npos) return result;
    for (const char c : url.substr(start)) {
        if (wants_escape(c)) {
            constexpr std::string_view kDigits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            result += '%';
            result += kDigits[byte >> 4];
            result += kDigits[byte & 15];
        } else {
            result += c;
        }
    }
    return result;
}

// "1", "0x7f", "0177" as the last label: what inet_aton would read as a number of an IPv4 address. Such a host must be a
// plain dotted quad; 127.1, 2130706433 or 0x7f000001 are refused, so that no resolver can be lenient about them.
bool ends_in_number(std::string_view host) {
    const std::size_t dot = host.rfind('.');
    const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (!label.empty() && std::all_of(label.begin(), label.end(), is_digit)) return true;
    return label.starts_with("0x") && std::all_of(label.begin() + 2, label.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f');
           });
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > kHostBytesMax) return false;
    std::size_t label = 0;
    for (const char c : host) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
            continue;
        }
        const bool plain = is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
        if (!plain || ++label > kLabelBytesMax) return false;
    }
    return label > 0;
}

struct Host {
    std::string name;
    std::string in_authority;
};

Result<Host> read_host(const boost::urls::url_view& view) {
    std::string text = to_lower(to_std(view.encoded_host()));
    if (text.empty()) return refuse("The URL has no host.");
    if (text.front() == '[') {
        const std::string inner = text.substr(1, text.size() - 2);
        const auto address = parse_ip(inner);
        if (!address || inner.find(':') == std::string::npos)
            return refuse("The URL's IPv6 address is not valid.");
        // An IPv4-mapped literal keeps its spelling: without brackets it would be another URL.
        std::string name = address->is_v4() ? inner : to_string(*address);
        std::string bracketed = "[" + name + "]";
        return Host{std::move(name), std::move(bracketed)};
    }
    if (text.back() == '.') text.pop_back();
    if (ends_in_number(text)) {
        if (!parse_ip(text))
            return refuse(
                "The URL's host looks like an IPv4 address but is not four decimal numbers.");
    } else if (!is_host_name(text)) {
        return refuse(
            "The URL's host may hold letters, digits, hyphens, underscores and dots; write "
            "international names in "
            "their xn-- form.");
    }
    return Host{text, text};
}

Result<std::uint16_t> read_port(const boost::urls::url_view& view, std::uint16_t fallback) {
    const std::string_view digits = to_std(view.port());
    if (digits.empty()) return fallback;
    unsigned value = 0;
    for (const char c : digits) {
        value = value * 10 + static_cast<unsigned>(c - '0');
        if (value > 65535) break;
    }
    if (value < 1 || value > 65535) return refuse("The URL's port must be between 1 and 65535.");
    return static_cast<std::uint16_t>(value);
}

std::string basic_authorization(const boost::urls::url_view& view) {
    if (!view.has_userinfo() || view.encoded_userinfo().empty()) return {};
    return "Basic " + to_base64(view.user() + ":" + view.password());
}

Result<void> check_characters(std::string_view url) {
    for (const char c : url) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7F)
            return refuse("The URL holds a space or a control character.");
        if (c == '\\') return refuse("The URL holds a backslash; write / instead.");
    }
    return {};
}

constexpr std::string_view kHidden = "***";

}  // namespace

std::string without_credentials(std::string_view url) {
    const std::size_t host = url.find("://") + 3;
    const std::size_t path = std::min(url.find('/', host), url.size());
    const std::size_t at = url.substr(0, path).rfind('@');
    std::string shown(url.substr(0, host));
    if (at == std::string_view::npos)
        shown += url.substr(host);
    else
        shown.append(kHidden).append(url.substr(at));
    const std::size_t query = shown.find('?');
    if (query != std::string::npos) shown.replace(query + 1, std::string::npos, kHidden);
    return shown;
}

Result<Target> parse_target(std::string_view url) {
    if (url.empty()) return refuse("The URL is empty.");
    if (url.size() > kUrlBytesMax) return refuse("The URL is longer than 2048 bytes.");
    if (auto checked = check_characters(url); !checked)
        return std::unexpected(std::move(checked).error());
    const std::string escaped = escape_behind_authority(url);
    const auto parsed = boost::urls::parse_uri(escaped);
    if (parsed.has_error())
        return refuse("The URL is not an absolute URL such as https://example.com/hook.");
    const boost::urls::url_view& view = *parsed;

    const std::string scheme = to_lower(to_std(view.scheme()));
    if (scheme != "http" && scheme != "https")
        return refuse("The URL must start with http:// or https://.");
    if (!view.has_authority()) return refuse("The URL has no host.");
    // Boost 1.81 takes "h:-1/" for the authority "h:" and a path that starts without a slash.
    const std::string_view behind = to_std(view.encoded_path());
    if (!behind.empty() && behind.front() != '/') return refuse("The URL's port must be a number.");

    Target target;
    target.tls = scheme == "https";
    const std::uint16_t default_port = target.tls ? 443 : 80;
    ASSIGN_OR_RETURN(Host host, read_host(view));
    ASSIGN_OR_RETURN(target.port, read_port(view, default_port));
    target.host = std::move(host.name);
    target.authority = std::move(host.in_authority);
    if (target.port != default_port) target.authority += ":" + std::to_string(target.port);
    target.path = to_std(view.encoded_target());
    if (target.path.empty() || target.path.front() != '/') target.path.insert(0, "/");
    target.authorization = basic_authorization(view);

    const std::string userinfo(to_std(view.encoded_userinfo()));
    target.url =
        scheme + "://" + (userinfo.empty() ? "" : userinfo + "@") + target.authority + target.path;
    return target;
}

}  // namespace posthaste
