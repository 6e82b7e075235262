#pragma once

// From a request to the principal that sent it. Three kinds of credentials, all but the cookie in the Authorization header:
//
//   a token of the native API   a JWT whose subject is an organization or an application (native/token.h)
//   a user's token              a JWT (HS256, a key of its own) that names a session: as a bearer token, or in the cookie
//                               `posthaste_session`, which counts for reading only unless X-CSRF-Token comes with it
//   an API key                  "phk_" and 43 characters
//
// Verified tokens are remembered (bounded), since signatures cost more than all the rest of a small request. What they stand
// for is looked up again whenever the directory changed, so a revoked key or session is worth nothing at once. One per
// reactor, used on its executor only.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/principal.h"
#include "api/token.h"
#include "base/result.h"
#include "engine/directory_service.h"
#include "engine/key_uses.h"
#include "ports/http.h"

namespace posthaste {

inline constexpr std::string_view kSessionCookie = "posthaste_session";
inline constexpr std::string_view kApiKeyPrefix = "phk_";

// SHA-256 of an API key's text: what is stored of it.
[[nodiscard]] std::string api_key_hash(std::string_view key);

// The id that an organization's name stands for: the one it spells, else one made from its hash.
[[nodiscard]] OrganizationId organization_id(std::string_view name);

class Authenticator {
public:
    // Of the native API, and of users; a key that cannot be used lets nobody of its kind in. `key_uses` hears of API keys that
    // were used; null: nobody keeps it.
    Authenticator(const TokenSettings& tokens, const TokenSettings& user_tokens,
                  KeyUses* key_uses = nullptr);
    ~Authenticator();
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;

    [[nodiscard]] std::expected<PrincipalPtr, TokenFault> authenticate(const HttpRequest& request,
                                                                       Timestamp now,
                                                                       DirectoryService& directory);

    // A token of the native API.
    [[nodiscard]] Result<std::string> sign(const TokenClaims& claims) const;
    // The token of a login.
    [[nodiscard]] Result<std::string> sign(const Session& session) const;
    // What X-CSRF-Token must say beside the session's cookie: 32 hex digits.
    [[nodiscard]] std::string csrf_token(SessionId session) const;

private:
    struct Known {
        PrincipalPtr principal;
        bool is_lasting = false;  // whatever the directory says
        std::uint64_t directory_version = 0;
        Timestamp from;
        Timestamp until;
        Timestamp use_noted_at;  // of an API key
    };
    struct TextHash {
        using is_transparent = void;
        [[nodiscard]] std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    void note_use(Known& known, Timestamp now);
    // `invalid` when the token was taken back.
    [[nodiscard]] static std::expected<Known, TokenFault> known_by(const VerifiedToken& verified,
                                                                   std::string_view token,
                                                                   Timestamp now,
                                                                   DirectoryService& directory);
    [[nodiscard]] std::expected<Known, TokenFault> verify(std::string_view token, Timestamp now,
                                                          DirectoryService& directory) const;
    [[nodiscard]] std::expected<PrincipalPtr, TokenFault> identify(std::string_view token,
                                                                   Timestamp now,
                                                                   DirectoryService& directory);

    std::unique_ptr<const TokenKeys> keys_;  // null: the settings name no usable key
    std::unique_ptr<const TokenKeys> user_keys_;
    std::string csrf_key_;
    KeyUses* key_uses_;
    std::unordered_map<std::string, Known, TextHash, std::equal_to<>> known_;
};

}  // namespace posthaste
