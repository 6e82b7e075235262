#include "engine/setup_token.h"

#include <openssl/sha.h>

#include <array>

#include "base/bytes.h"
#include "engine/random_text.h"

namespace posthaste {

namespace {

std::string hash_of(std::string_view token) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
    return {digest.begin(), digest.end()};
}

}  // namespace

std::string SetupToken::issue(Entropy& entropy) {
    std::string token = random_text("setup_", entropy);
    const std::scoped_lock lock(mutex_);
    hash_ = hash_of(token);
    return token;
}

bool SetupToken::claim(std::string_view token) {
    const std::string hash = hash_of(token);
    const std::scoped_lock lock(mutex_);
    if (hash_.empty() || !equal_constant_time(hash, hash_)) return false;
    hash_.clear();
    return true;
}

void SetupToken::give_back(std::string_view token) {
    const std::scoped_lock lock(mutex_);
    hash_ = hash_of(token);
}

}  // namespace posthaste
