// Sealed texts, as somebody with an editor could leave them in a data file.

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "domain/sealing.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr std::string_view kContext = "endpoint 1";
constexpr std::size_t kHeaderBytes = 9;

const KeyRing& ring() {
    static const KeyRing both = [] {
        SealingKey::Bytes first{};
        SealingKey::Bytes second{};
        second.fill(1);
        return KeyRing({SealingKey(first), SealingKey(second)});
    }();
    return both;
}

}  // namespace

// The whole input is a sealed text; then the whole input is what is sealed.
void run_sealed(std::string_view input) {
    const auto id = key_of(input);
    const auto opened = ring().open(input, kContext);
    if (opened) {
        // Nobody but the holder of the key makes one: it is what sealing this text with this nonce yields.
        SealingNonce nonce{};
        std::copy_n(input.begin() + kHeaderBytes, nonce.size(), nonce.begin());
        std::vector<SealingKey> keys = ring().keys();
        std::erase_if(keys, [&](const SealingKey& key) { return key.id() != id; });
        ASSERT(KeyRing(std::move(keys)).seal(*opened, kContext, nonce) == input);
    } else {
        const bool is_missing = opened.error().code == ErrorCode::unavailable;
        ASSERT(is_missing == (id && !ring().has(*id)));
    }

    SealingNonce nonce{};
    for (std::size_t i = 0; i < nonce.size() && i < input.size(); ++i)
        nonce[i] = static_cast<unsigned char>(input[i]);
    std::string sealed = ring().seal(input, kContext, nonce);
    ASSERT(ring().open(sealed, kContext) == input);
    ASSERT(!ring().open(sealed, "endpoint 2"));
    const std::size_t place = input.empty() ? 0 : static_cast<unsigned char>(input.back());
    char& byte = sealed[place % sealed.size()];
    byte = static_cast<char>(byte ^ 1);
    ASSERT(!ring().open(sealed, kContext));
}

}  // namespace posthaste::fuzz
