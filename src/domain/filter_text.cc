#include "domain/filter_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "base/bytes.h"

namespace posthaste {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

// Recursive descent. A function that fails leaves the fault behind and answers false.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::expected<FilterText, FilterFault> parse() {
        FilterText root;
        skip_space();
        const bool is_good = parse_value(root, 0) && parse_end();
        if (!is_good) return std::unexpected(std::move(fault_));
        return root;
    }

private:
    bool fail(std::size_t offset, std::string message) {
        fault_ = FilterFault{offset, pointer_, std::move(message)};
        return false;
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    bool parse_end() {
        skip_space();
        if (at_ == text_.size()) return true;
        return fail(at_, "Nothing may follow the filter's object.");
    }

    bool parse_value(FilterText& value, std::size_t depth) {
        value.offset = at_;
        switch (peek()) {
            case '{': return parse_object(value, depth + 1);
            case '[': return parse_array(value, depth + 1);
            case '"': value.kind = FilterTextKind::string; return parse_string(value.text);
            case 't': return parse_word(value, "true", FilterTextKind::boolean);
            case 'f': return parse_word(value, "false", FilterTextKind::boolean);
            case 'n': return parse_word(value, "null", FilterTextKind::null);
            default: break;
        }
        if (peek() == '-' || is_digit(peek())) return parse_number(value);
        return fail(
            at_,
            "A JSON value is expected here: an object, a string, a number, true, false or null.");
    }

    bool parse_word(FilterText& value, std::string_view word, FilterTextKind kind) {
        if (text_.substr(at_, word.size()) != word)
            return fail(
                at_, "The words of JSON are true, false and null; a text stands in double quotes.");
        at_ += word.size();
        value.kind = kind;
        value.is_true = word == "true";
        return true;
    }

    bool enter(std::size_t depth) {
        if (depth > kFilterDepthMax)
            return fail(
                at_, "A filter nests at most 16 objects and arrays; write deep paths with dots.");
        ++at_;
        skip_space();
        return true;
    }

    bool parse_object(FilterText& value, std::size_t depth) {
        value.kind = FilterTextKind::object;
        if (!enter(depth)) return false;
        if (peek() == '}') return ++at_, true;
        while (true) {
            if (!parse_member(value, depth)) return false;
            skip_space();
            if (peek() == '}') return ++at_, true;
            if (peek() != ',')
                return fail(at_, "A comma or the closing } of the object is expected here.");
            ++at_;
            skip_space();
        }
    }

    bool parse_member(FilterText& object, std::size_t depth) {
        FilterText::Name name;
        name.offset = at_;
        if (peek() != '"') return fail(at_, "A member's name in double quotes is expected here.");
        if (!parse_string(name.text)) return false;
        const std::size_t length = pointer_.size();
        append_pointer(pointer_, name.text);
        if (std::ranges::find(object.names, name.text, &FilterText::Name::text) !=
            object.names.end())
            return fail(name.offset,
                        "This name stands in the object already; join the conditions with $and.");
        skip_space();
        if (peek() != ':') return fail(at_, "A colon is expected between a name and its value.");
        ++at_;
        skip_space();
        object.names.push_back(std::move(name));
        if (!parse_value(object.items.emplace_back(), depth)) return false;
        pointer_.resize(length);
        return true;
    }

    bool parse_array(FilterText& value, std::size_t depth) {
        value.kind = FilterTextKind::array;
        if (!enter(depth)) return false;
        if (peek() == ']') return ++at_, true;
        while (true) {
            const std::size_t length = pointer_.size();
            append_pointer(pointer_, std::to_string(value.items.size()));
            if (!parse_value(value.items.emplace_back(), depth)) return false;
            pointer_.resize(length);
            skip_space();
            if (peek() == ']') return ++at_, true;
            if (peek() != ',')
                return fail(at_, "A comma or the closing ] of the array is expected here.");
            ++at_;
            skip_space();
        }
    }

    bool parse_string(std::string& out) {
        const std::size_t begin = at_++;
        while (at_ < text_.size() && text_[at_] != '"') {
            const char c = text_[at_];
            if (static_cast<unsigned char>(c) < 0x20)
                return fail(at_,
                            "A control character in a string is written as an escape such as \\n.");
            if (c == '\\') {
                if (!parse_escape(out)) return false;
            } else {
                out.push_back(c);
                ++at_;
            }
        }
        if (at_ == text_.size()) return fail(begin, "This string has no closing double quote.");
        ++at_;
        if (!is_valid_utf8(out)) return fail(begin, "A string must be valid UTF-8.");
        return true;
    }

    bool parse_escape(std::string& out) {
        const std::size_t begin = at_;
        constexpr std::string_view kLetters = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        at_ += 2;
        if (const std::size_t found = kLetters.find(letter); found != std::string_view::npos) {
            out.push_back(kMeanings[found]);
            return true;
        }
        if (letter != 'u')
            return fail(begin, R"(The escapes of JSON are \" \\ \/ \b \f \n \r \t and \uXXXX.)");
        const auto first = parse_hex();
        if (!first) return fail(begin, "\\u is followed by four hexadecimal digits.");
        std::uint32_t code = *first;
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            const auto second = parse_hex();
            if (second && *second >= 0xDC00 && *second < 0xE000)
                code = 0x10000 + ((code - 0xD800) << 10) + (*second - 0xDC00);
        }
        if (code >= 0xD800 && code < 0xE000)
            return fail(begin, "Half of a surrogate pair stands for no character.");
        append_utf8(out, code);
        return true;
    }

    std::optional<std::uint32_t> parse_hex() {
        const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
        std::uint32_t code = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (error != std::errc{} || digits.size() != 4 || end != digits.data() + 4)
            return std::nullopt;
        at_ += 4;
        return code;
    }

    std::size_t skip_digits() {
        const std::size_t begin = at_;
        while (is_digit(peek())) ++at_;
        return at_ - begin;
    }

    bool parse_number(FilterText& value) {
        value.kind = FilterTextKind::number;
        const std::size_t begin = at_;
        bool is_integer = true;
        if (peek() == '-') ++at_;
        const bool has_leading_zero = peek() == '0';
        const std::size_t digits = skip_digits();
        bool is_good = digits > 0 && !(has_leading_zero && digits > 1);
        if (is_good && peek() == '.') {
            ++at_;
            is_integer = false;
            is_good = skip_digits() > 0;
        }
        if (is_good && (peek() == 'e' || peek() == 'E')) {
            ++at_;
            is_integer = false;
            if (peek() == '-' || peek() == '+') ++at_;
            is_good = skip_digits() > 0;
        }
        if (!is_good) return fail(begin, "This is not a number as JSON writes it.");
        return convert_number(value, text_.substr(begin, at_ - begin), is_integer);
    }

    bool convert_number(FilterText& value, std::string_view digits, bool is_integer) {
        const char* const end = digits.data() + digits.size();
        if (is_integer) {
            std::int64_t negative = 0;
            std::uint64_t positive = 0;
            const bool is_negative = digits.front() == '-';
            const auto error = is_negative ? std::from_chars(digits.data(), end, negative).ec
                                           : std::from_chars(digits.data(), end, positive).ec;
            value.number = is_negative ? static_cast<FilterNumber>(negative)
                                       : static_cast<FilterNumber>(positive);
            if (error == std::errc{}) return true;
            return fail(value.offset,
                        "Integers go from -9223372036854775808 to 18446744073709551615.");
        }
        double number = 0;
        if (std::from_chars(digits.data(), end, number).ec != std::errc{} || !std::isfinite(number))
            return fail(value.offset, "This number is beyond what a double holds.");
        value.number = number;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string pointer_;
    FilterFault fault_;
};

}  // namespace

std::expected<FilterText, FilterFault> parse_filter_text(std::string_view text) {
    if (text.size() > kFilterBytesMax)
        return std::unexpected(
            FilterFault{kFilterBytesMax, "", "A filter has at most 16384 bytes."});
    return Parser(text).parse();
}

void append_pointer(std::string& pointer, std::string_view token) {
    pointer.push_back('/');
    for (const char c : token) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer.push_back(c);
        }
    }
}

}  // namespace posthaste
