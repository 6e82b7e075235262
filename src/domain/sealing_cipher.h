#pragma once

// Authenticated encryption of one value after the other with one key: AES-256-GCM under a key derived for each value, which
// is XAES-256-GCM (https://c2sp.org/XAES-256-GCM). Its nonces are long enough to be drawn at random for as long as a server
// lives; with plain AES-256-GCM a busy one would have to count what it seals and change the key after 2^32 values.
//
//   sealed value = nonce (24 bytes) | ciphertext | tag (16 bytes)
//
// The context says where a value belongs. It is authenticated and not stored, so that a value opens nowhere else.
// Contexts of OpenSSL are made once. Used by one thread at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace posthaste {

inline constexpr std::size_t kSealingKeyBytes = 32;
inline constexpr std::size_t kSealingNonceBytes = 24;
inline constexpr std::size_t kSealingTagBytes = 16;

// `draw()` yields 64 random bits.
template <std::size_t size, class Draw>
[[nodiscard]] std::array<unsigned char, size> draw_bytes(Draw&& draw) {
    static_assert(size % 8 == 0);
    std::array<unsigned char, size> bytes{};
    for (std::size_t at = 0; at < size; at += 8) {
        std::uint64_t word = draw();
        for (std::size_t i = 0; i < 8; ++i, word >>= 8)
            bytes[at + i] = static_cast<unsigned char>(word);
    }
    return bytes;
}

// No nonce may be used twice with one key: draw_bytes.
using SealingNonce = std::array<unsigned char, kSealingNonceBytes>;

class SealingCipher {
public:
    static constexpr std::size_t kOverhead = kSealingNonceBytes + kSealingTagBytes;

    explicit SealingCipher(std::span<const unsigned char, kSealingKeyBytes> key);
    ~SealingCipher();
    SealingCipher(const SealingCipher&) = delete;
    SealingCipher& operator=(const SealingCipher&) = delete;

    // Appends the sealed value. REQUIRES: plaintext and context of less than 2^31 bytes.
    void seal(std::string& out, const SealingNonce& nonce, std::string_view context,
              std::string_view plaintext);
    // Appends the plaintext. False, and `out` as it was, when the value was changed, was cut, is of another key or belongs
    // into another context.
    [[nodiscard]] bool open(std::string& out, std::string_view context, std::string_view sealed);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
