#pragma once

// The audit log: who changed what, from where, and how it was before. Entries form a chain: each one's hash covers the hash
// before it, so that an entry cannot be changed, removed or moved without every later hash telling. What the chain cannot
// see is a tail that was cut off, or a whole chain that was computed anew; for that an operator keeps a head elsewhere
// (docs/operating.md, "The audit log").

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

struct AuditEntry {
    std::uint64_t sequence = 0;  // 1, 2, …, without gaps; the store issues it, and the hash
    Timestamp at;
    OrganizationId organization;
    std::string
        actor;  // "user_…", "key_…", "org_…", "app_…", "anonymous", "setup" (the first owner), "operator" (command line)
    std::string actor_name;  // an e-mail address, a key's name: as it was then
    std::string address;     // the client's, as text
    std::string action;      // "endpoint.create"
    std::string object;      // its id as the API that was called spells it
    // JSON objects, secrets masked; empty: there was nothing before, or is nothing after.
    std::string before;
    std::string after;
    std::string hash;  // audit_hash, kAuditHashBytes

    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

inline constexpr std::size_t kAuditHashBytes = 32;

// SHA-256 over, in this order,
//
//   "posthaste audit 1", previous_hash
//   sequence, at (in Unix microseconds)     8 bytes each, big-endian
//   organization                            16 bytes, big-endian
//   actor, actor_name, address, action, object, before, after
//
// where each text, the first two included, is preceded by its length in 8 bytes, big-endian: no two entries read alike.
// A worked example is in audit_test.cc.
[[nodiscard]] std::string audit_hash(std::string_view previous_hash, const AuditEntry& entry);

// Where a chain stands: the state between two entries.
struct AuditChain {
    std::uint64_t length = 0;
    std::string head =
        std::string(kAuditHashBytes, '\0');  // hash of the last entry; zeros: none yet

    // Makes `entry` the next one: issues its sequence and hash.
    void append(AuditEntry& entry);
    // Moves on to `entry` if it is the next one, as it was appended. False: it is not, and the chain stays where it is.
    [[nodiscard]] bool follow(const AuditEntry& entry);

    friend bool operator==(const AuditChain&, const AuditChain&) = default;
};

}  // namespace posthaste
