#include "domain/id_generator.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {
namespace {

constexpr std::uint64_t kVersion = 0x7000;
constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000ULL;
constexpr std::uint64_t kCounterMax = 0xFFF;
constexpr std::uint64_t kMillisMax = (std::uint64_t{1} << 48) - 1;

std::uint64_t first_of(std::uint64_t millis) {
    ASSERT(millis <= kMillisMax);
    return (millis << 16) | kVersion;
}

// The smallest well-formed `hi` above `last`.
std::uint64_t successor(std::uint64_t last) {
    const std::uint64_t millis = last >> 16;
    const std::uint64_t first = first_of(millis);
    // A floor need not be an id itself: its version bits may be anything.
    if (last < first) return first;
    if (last < first + kCounterMax) return last + 1;
    return first_of(millis + 1);
}

}  // namespace

Id IdGenerator::next(Timestamp now, std::uint64_t random) {
    const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(now), 0));
    last_hi_ = std::max(first_of(millis), successor(last_hi_));
    return {last_hi_, kVariant | (random >> 2)};
}

}  // namespace posthaste
