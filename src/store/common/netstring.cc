#include "store/common/netstring.h"

namespace posthaste {

void append_netstring(std::string& text, std::string_view value) {
    text.append(std::to_string(value.size())).append(":").append(value).append(",");
}

std::optional<std::string_view> take_netstring(std::string_view& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto size = read_whole_number<std::size_t>(text.substr(0, colon));
    text.remove_prefix(colon + 1);
    if (!size || *size >= text.size() || text[*size] != ',') return std::nullopt;
    const std::string_view value = text.substr(0, *size);
    text.remove_prefix(*size + 1);
    return value;
}

std::string to_netstrings(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& value : list) append_netstring(text, value);
    return text;
}

std::vector<std::string> from_netstrings(std::string_view text) {
    std::vector<std::string> list;
    while (const auto value = take_netstring(text)) list.emplace_back(*value);
    return list;
}

}  // namespace posthaste
