#include "domain/sealing_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <climits>

#include "base/assert.h"
#include "domain/wipe.h"

namespace posthaste {

namespace {

constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kSaltBytes =
    12;  // of the nonce, for the derived key; the rest is the nonce of AES-256-GCM

struct FreeCipher {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherPtr = std::unique_ptr<EVP_CIPHER, FreeCipher>;
using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetching an algorithm takes locks and look-ups, so it is done once per process.
const EVP_CIPHER* block_cipher() {
    static const CipherPtr cipher{EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
    ASSERT(cipher != nullptr);
    return cipher.get();
}
const EVP_CIPHER* gcm_cipher() {
    static const CipherPtr cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
    ASSERT(cipher != nullptr);
    return cipher.get();
}

const unsigned char* to_uchars(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* to_uchars(std::string& text, std::size_t at) {
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}

int to_length(std::string_view text) {
    ASSERT(text.size() < INT_MAX);
    return static_cast<int>(text.size());
}

ContextPtr make_context() {
    ContextPtr context{EVP_CIPHER_CTX_new()};
    ASSERT(context != nullptr);
    return context;
}

// The context is authenticated, not encrypted. OpenSSL takes a null pointer for the end of the message.
void authenticate(EVP_CIPHER_CTX* gcm, std::string_view context) {
    int length = 0;
    if (context.empty()) return;
    ASSERT(EVP_CipherUpdate(gcm, nullptr, &length, to_uchars(context), to_length(context)) == 1);
}

}  // namespace

struct SealingCipher::Impl {
    ContextPtr block = make_context();
    ContextPtr gcm = make_context();
    std::array<unsigned char, kBlockBytes> subkey{};  // K1 of CMAC (NIST SP 800-38B §6.1)

    Impl() = default;
    ~Impl() { wipe(subkey); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void encrypt_blocks(std::span<unsigned char> blocks) {
        int length = 0;
        ASSERT(EVP_EncryptUpdate(block.get(), blocks.data(), &length, blocks.data(),
                                 static_cast<int>(blocks.size())) == 1);
        ASSERT(length == static_cast<int>(blocks.size()));
    }

    // The doubling in GF(2^128).
    void derive_subkey() {
        encrypt_blocks(subkey);
        const bool has_carry = (subkey[0] & 0x80) != 0;
        for (std::size_t i = 0; i < subkey.size(); ++i) {
            const unsigned next = i + 1 < subkey.size() ? subkey[i + 1] >> 7 : 0U;
            subkey[i] = static_cast<unsigned char>(unsigned{subkey[i]} << 1 | next);
        }
        if (has_carry) subkey.back() ^= 0x87;
    }

    // Readies `gcm` for one value: its key is CMAC in counter mode over the first half of the nonce (NIST SP 800-108r1),
    // two blocks "counter | 'X' | 0 | salt".
    void begin(std::span<const unsigned char, kSealingNonceBytes> nonce, int is_sealing) {
        std::array<unsigned char, 2 * kBlockBytes> derived{};
        for (std::size_t at = 0; at < derived.size(); at += kBlockBytes) {
            derived[at + 1] = static_cast<unsigned char>(at / kBlockBytes + 1);
            derived[at + 2] = 'X';
            std::copy_n(nonce.begin(), kSaltBytes, derived.begin() + static_cast<int>(at) + 4);
            for (std::size_t i = 0; i < kBlockBytes; ++i) derived[at + i] ^= subkey[i];
        }
        encrypt_blocks(derived);
        ASSERT(EVP_CipherInit_ex2(gcm.get(), gcm_cipher(), derived.data(),
                                  nonce.data() + kSaltBytes, is_sealing, nullptr) == 1);
        wipe(derived);
    }
};

SealingCipher::SealingCipher(std::span<const unsigned char, kSealingKeyBytes> key)
    : impl_(std::make_unique<Impl>()) {
    EVP_CIPHER_CTX* const block = impl_->block.get();
    ASSERT(EVP_EncryptInit_ex2(block, block_cipher(), key.data(), nullptr, nullptr) == 1);
    ASSERT(EVP_CIPHER_CTX_set_padding(block, 0) == 1);
    impl_->derive_subkey();
}

SealingCipher::~SealingCipher() = default;

void SealingCipher::seal(std::string& out, const SealingNonce& nonce, std::string_view context,
                         std::string_view plaintext) {
    EVP_CIPHER_CTX* const gcm = impl_->gcm.get();
    impl_->begin(nonce, 1);
    authenticate(gcm, context);
    const std::size_t start = out.size() + nonce.size();
    out.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    out.resize(start + plaintext.size() + kSealingTagBytes);
    int length = 0;
    if (!plaintext.empty())
        ASSERT(EVP_EncryptUpdate(gcm, to_uchars(out, start), &length, to_uchars(plaintext),
                                 to_length(plaintext)) == 1);
    const std::size_t end = start + plaintext.size();
    ASSERT(EVP_EncryptFinal_ex(gcm, to_uchars(out, end), &length) == 1 && length == 0);
    ASSERT(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, kSealingTagBytes, to_uchars(out, end)) ==
           1);
}

bool SealingCipher::open(std::string& out, std::string_view context, std::string_view sealed) {
    if (sealed.size() < kOverhead) return false;
    EVP_CIPHER_CTX* const gcm = impl_->gcm.get();
    impl_->begin(std::span(to_uchars(sealed), sealed.size()).first<kSealingNonceBytes>(), 0);
    authenticate(gcm, context);
    std::string tag(sealed.substr(sealed.size() - kSealingTagBytes));
    const std::string_view ciphertext =
        sealed.substr(kSealingNonceBytes, sealed.size() - kOverhead);
    const std::size_t start = out.size();
    out.resize(start + ciphertext.size());
    int length = 0;
    const bool is_genuine =
        (ciphertext.empty() ||
         EVP_DecryptUpdate(gcm, to_uchars(out, start), &length, to_uchars(ciphertext),
                           to_length(ciphertext)) == 1) &&
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, kSealingTagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(gcm, to_uchars(out, out.size()), &length) == 1;
    if (is_genuine) return true;
    // Nobody may see what does not authenticate.
    wipe(std::span(to_uchars(out, start), out.size() - start));
    out.resize(start);
    return false;
}

}  // namespace posthaste
