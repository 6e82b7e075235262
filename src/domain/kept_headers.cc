#include "domain/kept_headers.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "domain/sensitive_header.h"

namespace posthaste {

namespace {

constexpr std::string_view kSeparator = ": ";
constexpr char kLeftOut = '+';
// Most answers' headers fit, and are one allocation then.
constexpr std::size_t kUsualBytes = 255;

bool is_plain(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Bytes beyond ASCII are opaque (RFC 9110 §5.5): UTF-8 if they can be, else ISO 8859-1, as they used to be. Tabs become
// spaces, other control characters question marks.
std::string readable(std::string_view value) {
    const bool is_utf8 = is_valid_utf8(value);
    std::string text;
    text.reserve(2 * value.size());
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            text += c == '\t' ? ' ' : '?';
        } else if (byte < 0x80 || is_utf8) {
            text += c;
        } else {
            text += static_cast<char>(0xc0 | (byte >> 6));
            text += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return text;
}

}  // namespace

void KeptHeaders::add(std::string_view name, std::string_view value) {
    if (is_sensitive_in_answer(name)) value = kMaskedHeader;
    std::string made_readable;
    if (!is_plain(value)) value = made_readable = readable(value);
    const std::size_t size = name.size() + kSeparator.size() + value.size() + 1;
    if (size > kKeptHeadersBytesMax - text_.size()) {
        ++left_out_;
        return;
    }
    if (text_.empty()) text_.reserve(kUsualBytes);
    text_.append(name).append(kSeparator).append(value) += '\n';
}

std::string KeptHeaders::take() && {
    if (left_out_ != 0) (text_ += kLeftOut).append(std::to_string(left_out_)) += '\n';
    return std::move(text_);
}

KeptHeaderList read_kept_headers(std::string_view text) {
    KeptHeaderList list;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (const std::size_t colon = line.find(kSeparator); colon != std::string_view::npos)
            list.headers.push_back({line.substr(0, colon), line.substr(colon + kSeparator.size())});
        else if (line.starts_with(kLeftOut))
            std::from_chars(line.data() + 1, line.data() + line.size(), list.left_out);
    }
    return list;
}

}  // namespace posthaste
