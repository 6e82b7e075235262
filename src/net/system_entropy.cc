#include "net/system_entropy.h"

#include <cerrno>
#include <span>
#include <utility>

#include <sys/random.h>

#include "base/assert.h"

namespace posthaste {

std::uint64_t SystemEntropy::next() {
    if (used_ == kWords) refill();
    // A word that was handed out does not stay in memory.
    return std::exchange(words_[used_++], 0);
}

void SystemEntropy::refill() {
    std::span<std::byte> rest = std::as_writable_bytes(std::span(words_));
    while (!rest.empty()) {
        const ssize_t got = ::getrandom(rest.data(), rest.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        // Without randomness ids could be guessed; there is nothing to fall back to.
        ASSERT(got > 0);
        rest = rest.subspan(static_cast<std::size_t>(got));
    }
    used_ = 0;
}

}  // namespace posthaste
