#include "base/json_text.h"

#include "base/bytes.h"

namespace posthaste {

namespace {

void append_escape(std::string& out, unsigned unit) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 15U];
}

// The characters that have an escape of their own; empty for all others.
std::string_view short_escape(char c) {
    switch (c) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\b': return "\\b";
        case '\f': return "\\f";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        default: return {};
    }
}

// Each bad byte grows to three, so this bound never cuts anything off.
std::string repaired(std::string_view text) { return utf8_prefix(text, text.size() * 3); }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    if (!is_valid_utf8(text)) return append_json_string(out, repaired(text));
    out += '"';
    for (const char c : text) {
        const std::string_view escape = short_escape(c);
        if (!escape.empty())
            out += escape;
        else if (static_cast<unsigned char>(c) < 0x20)
            append_escape(out, static_cast<unsigned char>(c));
        else
            out += c;
    }
    out += '"';
}

void append_ascii_json_string(std::string& out, std::string_view text) {
    if (!is_valid_utf8(text)) return append_ascii_json_string(out, repaired(text));
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view escape = short_escape(text[at]);
        if (!escape.empty()) {
            out += escape;
            ++at;
            continue;
        }
        const char32_t point = take_code_point(text, at);
        if (point >= 0x20 && point < 0x7F) {
            out += static_cast<char>(point);
        } else if (point < 0x10000) {
            append_escape(out, point);
        } else {
            append_escape(out, 0xD800U + ((point - 0x10000U) >> 10));
            append_escape(out, 0xDC00U + ((point - 0x10000U) & 0x3FFU));
        }
    }
    out += '"';
}

}  // namespace posthaste
