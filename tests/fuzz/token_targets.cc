// Tokens: nothing verifies that was not signed, and whatever was signed is read or refused.

#include <algorithm>
#include <string>

#include "api/token.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "domain/signing.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr std::string_view kSecret = "the key of the fuzzers";
constexpr Timestamp kNow = from_micros(1'800'000'000'000'000);

const TokenKeys& keys_for(TokenSettings::Use use) {
    static const auto kOrganizations = *TokenKeys::create(
        {TokenAlgorithm::hs256, std::string(kSecret), TokenSettings::Use::organizations});
    static const auto kUsers = *TokenKeys::create(
        {TokenAlgorithm::hs256, std::string(kSecret), TokenSettings::Use::users});
    return use == TokenSettings::Use::users ? *kUsers : *kOrganizations;
}

std::string to_base64url(std::string_view bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

}  // namespace

// First line: a header. The rest: claims.
void run_token(std::string_view input) {
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string message = to_base64url(input.substr(0, line)) + "." +
                                to_base64url(input.substr(std::min(line + 1, input.size())));
    const std::string right = hmac_sha256(kSecret, message);
    std::string wrong = right;
    wrong.back() = static_cast<char>(wrong.back() ^ 1);
    for (const auto use : {TokenSettings::Use::organizations, TokenSettings::Use::users}) {
        const TokenKeys& keys = keys_for(use);
        ASSERT(!keys.verify(input, kNow));
        ASSERT(!keys.verify(message + "." + to_base64url(wrong), kNow));
        const auto token = keys.verify(message + "." + to_base64url(right), kNow);
        if (!token) continue;
        ASSERT(token->from <= kNow && kNow <= token->until && !token->claims.subject.empty());
        const auto signed_again = keys.sign(token->claims);
        ASSERT(signed_again.has_value());
        if (signed_again->size() > 8192) continue;
        const auto again = keys.verify(*signed_again, kNow);
        ASSERT(again && again->claims.subject == token->claims.subject);
        ASSERT(again->claims.organization == token->claims.organization);
        ASSERT(again->claims.session == token->claims.session);
        ASSERT(again->claims.feature_flags == token->claims.feature_flags);
    }
}

}  // namespace posthaste::fuzz
