#include "domain/digest.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/assert.h"

namespace posthaste {

namespace {

struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

// Fetching an algorithm takes locks and lookups, so it is done once per process.
const EVP_MD* algorithm() {
    static const std::unique_ptr<EVP_MD, FreeDigest> digest{
        EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    ASSERT(digest != nullptr);
    return digest.get();
}

}  // namespace

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, kSha256Bytes> digest{};
    unsigned length = 0;
    ASSERT(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm(), nullptr) ==
               1 &&
           length == digest.size());
    return {digest.begin(), digest.end()};
}

Id digest_id(std::string_view text) {
    const std::string digest = sha256(text);
    Id id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.hi = id.hi << 8 | static_cast<unsigned char>(digest[i]);
        id.lo = id.lo << 8 | static_cast<unsigned char>(digest[i + 8]);
    }
    return id;
}

}  // namespace posthaste
