#include "api/json_scan.h"

#include <bitset>
#include <cstdint>

#include "api/text.h"
#include "base/bytes.h"

namespace posthaste {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Four hex digits, or -1.
std::int32_t read_unit(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) return -1;
    std::int32_t unit = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

class Scanner {
public:
    Scanner(std::string_view text, std::string_view wanted) : text_(text), wanted_(wanted) {}

    JsonScan run() {
        skip_space();
        if (at_ < text_.size()) result_.first = text_[at_];
        if (scan_document()) {
            skip_space();
            if (at_ != text_.size()) fault("Extra data", at_);
        }
        return std::move(result_);
    }

private:
    bool fault(std::string_view reason, std::size_t at) {
        result_.fault = JsonFault{count_characters(text_.substr(0, at)), reason};
        return false;
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\r' || text_[at_] == '\t'))
            ++at_;
    }

    bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

    // One value with all that is in it. Nesting is a bit per level instead of recursion.
    bool scan_document() {
        while (true) {
            if (at('{') || at('[')) {
                bool closed = false;
                if (!open(closed)) return false;
                if (!closed) continue;
            } else if (!scan_scalar()) {
                return false;
            }
            bool more = false;
            if (!after_value(more)) return false;
            if (!more) return true;
        }
    }

    // Enters a container. `closed` when it is empty; otherwise the first value in it is next.
    bool open(bool& closed) {
        const bool object = text_[at_] == '{';
        if (depth_ == kJsonDepthMax) return fault("Nested deeper than 1024 levels", at_);
        is_object_[depth_++] = object;
        ++at_;
        skip_space();
        if (at(object ? '}' : ']')) {
            ++at_;
            --depth_;
            closed = true;
            return true;
        }
        return object ? scan_key() : true;
    }

    // Behind a value: closes containers, or moves on to the next value.
    bool after_value(bool& more) {
        while (depth_ > 0) {
            const bool object = is_object_[depth_ - 1];
            if (depth_ == 1 && in_wanted_) {
                result_.member = text_.substr(wanted_start_, at_ - wanted_start_);
                in_wanted_ = false;
            }
            skip_space();
            if (at(object ? '}' : ']')) {
                ++at_;
                --depth_;
                continue;
            }
            if (!at(',')) return fault("Expecting ',' delimiter", at_);
            ++at_;
            skip_space();
            more = true;
            return object ? scan_key() : true;
        }
        return true;
    }

    bool scan_key() {
        if (!at('"')) return fault("Expecting property name enclosed in double quotes", at_);
        const std::size_t start = at_;
        if (!scan_string()) return false;
        const std::string_view key = text_.substr(start, at_ - start);
        skip_space();
        if (!at(':')) return fault("Expecting ':' delimiter", at_);
        ++at_;
        skip_space();
        if (depth_ == 1 && is_wanted(key)) {
            in_wanted_ = true;
            wanted_start_ = at_;
        }
        return true;
    }

    bool is_wanted(std::string_view key) const {
        if (wanted_.empty()) return false;
        const std::string_view inner = key.substr(1, key.size() - 2);
        if (inner.find('\\') == std::string_view::npos) return inner == wanted_;
        return unescape_json(key) == wanted_;
    }

    bool scan_scalar() {
        if (at('"')) return scan_string();
        for (const std::string_view word : {"true", "false", "null"}) {
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return true;
            }
        }
        return scan_number();
    }

    void skip_digits() {
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    }

    bool digit_at(std::size_t index) const {
        return index < text_.size() && is_digit(text_[index]);
    }

    bool scan_number() {
        const std::size_t start = at_;
        if (at('-')) ++at_;
        if (!digit_at(at_)) {
            at_ = start;
            return fault("Expecting value", start);
        }
        if (at('0'))
            ++at_;
        else
            skip_digits();
        if (at('.') && digit_at(at_ + 1)) {
            ++at_;
            skip_digits();
        }
        if (at('e') || at('E')) {
            std::size_t digits = at_ + 1;
            if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
            if (digit_at(digits)) {
                at_ = digits;
                skip_digits();
            }
        }
        return true;
    }

    bool scan_string() {
        const std::size_t start = at_++;
        while (at_ < text_.size()) {
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c < 0x20) return fault("Invalid control character at", at_);
            if (c != '\\') {
                ++at_;
                continue;
            }
            if (at_ + 1 >= text_.size()) break;
            const char escaped = text_[at_ + 1];
            if (escaped == 'u') {
                // No text may end here: the string is still open, which is reported as a bad escape.
                if (read_unit(text_, at_ + 2) < 0 || at_ + 6 == text_.size())
                    return fault("Invalid \\uXXXX escape", at_ + 1);
                at_ += 6;
            } else if (std::string_view{"\"\\/bfnrt"}.find(escaped) != std::string_view::npos) {
                at_ += 2;
            } else {
                return fault("Invalid \\escape", at_);
            }
        }
        return fault("Unterminated string starting at", start);
    }

    const std::string_view text_;
    const std::string_view wanted_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::bitset<kJsonDepthMax> is_object_;
    bool in_wanted_ = false;
    std::size_t wanted_start_ = 0;
    JsonScan result_;
};

// Where the first byte is that no UTF-8 text can have. REQUIRES: the text is not valid UTF-8.
std::size_t first_bad_byte(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (at + length > text.size() || !is_valid_utf8(text.substr(at, length))) break;
        at += length;
    }
    return at;
}

}  // namespace

JsonScan scan_json(std::string_view text, std::string_view wanted) {
    if (!is_valid_utf8(text)) {
        JsonScan bad;
        bad.fault =
            JsonFault{count_characters(text.substr(0, first_bad_byte(text))), "Invalid UTF-8"};
        return bad;
    }
    return Scanner(text, wanted).run();
}

std::string unescape_json(std::string_view literal) {
    const std::string_view text = literal.substr(1, literal.size() - 2);
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '\\') {
            result += text[i++];
            continue;
        }
        const char escaped = text[i + 1];
        if (escaped != 'u') {
            constexpr std::string_view kFrom = "bfnrt";
            constexpr std::string_view kTo = "\b\f\n\r\t";
            const std::size_t index = kFrom.find(escaped);
            result += index == std::string_view::npos ? escaped : kTo[index];
            i += 2;
            continue;
        }
        auto unit = static_cast<std::uint32_t>(read_unit(text, i + 2));
        i += 6;
        if (unit >= 0xD800 && unit < 0xDC00 && text.substr(i, 2) == "\\u") {
            const std::int32_t low = read_unit(text, i + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                unit =
                    0x10000 + ((unit - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
                i += 6;
            }
        }
        append_utf8(result, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
    }
    return result;
}

}  // namespace posthaste
