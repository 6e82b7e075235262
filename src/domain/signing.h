#pragma once

// Signatures on outgoing requests. Styles coexist on one request:
//
//   Standard Webhooks 1.0   webhook-id, webhook-timestamp, webhook-signature: "v1,<base64 HMAC-SHA256>" and, for asymmetric
//                           keys, "v1a,<base64 ed25519>", over "{id}.{timestamp}.{body}"; during a rotation one entry per key
//   plain hex               X-Webhook-Signature: 64 hex digits, HMAC-SHA256 over the body (the subscriptions API)
//
// Keyed contexts are made once per Signer, not per request. A Signer is immutable after construction and is used by one
// thread at a time (each reactor prepares its own).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace posthaste {

enum class KeyKind : std::uint8_t { hmac_sha256, ed25519 };

struct SigningKey {
    KeyKind kind = KeyKind::hmac_sha256;
    std::string bytes;  // raw key; for ed25519 the 64-byte seed‖public form or the 32-byte seed
    std::optional<Timestamp> expires_at;  // an old key during its grace period; none = current
};

// "whsec_<base64>" -> HMAC key; "whsk_<base64>" -> ed25519 key; any other non-empty text is an HMAC key of exactly its
// bytes (subscriptions API secrets are free text).
[[nodiscard]] Result<SigningKey> parse_secret(std::string_view secret);

// HMAC-SHA256, 32 raw bytes. For verification and tests; the hot path uses a Signer.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

class Signer {
public:
    // `keys`: current first. An ed25519 key that OpenSSL refuses is an error.
    static Result<std::unique_ptr<Signer>> create(std::vector<SigningKey> keys);
    ~Signer();
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;

    // Appends the value of webhook-signature for this message: every unexpired key, current first, space-separated.
    // `timestamp` is in Unix seconds.
    void append_standard(std::string& out, std::string_view id, std::int64_t timestamp,
                         std::string_view body, Timestamp now) const;
    // Appends 64 lower-case hex digits: HMAC-SHA256 of `body` under the current HMAC key; nothing if that key is ed25519.
    void append_hex(std::string& out, std::string_view body) const;

private:
    struct Impl;
    explicit Signer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

enum class Verification : std::uint8_t {
    valid,
    missing_headers,
    bad_timestamp,
    too_old,
    too_new,
    no_match
};
[[nodiscard]] std::string_view to_string(Verification verification);

// Verifies Standard Webhooks headers as a receiver does: tolerance 5 minutes either way, any listed signature may match,
// constant time. An ed25519 key verifies with its public half.
[[nodiscard]] Verification verify_standard(const SigningKey& key, std::string_view id,
                                           std::string_view timestamp, std::string_view signatures,
                                           std::string_view body, Timestamp now);

}  // namespace posthaste
