#include "domain/wipe.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace posthaste {

void wipe(std::span<unsigned char> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

void wipe(std::string& text) {
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

WipedText::WipedText(std::string_view text)
    : bytes_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    std::ranges::copy(text, bytes_.get());
}

WipedText::~WipedText() {
    if (bytes_) OPENSSL_cleanse(bytes_.get(), size_);
}

WipedText::WipedText(WipedText&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

WipedText& WipedText::operator=(WipedText&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
}

}  // namespace posthaste
