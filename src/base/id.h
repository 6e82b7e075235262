#pragma once

// Ids are 128-bit UUIDv7 (RFC 9562 §5.7): time-ordered, unguessable in their low half. One id has
// two spellings, the plain UUID and prefixed base62 ("msg_…"), and two halves:
//
//   hi  48 bits Unix milliseconds | 4 bits version (7) | 12 bits counter   strictly increasing
//   lo   2 bits variant (10)      | 62 bits random
//
// `hi` alone is unique within one database (one generator issues all of its ids), so the SQLite
// store uses it as the rowid: an insert in commit order is an append, and no second id column is
// needed. `lo` is compared on every lookup.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

struct Id {
    std::uint64_t hi = 0;
    std::uint64_t lo = 0;

    [[nodiscard]] constexpr bool is_nil() const { return hi == 0 && lo == 0; }
    [[nodiscard]] constexpr std::int64_t millis() const {
        return static_cast<std::int64_t>(hi >> 16);
    }
    friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

// "0190a5b2-7c3d-7abc-8def-0123456789ab", lower case.
[[nodiscard]] std::string to_uuid(Id id);
// Accepts 8-4-4-4-12 and 32 bare hex digits in either case; anything else is empty.
[[nodiscard]] std::optional<Id> parse_uuid(std::string_view text);
// `prefix` + "_" + 27 base62 digits (0-9A-Za-z, so that text order is id order), the shape of a
// KSUID.
[[nodiscard]] std::string to_base62(std::string_view prefix, Id id);
[[nodiscard]] std::optional<Id> parse_base62(std::string_view prefix, std::string_view text);

// A strong id: an EndpointId is not an EventId. Costs nothing.
template <class Tag>
struct StrongId : Id {
    constexpr StrongId() = default;
    constexpr explicit StrongId(Id id) : Id(id) {}
    constexpr StrongId(std::uint64_t high, std::uint64_t low) : Id{high, low} {}
    [[nodiscard]] constexpr Id value() const { return *this; }
    friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

using OrganizationId = StrongId<struct OrganizationTag>;
using ApplicationId = StrongId<struct ApplicationTag>;
using EndpointId = StrongId<struct EndpointTag>;
using EventId = StrongId<struct EventTag>;
using EventTypeId = StrongId<struct EventTypeTag>;
using AttemptId = StrongId<struct AttemptTag>;
using UserId = StrongId<struct UserTag>;
using ApiKeyId = StrongId<struct ApiKeyTag>;
using SessionId = StrongId<struct SessionTag>;

// Mixes both halves: ids of one millisecond differ in few bits of `hi`.
struct IdHash {
    [[nodiscard]] std::size_t operator()(const Id& id) const noexcept {
        std::uint64_t x = id.hi ^ (id.lo * 0x9E3779B97F4A7C15ULL);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        return static_cast<std::size_t>(x ^ (x >> 31));
    }
};

}  // namespace posthaste

template <class Tag>
struct std::hash<posthaste::StrongId<Tag>> : posthaste::IdHash {};
template <>
struct std::hash<posthaste::Id> : posthaste::IdHash {};
