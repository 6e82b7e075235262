#include "net/target.h"

#include <algorithm>

namespace posthaste {

namespace {

bool is_target_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '"' && c != '#' && c != '<' && c != '>';
}

bool is_authority_byte(char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
}

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What follows "http://" or "https://"; empty when the target begins otherwise.
std::optional<std::string_view> after_scheme(std::string_view target) {
    const std::size_t colon = target.find("://");
    if (colon != 4 && colon != 5) return std::nullopt;
    for (std::size_t i = 0; i < colon; ++i)
        if ((target[i] | 0x20) != "https"[i]) return std::nullopt;
    return target.substr(colon + 3);
}

}  // namespace

bool is_authority(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), is_authority_byte)) return false;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return false;
        const std::string_view port = text.substr(close + 1);
        return port.empty() || (port.front() == ':' && is_port(port.substr(1)));
    }
    if (text.find_first_of("[]") != std::string_view::npos) return false;
    const std::size_t colon = text.find(':');
    return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

std::optional<TargetParts> split_target(std::string_view target, Method method) {
    if (target == "*") {
        if (method != Method::options) return std::nullopt;
        return TargetParts{target, {}};
    }
    if (!std::all_of(target.begin(), target.end(), is_target_byte)) return std::nullopt;
    std::string_view rest = target;
    if (!rest.starts_with('/')) {
        const auto behind = after_scheme(target);
        if (!behind) return std::nullopt;
        const std::size_t authority = std::min(behind->find_first_of("/?"), behind->size());
        if (authority == 0 || !is_authority(behind->substr(0, authority))) return std::nullopt;
        rest = behind->substr(authority);
    }
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    std::string_view path = rest.substr(0, mark);
    if (path.empty()) path = "/";
    if (path.find('\\') != std::string_view::npos) return std::nullopt;
    return TargetParts{path, mark < rest.size() ? rest.substr(mark + 1) : std::string_view()};
}

}  // namespace posthaste
