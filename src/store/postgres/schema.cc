#include "store/postgres/schema.h"

#include <iterator>
#include <string>

namespace posthaste {

namespace {

constexpr char kSchema[] =
#include "postgres_1.sql.inc"
    ;
constexpr const char* kMigrations[] = {kSchema};
static_assert(std::size(kMigrations) == kPostgresVersion);

constexpr char kMakeVersion[] =
    "CREATE TABLE IF NOT EXISTS schema_version(id integer PRIMARY KEY CHECK (id = 1),"
    " version bigint NOT NULL)";
constexpr char kLock[] = "LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE";
constexpr char kReadVersion[] = "SELECT coalesce(max(version), 0)::bigint FROM schema_version";
constexpr char kWriteVersion[] =
    "INSERT INTO schema_version VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = $1";

// Of two sessions that make the table at the same moment one meets the other's rows in the catalogue.
bool is_made_by_another(const PgConnection& connection) {
    const std::string& state = connection.state();
    return state == pg_state::kUniqueViolation || state == pg_state::kDuplicateObject ||
           state == pg_state::kDuplicateTable;
}

Result<std::int64_t> read_version(PgConnection& connection) {
    ASSIGN_OR_RETURN(const auto row, connection.query(kReadVersion));
    return row.integer(0, 0);
}

// One step, in the transaction that holds the lock. False: nothing is left to do.
Result<bool> step(PgConnection& connection) {
    if (auto locked = connection.execute(kLock); !locked)
        return std::unexpected(std::move(locked).error());
    ASSIGN_OR_RETURN(const std::int64_t version, read_version(connection));
    if (version > kPostgresVersion)
        return fail(ErrorCode::unavailable,
                    "The database has schema version " + std::to_string(version) +
                        ", this posthaste knows " + std::to_string(kPostgresVersion) +
                        ". Use the posthaste that wrote it, or a newer one.");
    if (version == kPostgresVersion) return false;
    if (auto done = connection.run_script(kMigrations[version]); !done)
        return std::unexpected(std::move(done).error());
    PgParams next;
    next.add(version + 1);
    if (auto done = connection.execute(kWriteVersion, next); !done)
        return std::unexpected(std::move(done).error());
    return true;
}

}  // namespace

Result<std::int64_t> postgres_version(PgConnection& connection) {
    auto version = read_version(connection);
    if (!version && connection.state() == pg_state::kUndefinedTable) return 0;
    return version;
}

Result<void> migrate_postgres(PgConnection& connection) {
    ASSIGN_OR_RETURN(std::int64_t version, postgres_version(connection));
    if (version == kPostgresVersion) return {};
    if (auto made = connection.execute(kMakeVersion); !made && !is_made_by_another(connection))
        return made;
    for (bool is_done = false; !is_done;) {
        if (auto begun = connection.execute("BEGIN"); !begun) return begun;
        auto stepped = step(connection);
        Result<void> done;
        if (!stepped) done = std::unexpected(stepped.error());
        if (auto ended = connection.end(std::move(done)); !ended) return ended;
        is_done = !*stepped;
    }
    return {};
}

}  // namespace posthaste
