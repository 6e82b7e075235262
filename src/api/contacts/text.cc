#include "api/contacts/text.h"

#include "base/json_text.h"

namespace posthaste::contacts {

std::string format_offset(Timestamp at) { return format_naive(at) + "+00:00"; }

void append_text_or_null(std::string& out, const std::optional<std::string>& text) {
    if (text)
        append_json_string(out, *text);
    else
        out += "null";
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
    out += '[';
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, texts[i]);
    }
    out += ']';
}

}  // namespace posthaste::contacts
