// Writing configuration; config_read.cc reads it.

#include <string>
#include <string_view>
#include <utility>

#include "ports/store_match.h"
#include "store/common/endpoint_secrets.h"
#include "store/postgres/config_rows.h"
#include "store/postgres/endpoint_fields.h"

namespace posthaste {

namespace {

constexpr char kEndpointRevision[] = "SELECT revision FROM endpoint WHERE id = $1";
constexpr char kPutEndpoint[] =
    "INSERT INTO endpoint(id, organization, application, uid, is_deleted, revision, details,"
    " sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET"
    " organization = $2, application = $3, uid = $4, is_deleted = $5, revision = $6, details = $7,"
    " sealed = $8";
constexpr char kRecordRevision[] = "SELECT revision FROM record WHERE kind = $1 AND id = $2";
constexpr char kDeleteRecord[] = "DELETE FROM record WHERE kind = $1 AND id = $2";
constexpr char kPutRecord[] =
    "INSERT INTO record(kind, id, organization, parent, name, label, expires_at, revision, body,"
    " sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (kind, id)"
    " DO UPDATE SET organization = $3, parent = $4, name = $5, label = $6, expires_at = $7,"
    " revision = $8, body = $9, sealed = $10";
constexpr char kLastEntry[] = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";
constexpr char kInsertEntry[] =
    "INSERT INTO audit(sequence, at, organization, actor, actor_name, address, action, object,"
    " before, after, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
constexpr char kReadKeys[] = "SELECT id FROM sealing_key";
constexpr char kNoteKey[] = "INSERT INTO sealing_key VALUES ($1) ON CONFLICT DO NOTHING";
// A sealed value names its key behind the first byte.
constexpr char kOtherEndpoints[] =
    "SELECT id, sealed FROM endpoint WHERE encode(substr(sealed, 2, 8), 'hex') <> $1 LIMIT $2";
constexpr char kResealEndpoint[] = "UPDATE endpoint SET sealed = $2 WHERE id = $1";
constexpr char kOtherRecords[] =
    "SELECT id, sealed, kind FROM record WHERE sealed IS NOT NULL"
    " AND encode(substr(sealed, 2, 8), 'hex') <> $1 LIMIT $2";
constexpr char kResealRecord[] = "UPDATE record SET sealed = $3 WHERE kind = $1 AND id = $2";

std::int64_t number_of(RecordKind kind) { return static_cast<std::int64_t>(kind); }

void add_text_or_null(PgParams& params, std::string_view text) {
    text.empty() ? params.add_null(PgType::text) : params.add_text(text);
}

// Fails when the stored revision (0: no row) is not the one that was read.
Result<void> check_revision(PgConnection& connection, const char* sql, const PgParams& key,
                            std::string_view what, std::uint64_t read) {
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql, key));
    const std::uint64_t stored = rows.rows() == 0 ? 0 : rows.number(0, 0);
    if (stored == read) return {};
    return fail(ErrorCode::conflict, "The " + std::string(what) + " changed: revision " +
                                         std::to_string(read) + " was read, " +
                                         std::to_string(stored) + " is stored. Read it again.");
}

Result<void> refused(PgConnection& connection, Error error, std::string taken) {
    if (connection.state() == pg_state::kUniqueViolation)
        return fail(ErrorCode::exists, std::move(taken));
    if (connection.state() == pg_state::kIndexRowTooLong)
        return fail(ErrorCode::invalid, "A name is too long for the database.");
    return std::unexpected(std::move(error));
}

Result<void> write(PgConnection& connection, Sealer& sealer, Endpoint& endpoint) {
    PgParams key;
    key.add(Id{endpoint.id});
    if (auto done =
            check_revision(connection, kEndpointRevision, key, "endpoint", endpoint.revision);
        !done)
        return done;
    ++endpoint.revision;
    PgParams row;
    row.add(Id{endpoint.id}).add(Id{endpoint.organization}).add(Id{endpoint.application});
    endpoint.uid ? row.add_text(*endpoint.uid) : row.add_null(PgType::text);
    row.add(endpoint.is_deleted).add(endpoint.revision).add_text(fields_of(endpoint));
    row.add_bytes(sealer.seal(secrets_of(endpoint), SealedPlace::of_endpoint(endpoint.id)));
    auto done = connection.execute(kPutEndpoint, row);
    if (done) return done;
    return refused(
        connection, std::move(done).error(),
        "Another endpoint of the application has the uid \"" + endpoint.uid.value_or("") + "\".");
}

Result<void> write(PgConnection& connection, Sealer& sealer, Record& record) {
    PgParams key;
    key.add(number_of(record.kind)).add(record.id);
    if (auto done = check_revision(connection, kRecordRevision, key, "object", record.revision);
        !done)
        return done;
    ++record.revision;
    if (record.is_deleted) return connection.execute(kDeleteRecord, key);
    PgParams row;
    row.add(number_of(record.kind)).add(record.id).add(Id{record.organization}).add(record.parent);
    add_text_or_null(row, record.name);
    add_text_or_null(row, record.label);
    row.add(record.expires_at).add(record.revision);
    if (bears_secrets(record.kind)) {
        const auto place = SealedPlace::of_record(record.kind, record.id);
        row.add_text({}).add_bytes(sealer.seal(record.body, place));
    } else {
        row.add_text(record.body).add_null(PgType::bytes);
    }
    auto done = connection.execute(kPutRecord, row);
    if (done) return done;
    return refused(connection, std::move(done).error(),
                   "The name \"" + record.name + "\" is taken.");
}

// The end of the chain is read every time, so that no failed or ambiguous commit can leave a wrong idea of it.
Result<void> append_audit(PgConnection& connection, std::vector<AuditEntry>& entries) {
    if (entries.empty()) return {};
    ASSIGN_OR_RETURN(const auto last, connection.query(kLastEntry));
    AuditChain chain;
    if (last.rows() != 0) {
        chain.length = last.number(0, 0);
        chain.head = last.bytes(0, 1);
    }
    for (AuditEntry& entry : entries) {
        chain.append(entry);
        PgParams row;
        row.add(entry.sequence).add(to_micros(entry.at)).add(Id{entry.organization});
        for (const std::string* text : {&entry.actor, &entry.actor_name, &entry.address,
                                        &entry.action, &entry.object, &entry.before, &entry.after})
            row.add_text(*text);
        row.add_bytes(entry.hash);
        if (auto done = connection.execute(kInsertEntry, row); !done) return done;
    }
    return {};
}

}  // namespace

// In the order given, so that a name which one object gives up is free for the next.
Result<void> write_pg_change(PgConnection& connection, Sealer& sealer, ConfigChange& change) {
    for (Endpoint& endpoint : change.endpoints) {
        if (auto done = write(connection, sealer, endpoint); !done) return done;
    }
    for (Record& record : change.records) {
        if (auto done = write(connection, sealer, record); !done) return done;
    }
    complete_audit(change);
    return append_audit(connection, change.audit);
}

// ---- keys ------------------------------------------------------------------------------------------------------------

Result<void> check_pg_keys(PgConnection& connection, const KeyRing& keys) {
    ASSIGN_OR_RETURN(const auto noted, connection.query(kReadKeys));
    for (int row = 0; row < noted.rows(); ++row) {
        const auto id = parse_sealing_key_id(noted.text(row, 0));
        if (id && !keys.has(*id)) return std::unexpected(missing_key(*id, "The database"));
    }
    PgParams primary;
    primary.add_text(to_hex(keys.primary()));
    return connection.execute(kNoteKey, primary);
}

Result<std::uint64_t> reseal_pg_endpoints(PgConnection& connection, Sealer& sealer,
                                          std::int64_t limit) {
    PgParams params;
    params.add_text(to_hex(sealer.keys()->primary())).add(limit);
    ASSIGN_OR_RETURN(const auto rows, connection.query(kOtherEndpoints, params));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto place = SealedPlace::of_endpoint(rows.id(row, 0));
        ASSIGN_OR_RETURN(const std::string text, sealer.open(rows.bytes(row, 1), place));
        PgParams sealed;
        sealed.add(rows.id(row, 0)).add_bytes(sealer.seal(text, place));
        if (auto done = connection.execute(kResealEndpoint, sealed); !done)
            return std::unexpected(std::move(done).error());
    }
    return static_cast<std::uint64_t>(rows.rows());
}

Result<std::uint64_t> reseal_pg_records(PgConnection& connection, Sealer& sealer,
                                        std::int64_t limit) {
    PgParams params;
    params.add_text(to_hex(sealer.keys()->primary())).add(limit);
    ASSIGN_OR_RETURN(const auto rows, connection.query(kOtherRecords, params));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto kind = static_cast<RecordKind>(rows.integer(row, 2));
        const auto place = SealedPlace::of_record(kind, rows.id(row, 0));
        ASSIGN_OR_RETURN(const std::string text, sealer.open(rows.bytes(row, 1), place));
        PgParams sealed;
        sealed.add(number_of(kind)).add(rows.id(row, 0)).add_bytes(sealer.seal(text, place));
        if (auto done = connection.execute(kResealRecord, sealed); !done)
            return std::unexpected(std::move(done).error());
    }
    return static_cast<std::uint64_t>(rows.rows());
}

}  // namespace posthaste
