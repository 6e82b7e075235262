#include "base/json_text.h"

#include "base/bytes.h"

namespace posthaste {

void append_json_string(std::string& out, std::string_view text) {
    if (!is_valid_utf8(text)) {
        // Each bad byte grows to three, so this bound never cuts anything off.
        append_json_string(out, utf8_prefix(text, text.size() * 3));
        return;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (byte >= 0x20) {
                    out += c;
                } else {
                    out += "\\u00";
                    out += kHex[byte >> 4];
                    out += kHex[byte & 15];
                }
        }
    }
    out += '"';
}

}  // namespace posthaste
