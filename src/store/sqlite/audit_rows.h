#pragma once

// The audit log as rows of posthaste.db.

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/audit.h"
#include "ports/store.h"
#include "store/sqlite/database.h"

namespace posthaste {

// Appends the entries to the chain that the table holds, issuing sequences and hashes. The end of the chain is read from the
// table every time, so that no failed or ambiguous commit can leave a wrong idea of it. REQUIRES: a write transaction.
[[nodiscard]] Result<void> append_audit(SqliteDatabase& database, std::vector<AuditEntry>& entries);

// Calls take(entry) for every entry that fits, in the query's order, from one snapshot of the database, until it says false.
[[nodiscard]] Result<void> read_audit(SqliteDatabase& database, const AuditQuery& query,
                                      const std::function<bool(AuditEntry)>& take);

// The text of the query's statement.
[[nodiscard]] std::string select_audit(const AuditQuery& query);

}  // namespace posthaste
