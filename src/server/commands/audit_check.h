#pragma once

// What `posthaste audit` finds out about the audit log of a database. A server may run on it meanwhile: the log
// only grows, so that pages of it read one after the other are one whole.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "domain/audit.h"
#include "ports/store.h"
#include "store/common/config_source.h"

namespace posthaste {

// Calls take(entry) for every entry that fits, in the query's order, however many there are.
[[nodiscard]] Result<void> for_each_entry(ConfigSource& reader, AuditQuery query,
                                          const std::function<void(const AuditEntry&)>& take);

struct AuditCheck {
    AuditChain chain;  // as far as it holds
    // The first entry that does not follow from those before it: it was changed, removed or moved, or one of them was.
    std::optional<std::uint64_t> misfit;
    bool has_head = true;  // the head that was asked for is, or was, the chain's
};
// Walks the chain from its first entry. `head`: a hash that must be one of the chain's, whose last entry it once was.
[[nodiscard]] Result<AuditCheck> check_audit(ConfigSource& reader,
                                             const std::optional<std::string>& head);

// Organizations by name, which entries know by id.
using OrganizationNames = std::map<OrganizationId, std::string>;
[[nodiscard]] Result<OrganizationNames> read_organizations(ConfigSource& reader);

// The entry as one line of JSON, without its end; before and after are objects or null.
[[nodiscard]] std::string audit_line(const AuditEntry& entry, const OrganizationNames& names);

}  // namespace posthaste
