#pragma once

// Configuration as rows: endpoints, records, the audit log, and the keys that seal them.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/sealing.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {

// ---- reading -----------------------------------------------------------------------------------------------------------

[[nodiscard]] Result<std::vector<Endpoint>> read_pg_endpoints(PgConnection& connection,
                                                              const Sealer& sealer);
// Without a sealer it must not be asked for records that bear secrets.
[[nodiscard]] Result<std::vector<Record>> read_pg_records(PgConnection& connection,
                                                          const Sealer* sealer,
                                                          const RecordQuery& query);
[[nodiscard]] Result<std::uint64_t> count_pg_records(PgConnection& connection,
                                                     const RecordQuery& query);
[[nodiscard]] Result<std::vector<AuditEntry>> read_pg_audit(PgConnection& connection,
                                                            const AuditQuery& query);

// ---- writing, in a transaction of the writer's --------------------------------------------------------------------------

// Stores all of it, in the order given, issuing revisions and the audit log's sequences and hashes. Ids are issued already.
[[nodiscard]] Result<void> write_pg_change(PgConnection& connection, Sealer& sealer,
                                           ConfigChange& change);

// Fails when something is sealed with a key that is not in the ring; otherwise the ring's first key is noted.
[[nodiscard]] Result<void> check_pg_keys(PgConnection& connection, const KeyRing& keys);

// Seals up to `limit` rows with the ring's first key that another one has sealed. Returns how many.
[[nodiscard]] Result<std::uint64_t> reseal_pg_endpoints(PgConnection& connection, Sealer& sealer,
                                                        std::int64_t limit);
[[nodiscard]] Result<std::uint64_t> reseal_pg_records(PgConnection& connection, Sealer& sealer,
                                                      std::int64_t limit);

}  // namespace posthaste
