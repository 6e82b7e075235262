// Secrets, and the verification of signatures a receiver would do.

#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "domain/signing.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr std::int64_t kSeconds = 1'700'000'000;
constexpr Timestamp kNow{std::chrono::seconds{kSeconds}};
constexpr std::string_view kId = "msg_1";
constexpr std::string_view kBody = "{}";

// Is `entry` one of the words of the space-separated `list`?
bool lists(std::string_view list, std::string_view entry) {
    while (true) {
        const std::size_t space = list.find(' ');
        if (list.substr(0, space) == entry) return true;
        if (space == std::string_view::npos) return false;
        list.remove_prefix(space + 1);
    }
}

}  // namespace

// The whole input is a secret.
void run_secret(std::string_view input) {
    const Result<SigningKey> key = parse_secret(input);
    if (!key) {
        ASSERT(input.empty() || input.starts_with("whsec_") || input.starts_with("whsk_"));
        return;
    }
    if (input.starts_with("whsec_"))
        ASSERT(to_base64(key->bytes) == input.substr(6));
    else if (input.starts_with("whsk_"))
        ASSERT(key->kind == KeyKind::ed25519 && to_base64(key->bytes) == input.substr(5));
    else
        ASSERT(key->bytes == input);

    const auto signer = Signer::create({*key});
    ASSERT(signer.has_value());
    std::string signatures;
    (*signer)->append_standard(signatures, kId, kSeconds, kBody, kNow);
    const std::string timestamp = std::to_string(kSeconds);
    ASSERT(verify_standard(*key, kId, timestamp, signatures, kBody, kNow) == Verification::valid);
    ASSERT(verify_standard(*key, kId, timestamp, signatures, "{ }", kNow) ==
           Verification::no_match);
    ASSERT(verify_standard(*key, kId, timestamp, signatures, kBody, kNow + 301s) ==
           Verification::too_old);
}

// First line: webhook-timestamp. The rest: webhook-signature.
void run_verify(std::string_view input) {
    const std::size_t line = input.find('\n');
    const std::string_view timestamp = input.substr(0, line);
    const std::string_view signatures =
        line == std::string_view::npos ? std::string_view{} : input.substr(line + 1);
    const SigningKey key{KeyKind::hmac_sha256, "secret", {}};
    const Verification verdict = verify_standard(key, kId, timestamp, signatures, kBody, kNow);

    const std::string message =
        std::string(kId) + "." + std::string(timestamp) + "." + std::string(kBody);
    const std::string expected = "v1," + to_base64(hmac_sha256(key.bytes, message));
    if (verdict == Verification::valid) ASSERT(lists(signatures, expected));
    if (verdict == Verification::no_match) ASSERT(!lists(signatures, expected));

    // Bytes of a receiver's choice as an ed25519 key and signature must not upset OpenSSL.
    SigningKey public_key{KeyKind::ed25519, std::string(signatures.substr(0, 64)), {}};
    public_key.bytes.resize(64, '\0');
    ASSERT(verify_standard(public_key, kId, std::to_string(kSeconds), signatures, kBody, kNow) !=
           Verification::bad_timestamp);
}

}  // namespace posthaste::fuzz
