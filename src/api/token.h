#pragma once

// JSON Web Tokens of the native API and of users: signing and verifying with HS256/384/512, RS256/384/512 and EdDSA. Keys are
// parsed once; a TokenKeys is immutable afterwards and may be shared by threads. No clock: `now` is passed in.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace posthaste {

enum class TokenAlgorithm : std::uint8_t { hs256, hs384, hs512, rs256, rs384, rs512, eddsa };

// "HS256", "RS384", "EdDSA" …, as a token's header spells it.
[[nodiscard]] std::string_view to_string(TokenAlgorithm algorithm);
[[nodiscard]] std::optional<TokenAlgorithm> parse_token_algorithm(std::string_view text);

struct TokenSettings {
    TokenAlgorithm algorithm = TokenAlgorithm::hs256;
    std::string secret;  // HS…: the key's bytes; others: a PEM, a public one can only verify
    // Who these tokens are for. A key that signs for organizations must not make a user of anybody, nor the other way.
    enum class Use : std::uint8_t { organizations, users };
    Use use = Use::organizations;
};

inline constexpr Duration kTokenTolerance = 15min;  // of exp, nbf and iat
inline constexpr std::string_view kDefaultOrganization = "org_23rb8YdGqMT0qIzpgGwdXfHirMu";

struct TokenClaims {
    std::string subject;  // "org_…", "app_…" of an application's token, or a user's UUID
    std::optional<std::string> organization;  // makes it an application's token
    std::vector<std::string> feature_flags;
    std::optional<std::string> session;  // "jti": the UUID of a user's session
    // Of an application's token: what it is limited to (none: nothing), by the names of Capability; and the session it was
    // issued for, the issuer's own word.
    std::optional<std::vector<std::string>> capabilities;
    std::optional<std::string> portal_session;  // "sid"
    std::optional<Timestamp> issued_at;
    std::optional<Timestamp> not_before;
    std::optional<Timestamp> expires_at;
};

enum class TokenFault : std::uint8_t {
    missing,    // no credentials came
    invalid,    // not a token, not one of ours, or out of its time
    is_secret,  // the caller sent the key itself
    no_subject,
    bad_organization,  // an id without "org_"
    bad_application,   // a subject without "app_"
    no_csrf_token,     // a cookie alone does not change anything
    user_gone,         // deleted since the token was made
    user_inactive,
};

// A verified token and when it is valid, tolerance included.
struct VerifiedToken {
    TokenClaims claims;
    Timestamp from;
    Timestamp until;
};

class TokenKeys {
public:
    // An error is a sentence about the settings. An empty HMAC secret is one: it would let everybody in.
    [[nodiscard]] static Result<std::unique_ptr<const TokenKeys>> create(
        const TokenSettings& settings);
    ~TokenKeys();
    TokenKeys(const TokenKeys&) = delete;
    TokenKeys& operator=(const TokenKeys&) = delete;

    // `invalid` when there is only a public key.
    [[nodiscard]] Result<std::string> sign(const TokenClaims& claims) const;
    [[nodiscard]] std::expected<VerifiedToken, TokenFault> verify(std::string_view token,
                                                                  Timestamp now) const;

private:
    struct Impl;
    explicit TokenKeys(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
