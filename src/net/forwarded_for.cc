#include "net/forwarded_for.h"

#include <algorithm>
#include <ranges>

#include "base/bytes.h"
#include "base/text.h"

namespace posthaste {

namespace {

bool is_port(std::string_view text) {
    constexpr std::size_t kDigitsMax = 5;
    return !text.empty() && text.size() <= kDigitsMax &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711".
std::optional<IpAddress> parse_node(std::string_view text) {
    std::string_view port;  // with its colon
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        port = text.substr(close + 1);
        text = text.substr(1, close - 1);
        if (text.find(':') == std::string_view::npos) return std::nullopt;
    } else if (std::ranges::count(text, ':') == 1) {
        port = text.substr(text.find(':'));
        text.remove_suffix(port.size());
    }
    if (!port.empty() && !(port.starts_with(':') && is_port(port.substr(1)))) return std::nullopt;
    return parse_ip(text);
}

// Takes the last item, trimmed, from a list that goes on to its left.
std::string_view take_last(std::string_view& list) {
    const std::size_t comma = list.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view item = trim_blanks(list.substr(begin));
    list = list.substr(0, begin == 0 ? 0 : comma);
    return item;
}

}  // namespace

std::optional<IpAddress> forwarded_client(std::span<const HeaderView> headers,
                                          std::span<const Network> proxies) {
    std::optional<IpAddress> furthest;
    // Several lines are one list, in their order (RFC 9110 §5.3).
    for (const HeaderView& line : headers | std::views::reverse) {
        if (!equal_ignoring_case(line.name, "X-Forwarded-For")) continue;
        std::string_view list = line.value;
        while (!list.empty()) {
            const std::string_view item = take_last(list);
            if (item.empty()) continue;
            const std::optional<IpAddress> address = parse_node(item);
            if (!address) return furthest;
            furthest = address;
            if (!any_contains(proxies, *address)) return furthest;
        }
    }
    return furthest;
}

}  // namespace posthaste
