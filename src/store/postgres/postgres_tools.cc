#include "store/postgres/postgres_tools.h"

#include <utility>

#include "store/postgres/config_rows.h"
#include "store/postgres/schema.h"

namespace posthaste {

namespace {

// How many values of each kind a key has sealed; those that are only noted as well.
constexpr char kKeyUses[] =
    "SELECT key, sum(endpoints)::bigint, sum(records)::bigint, sum(partitions)::bigint FROM ("
    "SELECT id AS key, 0 AS endpoints, 0 AS records, 0 AS partitions FROM sealing_key"
    " UNION ALL SELECT encode(substr(sealed, 2, 8), 'hex'), 1, 0, 0 FROM endpoint"
    " UNION ALL SELECT encode(substr(sealed, 2, 8), 'hex'), 0, 1, 0 FROM record"
    " WHERE sealed IS NOT NULL"
    " UNION ALL SELECT encode(substr(data_key, 2, 8), 'hex'), 0, 0, 1 FROM log_partition"
    " WHERE data_key IS NOT NULL) uses GROUP BY key ORDER BY key";

}  // namespace

Result<void> PostgresConfigSource::connect() {
    if (connection_) return {};
    ASSIGN_OR_RETURN(auto connection, PgConnection::open(url_));
    ASSIGN_OR_RETURN(const auto version, postgres_version(connection));
    if (version != kPostgresVersion)
        return fail(ErrorCode::unavailable,
                    "The database has schema version " + std::to_string(version) +
                        ", this posthaste reads " + std::to_string(kPostgresVersion) +
                        ". A start of the server brings an older one forward.");
    connection_ = std::move(connection);
    return {};
}

Result<std::vector<Record>> PostgresConfigSource::read_records(const RecordQuery& query) {
    if (auto done = connect(); !done) return std::unexpected(std::move(done).error());
    return read_pg_records(*connection_, nullptr, query);
}

Result<std::vector<AuditEntry>> PostgresConfigSource::read_audit(const AuditQuery& query) {
    if (auto done = connect(); !done) return std::unexpected(std::move(done).error());
    return read_pg_audit(*connection_, query);
}

Result<SealingStatus> read_postgres_sealing(const std::string& url) {
    SealingStatus status;
    ASSIGN_OR_RETURN(auto connection, PgConnection::open(url));
    ASSIGN_OR_RETURN(const auto version, postgres_version(connection));
    if (version == 0) return status;
    ASSIGN_OR_RETURN(const auto rows, connection.query(kKeyUses));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto key = parse_sealing_key_id(rows.text(row, 0));
        if (!key) continue;
        status.keys.push_back(
            {*key, rows.number(row, 1), rows.number(row, 2), rows.number(row, 3)});
    }
    return status;
}

Result<void> migrate_postgres(const std::string& url) {
    ASSIGN_OR_RETURN(auto connection, PgConnection::open(url));
    return migrate_postgres(connection);
}

Result<PostgresState> read_postgres_state(const std::string& url) {
    PostgresState state;
    ASSIGN_OR_RETURN(auto connection, PgConnection::open(url));
    ASSIGN_OR_RETURN(state.schema_version, postgres_version(connection));
    ASSIGN_OR_RETURN(const auto server, connection.query("SHOW server_version"));
    ASSIGN_OR_RETURN(const auto fsync, connection.query("SHOW fsync"));
    state.server_version = server.text(0, 0);
    state.is_durable = fsync.text(0, 0) == "on";
    return state;
}

}  // namespace posthaste
