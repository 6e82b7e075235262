#include "domain/email.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr std::size_t kAddressMax = 254;  // RFC 5321 §4.5.3.1.3, without the angle brackets
constexpr std::size_t kLocalMax = 64;
constexpr std::size_t kDomainMax = 253;
constexpr std::size_t kLabelMax = 63;

// RFC 6761 and the like; names below them as well.
constexpr std::array<std::string_view, 6> kUnreachable = {"arpa",      "invalid", "local",
                                                          "localhost", "onion",   "test"};

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// Beyond ASCII: everything but what cannot be seen, which only serves to deceive.
bool is_visible(char32_t c) {
    constexpr std::array<std::pair<char32_t, char32_t>, 8> kUnseen = {{{0x80, 0xA0},
                                                                       {0xAD, 0xAD},
                                                                       {0x2000, 0x200F},
                                                                       {0x2028, 0x202F},
                                                                       {0x205F, 0x206F},
                                                                       {0x3000, 0x3000},
                                                                       {0xE000, 0xF8FF},
                                                                       {0xFEFF, 0xFEFF}}};
    if (c < 0x80 || (c >= 0xFFF0 && c <= 0xFFFF) || c >= 0xE0000) return false;
    return std::none_of(kUnseen.begin(), kUnseen.end(),
                        [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_of_local_part(char32_t c) {
    constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
    return is_letter(c) || is_digit(c) || is_visible(c) ||
           (c < 0x80 && kMarks.find(static_cast<char>(c)) != std::string_view::npos);
}

bool is_of_domain(char32_t c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || is_visible(c);
}

bool consists_of(std::string_view text, bool (*is_fine)(char32_t)) {
    for (std::size_t at = 0; at < text.size();)
        if (!is_fine(take_code_point(text, at))) return false;
    return true;
}

std::string too_long(std::string_view what, std::size_t excess) {
    return std::string(what) + " (" + std::to_string(excess) +
           (excess == 1 ? " character too many)." : " characters too many).");
}

// Why it is not one; none: it is.
using Fault = std::optional<std::string>;

Fault fault_of_local_part(std::string_view local) {
    if (local.empty()) return "There must be something before the @-sign.";
    if (local.size() > kLocalMax)
        return too_long("The email address is too long before the @-sign",
                        local.size() - kLocalMax);
    if (!consists_of(local, is_of_local_part))
        return "The email address contains invalid characters before the @-sign.";
    if (local.front() == '.') return "An email address cannot start with a period.";
    if (local.back() == '.')
        return "An email address cannot have a period immediately before the @-sign.";
    if (local.find("..") != std::string_view::npos)
        return "An email address cannot have two periods in a row.";
    return std::nullopt;
}

Fault fault_of_label(std::string_view label) {
    if (label.size() > kLabelMax)
        return too_long("After the @-sign, periods cannot be separated by so many characters",
                        label.size() - kLabelMax);
    if (label.front() == '-' || label.back() == '-')
        return "The part after the @-sign has a hyphen at the beginning or end of a label.";
    return std::nullopt;
}

bool is_unreachable(std::string_view domain) {
    return std::any_of(kUnreachable.begin(), kUnreachable.end(), [domain](std::string_view name) {
        return domain.ends_with(name) &&
               (domain.size() == name.size() || domain[domain.size() - name.size() - 1] == '.');
    });
}

// `domain` is in lower case.
Fault fault_of_domain(std::string_view domain) {
    if (domain.empty()) return "There must be something after the @-sign.";
    if (!consists_of(domain, is_of_domain))
        return "The part after the @-sign contains invalid characters.";
    if (domain.front() == '.')
        return "An email address cannot have a period immediately after the @-sign.";
    if (domain.back() == '.') return "An email address cannot end with a period.";
    if (domain.size() > kDomainMax)
        return too_long("The email address is too long after the @-sign",
                        domain.size() - kDomainMax);
    for (std::string_view rest = domain; !rest.empty();) {
        const std::size_t period = std::min(rest.find('.'), rest.size());
        if (period == 0) return "An email address cannot have two periods in a row.";
        if (Fault fault = fault_of_label(rest.substr(0, period))) return fault;
        rest.remove_prefix(std::min(period + 1, rest.size()));
    }
    if (is_unreachable(domain))
        return "The part after the @-sign is a special-use or reserved name that cannot be used "
               "with email.";
    if (domain.find('.') == std::string_view::npos)
        return "The part after the @-sign is not valid. It should have a period.";
    if (is_digit(static_cast<unsigned char>(domain.back())))
        return "The part after the @-sign is not valid. It is not within a valid top-level domain.";
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<std::string> parse_email(std::string_view text) {
    if (!is_valid_utf8(text)) return fail(ErrorCode::invalid, "The email address is not UTF-8.");
    text = trimmed(text);
    const std::size_t sign = text.find('@');
    if (sign == std::string_view::npos || text.find('@', sign + 1) != std::string_view::npos)
        return fail(ErrorCode::invalid,
                    "The email address is not valid. It must have exactly one @-sign.");
    const std::string_view local = text.substr(0, sign);
    const std::string domain = to_lower(text.substr(sign + 1));
    if (Fault fault = fault_of_local_part(local)) return fail(ErrorCode::invalid, *fault);
    if (Fault fault = fault_of_domain(domain)) return fail(ErrorCode::invalid, *fault);
    if (text.size() > kAddressMax)
        return fail(ErrorCode::invalid,
                    too_long("The email address is too long", text.size() - kAddressMax));
    return std::string(local) + "@" + domain;
}

}  // namespace posthaste
