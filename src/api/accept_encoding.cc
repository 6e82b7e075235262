#include "api/accept_encoding.h"

#include <algorithm>

#include "base/bytes.h"

namespace posthaste {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// "q=0", "q=0.0" and so on.
bool is_refusal(std::string_view parameter) {
    const std::string_view weight = trimmed(parameter);
    return weight.size() > 2 && equal_ignoring_case(weight.substr(0, 2), "q=") &&
           weight.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
    bool takes_any = false;
    while (!accept_encoding.empty()) {
        const std::size_t length = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view item = accept_encoding.substr(0, length);
        accept_encoding.remove_prefix(std::min(length + 1, accept_encoding.size()));
        const std::size_t end = std::min(item.find(';'), item.size());
        const std::string_view coding = trimmed(item.substr(0, end));
        const bool is_taken = end == item.size() || !is_refusal(item.substr(end + 1));
        if (equal_ignoring_case(coding, "gzip")) return is_taken;
        if (coding == "*") takes_any = is_taken;
    }
    return takes_any;
}

}  // namespace posthaste
