#include "domain/signing.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"
#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr std::size_t kHmacBytes = 32;
constexpr std::size_t kEd25519SeedBytes = 32;
constexpr std::size_t kEd25519PublicBytes = 32;
constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr std::int64_t kToleranceSeconds = 300;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using MacPtr = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

const unsigned char* to_uchars(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Fetching an algorithm takes locks and lookups, so it is done once per process.
EVP_MAC* hmac_algorithm() {
    static const MacPtr algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    ASSERT(algorithm != nullptr);
    return algorithm.get();
}

// A context that holds digest and key; EVP_MAC_init without a key starts the next message under the same one.
MacContextPtr make_hmac(std::string_view key) {
    MacContextPtr context{EVP_MAC_CTX_new(hmac_algorithm())};
    ASSERT(context != nullptr);
    std::array<char, 7> digest{"SHA256"};
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    // A null key would mean "keep the old one".
    static constexpr unsigned char kNoBytes = 0;
    const unsigned char* bytes = key.empty() ? &kNoBytes : to_uchars(key);
    ASSERT(EVP_MAC_init(context.get(), bytes, key.size(), parameters) == 1);
    return context;
}

using Mac = std::array<unsigned char, kHmacBytes>;

void update(EVP_MAC_CTX* context, std::string_view bytes) {
    ASSERT(EVP_MAC_update(context, to_uchars(bytes), bytes.size()) == 1);
}

Mac finish(EVP_MAC_CTX* context) {
    Mac mac{};
    std::size_t length = 0;
    ASSERT(EVP_MAC_final(context, mac.data(), &length, mac.size()) == 1 && length == mac.size());
    return mac;
}

// "{id}.{timestamp}." in front of the body. Header values are short; ids of ours are 31 bytes.
struct SignedPrefix {
    std::array<char, 24> digits{};
    std::string_view timestamp;

    explicit SignedPrefix(std::int64_t seconds) {
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), seconds);
        timestamp = {digits.data(), static_cast<std::size_t>(end - digits.data())};
    }
    SignedPrefix(const SignedPrefix&) = delete;
    SignedPrefix& operator=(const SignedPrefix&) = delete;
};

Mac standard_mac(EVP_MAC_CTX* context, std::string_view id, std::string_view timestamp,
                 std::string_view body) {
    update(context, id);
    update(context, ".");
    update(context, timestamp);
    update(context, ".");
    update(context, body);
    return finish(context);
}

template <std::size_t N>
void append_base64(std::string& out, const std::array<unsigned char, N>& bytes) {
    // EVP_EncodeBlock writes a terminating NUL behind the text.
    std::array<unsigned char, (N + 2) / 3 * 4 + 1> text{};
    const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(N));
    out.append(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length));
}

KeyPtr make_private_key(std::string_view bytes) {
    if (bytes.size() != kEd25519SeedBytes &&
        bytes.size() != kEd25519SeedBytes + kEd25519PublicBytes)
        return nullptr;
    KeyPtr key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, to_uchars(bytes),
                                            kEd25519SeedBytes)};
    if (!key || bytes.size() == kEd25519SeedBytes) return key;
    std::array<unsigned char, kEd25519PublicBytes> derived{};
    std::size_t length = derived.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), derived.data(), &length) != 1) return nullptr;
    const std::string_view given = bytes.substr(kEd25519SeedBytes);
    return std::equal(derived.begin(), derived.end(), to_uchars(given)) ? std::move(key) : nullptr;
}

KeyPtr make_public_key(std::string_view bytes) {
    if (bytes.size() == kEd25519SeedBytes) return make_private_key(bytes);
    if (bytes.size() != kEd25519SeedBytes + kEd25519PublicBytes) return nullptr;
    return KeyPtr{EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, nullptr, to_uchars(bytes) + kEd25519SeedBytes, kEd25519PublicBytes)};
}

bool ed25519_matches(EVP_PKEY* key, std::string_view signature, std::string_view message) {
    const DigestContextPtr context{EVP_MD_CTX_new()};
    return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), to_uchars(signature), signature.size(),
                            to_uchars(message), message.size()) == 1;
}

// Calls `visit(version, signature bytes)` for each well-formed entry of "v1,… v1a,…" until it returns true.
template <class Visit>
bool any_signature(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t space = list.find(' ');
        const std::string_view entry = list.substr(0, space);
        list = space == std::string_view::npos ? std::string_view{} : list.substr(space + 1);
        const std::size_t comma = entry.find(',');
        if (comma == std::string_view::npos) continue;
        const auto bytes = from_base64(entry.substr(comma + 1));
        if (bytes && visit(entry.substr(0, comma), *bytes)) return true;
    }
    return false;
}

bool matches(const SigningKey& key, std::string_view signatures, std::string_view message) {
    if (key.kind == KeyKind::hmac_sha256) {
        const std::string expected = hmac_sha256(key.bytes, message);
        return any_signature(signatures, [&](std::string_view version, std::string_view bytes) {
            return version == "v1" && equal_constant_time(bytes, expected);
        });
    }
    const KeyPtr public_key = make_public_key(key.bytes);
    return public_key &&
           any_signature(signatures, [&](std::string_view version, std::string_view bytes) {
               return version == "v1a" && bytes.size() == kEd25519SignatureBytes &&
                      ed25519_matches(public_key.get(), bytes, message);
           });
}

}  // namespace

Result<SigningKey> parse_secret(std::string_view secret) {
    constexpr std::string_view kHmacPrefix = "whsec_";
    constexpr std::string_view kEd25519Prefix = "whsk_";
    if (secret.empty()) return fail(ErrorCode::invalid, "The secret is empty.");
    SigningKey key;
    if (secret.starts_with(kHmacPrefix)) {
        auto bytes = from_base64(secret.substr(kHmacPrefix.size()));
        if (!bytes || bytes->empty())
            return fail(ErrorCode::invalid,
                        "A secret that starts with whsec_ must go on in base64, with padding.");
        key.bytes = std::move(*bytes);
    } else if (secret.starts_with(kEd25519Prefix)) {
        auto bytes = from_base64(secret.substr(kEd25519Prefix.size()));
        if (!bytes || !make_private_key(*bytes))
            return fail(ErrorCode::invalid,
                        "A secret that starts with whsk_ must go on with a 32 or 64 byte ed25519 "
                        "key in base64.");
        key.kind = KeyKind::ed25519;
        key.bytes = std::move(*bytes);
    } else {
        key.bytes = secret;
    }
    return key;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    const MacContextPtr context = make_hmac(key);
    update(context.get(), message);
    const Mac mac = finish(context.get());
    return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

struct Signer::Impl {
    struct Key {
        std::optional<Timestamp> expires_at;
        MacContextPtr hmac;  // exactly one of hmac and ed25519
        KeyPtr ed25519;
    };
    std::vector<Key> keys;
    DigestContextPtr digest;  // made only when there is an ed25519 key

    // The message is laid out behind `out`, because ed25519 wants it in one piece, and cut off again.
    void append_ed25519(std::string& out, EVP_PKEY* key, std::string_view id,
                        std::string_view timestamp, std::string_view body) const {
        const std::size_t start = out.size();
        out.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
        const std::string_view message = std::string_view(out).substr(start);
        std::array<unsigned char, kEd25519SignatureBytes> signature{};
        std::size_t length = signature.size();
        EVP_MD_CTX_reset(digest.get());
        ASSERT(EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key) == 1);
        ASSERT(EVP_DigestSign(digest.get(), signature.data(), &length, to_uchars(message),
                              message.size()) == 1);
        out.resize(start);
        out += "v1a,";
        append_base64(out, signature);
    }
};

Signer::Signer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Signer::~Signer() = default;

Result<std::unique_ptr<Signer>> Signer::create(std::vector<SigningKey> keys) {
    auto impl = std::make_unique<Impl>();
    impl->keys.reserve(keys.size());
    for (const SigningKey& key : keys) {
        Impl::Key prepared;
        prepared.expires_at = key.expires_at;
        if (key.kind == KeyKind::hmac_sha256) {
            prepared.hmac = make_hmac(key.bytes);
        } else {
            prepared.ed25519 = make_private_key(key.bytes);
            if (!prepared.ed25519)
                return fail(ErrorCode::invalid, "An ed25519 signing key is not valid.");
            if (!impl->digest) impl->digest.reset(EVP_MD_CTX_new());
            ASSERT(impl->digest != nullptr);
        }
        impl->keys.push_back(std::move(prepared));
    }
    return std::unique_ptr<Signer>(new Signer(std::move(impl)));
}

void Signer::append_standard(std::string& out, std::string_view id, std::int64_t timestamp,
                             std::string_view body, Timestamp now) const {
    const SignedPrefix prefix(timestamp);
    bool first = true;
    for (const Impl::Key& key : impl_->keys) {
        if (key.expires_at && *key.expires_at <= now) continue;
        if (!first) out += ' ';
        first = false;
        if (key.hmac) {
            ASSERT(EVP_MAC_init(key.hmac.get(), nullptr, 0, nullptr) == 1);
            out += "v1,";
            append_base64(out, standard_mac(key.hmac.get(), id, prefix.timestamp, body));
        } else {
            impl_->append_ed25519(out, key.ed25519.get(), id, prefix.timestamp, body);
        }
    }
}

void Signer::append_hex(std::string& out, std::string_view body) const {
    if (impl_->keys.empty() || !impl_->keys.front().hmac) return;
    EVP_MAC_CTX* context = impl_->keys.front().hmac.get();
    ASSERT(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
    update(context, body);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 2 * kHmacBytes> text{};
    std::size_t at = 0;
    for (const unsigned char byte : finish(context)) {
        text[at++] = kDigits[byte >> 4];
        text[at++] = kDigits[byte & 15];
    }
    out.append(text.data(), text.size());
}

std::string_view to_string(Verification verification) {
    switch (verification) {
        case Verification::valid: return "valid";
        case Verification::missing_headers: return "missing_headers";
        case Verification::bad_timestamp: return "bad_timestamp";
        case Verification::too_old: return "too_old";
        case Verification::too_new: return "too_new";
        case Verification::no_match: return "no_match";
    }
    return "unknown";
}

Verification verify_standard(const SigningKey& key, std::string_view id, std::string_view timestamp,
                             std::string_view signatures, std::string_view body, Timestamp now) {
    if (id.empty() || timestamp.empty() || signatures.empty()) return Verification::missing_headers;
    std::int64_t seconds = 0;
    const char* last = timestamp.data() + timestamp.size();
    const auto [end, error] = std::from_chars(timestamp.data(), last, seconds);
    if (error != std::errc{} || end != last || seconds < 0) return Verification::bad_timestamp;
    // Both are far from the edges of the type unless the header lies, so compare without subtracting.
    const std::int64_t present = to_seconds(now);
    if (seconds < present - kToleranceSeconds) return Verification::too_old;
    if (seconds > present + kToleranceSeconds) return Verification::too_new;
    std::string message;
    message.reserve(id.size() + timestamp.size() + body.size() + 2);
    message.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
    return matches(key, signatures, message) ? Verification::valid : Verification::no_match;
}

}  // namespace posthaste
