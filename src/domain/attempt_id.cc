#include "domain/attempt_id.h"

#include <algorithm>

namespace posthaste {

namespace {

constexpr std::uint64_t kVersion = 0x7000;
constexpr std::uint64_t kVariant = std::uint64_t{2} << 62;

// splitmix64's finaliser.
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

std::uint64_t upper_half(Timestamp at) {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(at), 0));
    return (micros / 1000) << 16 | kVersion | (micros % 1000) << 2;
}

}  // namespace

AttemptId attempt_id(Timestamp started_at, EventId event, EndpointId endpoint,
                     std::uint32_t number) {
    std::uint64_t hash = mixed(event.hi + 0x9E3779B97F4A7C15ULL);
    for (const std::uint64_t part : {event.lo, endpoint.hi, endpoint.lo, std::uint64_t{number}})
        hash = mixed(hash ^ (part + 0x9E3779B97F4A7C15ULL + (hash << 6)));
    return AttemptId(upper_half(started_at), kVariant | hash >> 2);
}

AttemptId first_attempt_id(Timestamp at) { return AttemptId(upper_half(at), 0); }

Timestamp started_at_of(AttemptId id) {
    const auto micros = static_cast<std::int64_t>((id.hi & 0xFFF) >> 2);
    return from_micros(id.millis() * 1000 + std::min<std::int64_t>(micros, 999));
}

}  // namespace posthaste
