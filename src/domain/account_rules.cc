#include "domain/account_rules.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace posthaste {

namespace {

// Of valid UTF-8: everything but continuation bytes.
std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::optional<std::string_view> fault_of_email(std::string_view email) {
    if (email.size() > kEmailMax) return "An e-mail address has at most 254 bytes.";
    if (!is_valid_utf8(email)) return "The e-mail address is not UTF-8.";
    const auto is_unseen = [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>';
    };
    if (std::ranges::any_of(email, is_unseen))
        return "An e-mail address has no spaces, control characters or angle brackets.";
    const std::size_t at = email.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == email.size() ||
        email.find('@', at + 1) != std::string_view::npos)
        return "An e-mail address has one @, with something before and behind it.";
    return std::nullopt;
}

std::optional<std::string_view> fault_of_password(std::string_view password,
                                                  std::string_view email) {
    if (!is_valid_utf8(password)) return "The password is not UTF-8.";
    if (count_characters(password) < kPasswordMin) return "A password has at least 10 characters.";
    if (password.size() > kPasswordMax) return "A password has at most 256 bytes.";
    if (equal_ignoring_case(password, email)) return "The password is the e-mail address.";
    return std::nullopt;
}

std::string password_mark(std::string_view password_hash) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(password_hash.data()), password_hash.size(),
           digest.data());
    return to_hex({reinterpret_cast<const char*>(digest.data()), std::size_t{8}});
}

}  // namespace posthaste
