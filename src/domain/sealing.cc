#include "domain/sealing.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/bytes.h"
#include "domain/digest.h"
#include "domain/wipe.h"

namespace posthaste {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHeaderBytes = 1 + 8;  // version, key id

// scrypt with 32 MiB: what a login can afford, and what guessing cannot. The salt is fixed, since the same text has to give
// the same key on every machine that is given it.
constexpr std::string_view kSalt = "posthaste encryption key";
constexpr std::uint64_t kCost = 1u << 15;
constexpr std::uint64_t kBlockSize = 8;
constexpr std::uint64_t kParallelism = 1;
constexpr std::uint64_t kMemoryMax = 64u << 20;

SealingKeyId id_of(const SealingKey::Bytes& bytes) {
    const std::string digest = sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    SealingKeyId id;
    for (std::size_t i = 0; i < 8; ++i)
        id.value = id.value << 8 | static_cast<unsigned char>(digest[i]);
    return id;
}

std::string header_of(SealingKeyId id) {
    std::string header(1, kVersion);
    for (int shift = 56; shift >= 0; shift -= 8) header += static_cast<char>(id.value >> shift);
    return header;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

SealingKey key_from(std::string& raw) {
    const WipedOnExit wiped(raw);
    SealingKey::Bytes bytes{};
    std::copy_n(raw.begin(), bytes.size(), bytes.begin());
    SealingKey key(bytes);
    wipe(bytes);
    return key;
}

Result<SealingKey> derive_key(std::string_view text) {
    SealingKey::Bytes bytes{};
    const auto* salt = reinterpret_cast<const unsigned char*>(kSalt.data());
    if (EVP_PBE_scrypt(text.data(), text.size(), salt, kSalt.size(), kCost, kBlockSize,
                       kParallelism, kMemoryMax, bytes.data(), bytes.size()) != 1)
        return fail(ErrorCode::unavailable, "no memory to make a key of a text with scrypt");
    SealingKey key(bytes);
    wipe(bytes);
    return key;
}

}  // namespace

// ---- keys ------------------------------------------------------------------------------------------------------------

std::string to_hex(SealingKeyId id) { return to_hex(std::string_view(header_of(id)).substr(1)); }

std::optional<SealingKeyId> parse_sealing_key_id(std::string_view text) {
    SealingKeyId id;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id.value, 16);
    if (text.size() != 16 || error != std::errc{} || stop != end) return std::nullopt;
    return id;
}

SealingKey::SealingKey(const Bytes& bytes) : bytes_(bytes), id_(id_of(bytes)) {}

SealingKey::~SealingKey() { wipe(bytes_); }

Result<SealingKey> SealingKey::parse(std::string_view text) {
    text = trimmed(text);
    if (text.empty()) return fail(ErrorCode::invalid, "a key is empty");
    auto raw = text.size() == 2 * kSealingKeyBytes ? from_hex(text) : from_base64(text);
    if (raw && raw->size() == kSealingKeyBytes) return key_from(*raw);
    if (raw) wipe(*raw);
    return derive_key(text);
}

std::string SealingKey::to_base64() const {
    return posthaste::to_base64(
        std::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
}

// ---- the ring --------------------------------------------------------------------------------------------------------

std::optional<SealingKeyId> key_of(std::string_view sealed) {
    if (sealed.size() < kHeaderBytes + SealingCipher::kOverhead || sealed.front() != kVersion)
        return std::nullopt;
    SealingKeyId id;
    for (std::size_t i = 1; i < kHeaderBytes; ++i)
        id.value = id.value << 8 | static_cast<unsigned char>(sealed[i]);
    return id;
}

Error missing_key(SealingKeyId id, std::string_view what) {
    return Error{ErrorCode::unavailable,
                 std::string(what) + " is sealed with the key " + to_hex(id) +
                     ", which is not among the keys given. Add it behind the first one, in "
                     "encryption_key or in the file of encryption_key_file."};
}

KeyRing::KeyRing(std::vector<SealingKey> keys) {
    ASSERT(!keys.empty());
    for (SealingKey& key : keys) {
        if (!has(key.id())) keys_.push_back(key);
    }
}

const SealingKey* KeyRing::find(SealingKeyId id) const {
    const auto found = std::find_if(keys_.begin(), keys_.end(),
                                    [id](const SealingKey& key) { return key.id() == id; });
    return found == keys_.end() ? nullptr : &*found;
}

std::string KeyRing::seal(std::string_view plaintext, std::string_view context,
                          const SealingNonce& nonce) const {
    std::string sealed = header_of(primary());
    const std::string authenticated = sealed + std::string(context);
    sealed.reserve(sealed.size() + plaintext.size() + SealingCipher::kOverhead);
    SealingCipher(keys_.front().bytes()).seal(sealed, nonce, authenticated, plaintext);
    return sealed;
}

Result<std::string> KeyRing::open(std::string_view sealed, std::string_view context) const {
    const auto id = key_of(sealed);
    if (!id) return fail(ErrorCode::corrupt, "A sealed value is damaged.");
    const SealingKey* const key = find(*id);
    if (key == nullptr) return std::unexpected(missing_key(*id, "A value"));
    const std::string authenticated =
        std::string(sealed.substr(0, kHeaderBytes)) + std::string(context);
    std::string text;
    if (SealingCipher(key->bytes()).open(text, authenticated, sealed.substr(kHeaderBytes)))
        return text;
    return fail(ErrorCode::corrupt,
                "A value sealed with the key " + to_hex(*id) +
                    " does not open: it was changed, or put where it does not belong.");
}

}  // namespace posthaste
