#include "domain/sensitive_header.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr std::array kSensitive = std::to_array<std::string_view>(
    {"authorization", "x-api-key", "x-auth-token", "www-authenticate", "proxy-authenticate",
     "proxy-authorization"});

constexpr std::array kSensitiveInAnswers = std::to_array<std::string_view>(
    {"set-cookie", "set-cookie2", "cookie", "authentication-info", "proxy-authentication-info",
     "x-csrf-token", "x-xsrf-token", "x-amz-security-token"});

// Most names differ in length from all of these, so most are told apart without a look at their letters.
bool is_any_of(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::any_of(names, [name](std::string_view other) {
        return name.size() == other.size() && equal_ignoring_case(name, other);
    });
}

}  // namespace

bool is_sensitive_header(std::string_view name) { return is_any_of(kSensitive, name); }

bool is_sensitive_in_answer(std::string_view name) {
    return is_any_of(kSensitive, name) || is_any_of(kSensitiveInAnswers, name);
}

}  // namespace posthaste
