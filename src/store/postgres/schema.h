#pragma once

// The schema of a posthaste database, and bringing an older one forward.

#include <cstdint>

#include "base/result.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {

inline constexpr std::int64_t kPostgresVersion = 1;

// Makes the tables, or brings them to the current version, under a lock: of several servers that start together one does it,
// the others find it done. Each step is a transaction of its own. Fails when the tables are of a newer posthaste.
[[nodiscard]] Result<void> migrate_postgres(PgConnection& connection);
// 0: there are no tables yet.
[[nodiscard]] Result<std::int64_t> postgres_version(PgConnection& connection);

}  // namespace posthaste
