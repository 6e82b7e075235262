#include "net/request_buffers.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace posthaste {

namespace {

// Behind the largest header there is room for a body that most events fit into.
constexpr std::size_t kSmallBodyBytes = 16 * 1024;

}  // namespace

RequestBlock::RequestBlock(const RequestLimits& limits)
    : parser(limits),
      capacity(limits.header_bytes_max + kSmallBodyBytes),
      bytes(std::make_unique_for_overwrite<char[]>(capacity + kBodyPadding)) {
    std::memset(bytes.get() + capacity, 0, kBodyPadding);
}

std::unique_ptr<RequestBlock> RequestBlockPool::borrow() {
    if (spare_.empty()) return std::make_unique<RequestBlock>(limits_);
    auto block = std::move(spare_.back());
    spare_.pop_back();
    return block;
}

void RequestBlockPool::give_back(std::unique_ptr<RequestBlock> block) {
    if (block && spare_.size() < kSpareMax) spare_.push_back(std::move(block));
}

bool BodyBuffer::grow(std::size_t bytes_max) {
    if (size_ < capacity_) return true;
    const std::size_t wanted = std::min(bytes_max, std::max(kFirstBytes, capacity_ * 2));
    const std::size_t allocated = capacity_ == 0 ? 0 : capacity_ + kBodyPadding;
    const std::size_t more = wanted + kBodyPadding - allocated;
    if (wanted <= capacity_ || budget_.bytes_max - budget_.bytes_used < more) return false;
    auto* const moved = static_cast<char*>(std::realloc(bytes_.get(), wanted + kBodyPadding));
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(bytes_.release());  // realloc has taken it over
    bytes_.reset(moved);
    std::memset(moved + wanted, 0, kBodyPadding);
    capacity_ = wanted;
    budget_.bytes_used += more;
    return true;
}

bool BodyBuffer::append(std::string_view bytes, std::size_t bytes_max) {
    while (!bytes.empty()) {
        if (!grow(bytes_max)) return false;
        const std::size_t part = std::min(bytes.size(), room());
        std::memcpy(tail(), bytes.data(), part);
        size_ += part;
        bytes.remove_prefix(part);
    }
    return true;
}

void BodyBuffer::release() {
    if (capacity_ == 0) return;
    budget_.bytes_used -= capacity_ + kBodyPadding;
    bytes_.reset();
    size_ = capacity_ = 0;
}

}  // namespace posthaste
