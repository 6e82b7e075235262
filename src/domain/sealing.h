#pragma once

// Secrets at rest: texts sealed with the first key of a ring and opened with whichever of its keys sealed them.
//
//   sealed text = version (1 byte: 1) | key id (8 bytes) | sealed value (sealing_cipher.h)
//
// Version and key id are authenticated together with the context. Changing the key means: put a new one in front, seal
// everything again, take the old one away (docs/decisions/011-secrets-at-rest.md).
// Everything here is immutable and may be used by any number of threads; keys are wiped when their object goes.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/sealing_cipher.h"

namespace posthaste {

// Names a key without telling anything of it: the first bytes of its SHA-256.
struct SealingKeyId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(const SealingKeyId&, const SealingKeyId&) = default;
};
[[nodiscard]] std::string to_hex(SealingKeyId id);  // 16 digits
[[nodiscard]] std::optional<SealingKeyId> parse_sealing_key_id(std::string_view text);

class SealingKey {
public:
    using Bytes = std::array<unsigned char, kSealingKeyBytes>;

    explicit SealingKey(const Bytes& bytes);  // a new key: draw_bytes
    // 32 bytes in base64 or in hex; of any other text the key is made with scrypt, which takes some 0.1 s.
    [[nodiscard]] static Result<SealingKey> parse(std::string_view text);
    ~SealingKey();
    SealingKey(const SealingKey&) = default;
    SealingKey& operator=(const SealingKey&) = default;

    [[nodiscard]] SealingKeyId id() const { return id_; }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    [[nodiscard]] std::string to_base64() const;

private:
    Bytes bytes_{};
    SealingKeyId id_;
};

// The key a sealed text needs; none when it is no sealed text.
[[nodiscard]] std::optional<SealingKeyId> key_of(std::string_view sealed);

class KeyRing {
public:
    // The first key seals. REQUIRES: at least one. Of equal keys the first one counts.
    explicit KeyRing(std::vector<SealingKey> keys);

    [[nodiscard]] std::string seal(std::string_view plaintext, std::string_view context,
                                   const SealingNonce& nonce) const;
    // unavailable: the key is not in the ring; the message names it. corrupt: the text was changed, or belongs into another
    // context.
    [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

    [[nodiscard]] SealingKeyId primary() const { return keys_.front().id(); }
    [[nodiscard]] bool has(SealingKeyId id) const { return find(id) != nullptr; }
    [[nodiscard]] const std::vector<SealingKey>& keys() const { return keys_; }

private:
    [[nodiscard]] const SealingKey* find(SealingKeyId id) const;

    std::vector<SealingKey> keys_;
};

// What is said when a ring lacks a key that something is sealed with.
[[nodiscard]] Error missing_key(SealingKeyId id, std::string_view what);

}  // namespace posthaste
