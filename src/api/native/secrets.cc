#include "api/native/secrets.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/assert.h"
#include "base/bytes.h"

namespace posthaste::native {

namespace {

constexpr std::string_view kSymmetric = "whsec_";
constexpr std::string_view kPrivate = "whsk_";
constexpr std::string_view kPublic = "whpk_";
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kSymmetricBytes = 24;
constexpr std::size_t kSymmetricBytesMin = 24;
constexpr std::size_t kSymmetricBytesMax = 75;

std::string random_bytes(std::size_t count, Entropy& entropy) {
    std::string bytes;
    while (bytes.size() < count) {
        std::uint64_t word = entropy.next();
        for (int i = 0; i < 8 && bytes.size() < count; ++i, word >>= 8)
            bytes += static_cast<char>(word & 0xFF);
    }
    return bytes;
}

std::string public_half(std::string_view seed) {
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    };
    const std::unique_ptr<EVP_PKEY, Free> key{EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()),
        seed.size())};
    std::array<unsigned char, kSeedBytes> bytes{};
    std::size_t length = bytes.size();
    ASSERT(key && EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &length) == 1);
    return {reinterpret_cast<const char*>(bytes.data()), length};
}

}  // namespace

bool is_secret(std::string_view text) {
    if (text.starts_with(kSymmetric)) {
        const auto bytes = from_base64(text.substr(kSymmetric.size()));
        return bytes && bytes->size() >= kSymmetricBytesMin && bytes->size() <= kSymmetricBytesMax;
    }
    if (!text.starts_with(kPrivate)) return false;
    const auto key = parse_secret(text);
    return key && key->bytes.size() == 2 * kSeedBytes;
}

std::string make_secret(KeyKind kind, Entropy& entropy) {
    if (kind == KeyKind::hmac_sha256)
        return std::string(kSymmetric) + to_base64(random_bytes(kSymmetricBytes, entropy));
    const std::string seed = random_bytes(kSeedBytes, entropy);
    return std::string(kPrivate) + to_base64(seed + public_half(seed));
}

std::string shown_secret(std::string_view secret) {
    if (!secret.starts_with(kPrivate)) return std::string(secret);
    const auto key = parse_secret(secret);
    if (!key) return {};
    return std::string(kPublic) + to_base64(public_half(key->bytes.substr(0, kSeedBytes)));
}

bool rotate_secret(Endpoint& endpoint, std::string fresh, Duration grace, Timestamp now) {
    std::vector<OldSecret>& old = endpoint.old_secrets;
    std::erase_if(old, [now](const OldSecret& one) { return one.expires_at <= now; });
    if (endpoint.secret && grace > Duration::zero()) {
        if (old.size() >= kOldSecretsMax) return false;
        old.push_back({*endpoint.secret, now + grace});
        std::sort(old.begin(), old.end(), [](const OldSecret& a, const OldSecret& b) {
            return a.expires_at < b.expires_at;
        });
    }
    endpoint.secret = std::move(fresh);
    return true;
}

}  // namespace posthaste::native
