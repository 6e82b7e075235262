#pragma once

// Endpoints' signing keys as the native API takes and shows them. Pure but for the entropy it is given.

#include <optional>
#include <string>
#include <string_view>

#include "domain/model.h"
#include "domain/signing.h"
#include "ports/entropy.h"

namespace posthaste::native {

// "whsec_" and base64 of 24 … 75 bytes, or "whsk_" and base64 of an ed25519 key with its public half.
[[nodiscard]] bool is_secret(std::string_view text);

// A new one; of 24 bytes when it is symmetric.
[[nodiscard]] std::string make_secret(KeyKind kind, Entropy& entropy);

// What its owner may see: a symmetric key itself, of an ed25519 key "whpk_" and the public half.
[[nodiscard]] std::string shown_secret(std::string_view secret);

inline constexpr std::size_t kOldSecretsMax = 10;

// Makes `fresh` the endpoint's key; the one before it goes on signing for `grace`. False when too many old ones still do.
[[nodiscard]] bool rotate_secret(Endpoint& endpoint, std::string fresh, Duration grace,
                                 Timestamp now);

}  // namespace posthaste::native
