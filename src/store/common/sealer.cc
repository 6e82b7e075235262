#include "store/common/sealer.h"

#include <utility>

#include "base/assert.h"

namespace posthaste {

Sealer::Sealer(std::shared_ptr<const KeyRing> keys, Entropy& entropy)
    : entropy_(entropy), keys_(std::move(keys)) {
    ASSERT(keys_ != nullptr);
}

std::shared_ptr<const KeyRing> Sealer::keys() const {
    const std::scoped_lock lock(mutex_);
    return keys_;
}

Result<std::string> Sealer::open(std::string_view sealed, const SealedPlace& place) const {
    return keys()->open(sealed, place.view());
}

std::string Sealer::seal(std::string_view text, const SealedPlace& place) {
    return keys()->seal(text, place.view(), draw_nonce());
}

SealingNonce Sealer::draw_nonce() {
    return draw_bytes<kSealingNonceBytes>([this] { return entropy_.next(); });
}

SealingKey::Bytes Sealer::draw_key() {
    return draw_bytes<kSealingKeyBytes>([this] { return entropy_.next(); });
}

void Sealer::replace(std::shared_ptr<const KeyRing> keys) {
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
}

}  // namespace posthaste
