#include "api/json_members.h"

#include <array>
#include <cstring>

namespace posthaste {

namespace {

// Characters that a container's end is found by.
constexpr std::array<bool, 256> kStructure = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"\"{}[]"}) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t skip_container(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (!kStructure[static_cast<unsigned char>(c)]) {
            ++at;
            continue;
        }
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        ++at;
        if (c == '{' || c == '[')
            ++depth;
        else if (--depth == 0)
            return at;
    }
    return at;
}

std::size_t skip_word(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' &&
           !is_space(text[at]))
        ++at;
    return at;
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

std::size_t skip_string(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size()) {
        const void* quote = std::memchr(text.data() + at, '"', text.size() - at);
        if (quote == nullptr) return text.size();
        const auto found = static_cast<std::size_t>(static_cast<const char*>(quote) - text.data());
        // An odd number of backslashes before it: the quote belongs to the text.
        std::size_t first = found;
        while (first > at && text[first - 1] == '\\') --first;
        at = found + 1;
        if ((found - first) % 2 == 0) return at;
    }
    return at;
}

std::size_t skip_value(std::string_view text, std::size_t at) {
    if (at >= text.size()) return at;
    switch (text[at]) {
        case '"': return skip_string(text, at);
        case '{':
        case '[': return skip_container(text, at);
        default: return skip_word(text, at);
    }
}

JsonMembers::JsonMembers(std::string_view object) : text_(object) {
    at_ = skip_space(text_, skip_space(text_, 0) + 1);
}

std::optional<JsonMember> JsonMembers::next() {
    if (at_ >= text_.size() || text_[at_] != '"') return std::nullopt;
    const std::size_t key_end = skip_string(text_, at_);
    JsonMember member;
    member.key = text_.substr(at_ + 1, key_end - at_ - 2);
    const std::size_t value = skip_space(text_, skip_space(text_, key_end) + 1);
    const std::size_t value_end = skip_value(text_, value);
    member.value = text_.substr(value, value_end - value);
    at_ = skip_space(text_, value_end);
    if (at_ < text_.size() && text_[at_] == ',') at_ = skip_space(text_, at_ + 1);
    return member;
}

}  // namespace posthaste
