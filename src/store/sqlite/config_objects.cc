// Changes of endpoints and records, and reading records and the audit log; config_file.cc opens the file.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "ports/store_match.h"
#include "store/sqlite/audit_rows.h"
#include "store/sqlite/config_endpoint.h"
#include "store/sqlite/config_file.h"

namespace posthaste {

namespace {

constexpr char kInsertRecord[] =
    "INSERT INTO record(id, kind, organization, parent, name, expires_at, revision, body, label)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

std::string id_bytes(Id id) {
    std::string bytes;
    append_id(bytes, id);
    return bytes;
}

Error moved_on(std::string_view what, std::uint64_t read, std::uint64_t stored) {
    return Error{ErrorCode::conflict, "The " + std::string(what) + " changed: revision " +
                                          std::to_string(read) + " was read, " +
                                          std::to_string(stored) + " is stored. Read it again."};
}

// 0 when there is no row. `select` yields the revision.
Result<std::uint64_t> revision_of(SqliteDatabase& database, SqliteStatement& select) {
    const SqliteCursor cursor(select);
    const int code = select.step();
    if (code == SQLITE_ROW) return select.unsigned_integer(0);
    if (code == SQLITE_DONE) return std::uint64_t{0};
    return std::unexpected(database.error(code, "read a revision"));
}

Record read_record(SqliteStatement& row) {
    Record record;
    record.id = read_id(row.bytes(0));
    record.kind = static_cast<RecordKind>(row.integer(1));
    record.organization = OrganizationId{read_id(row.bytes(2))};
    record.parent = read_id(row.bytes(3));
    record.name = row.bytes(4);
    if (!row.is_null(5)) record.expires_at = from_micros(row.integer(5));
    record.revision = row.unsigned_integer(6);
    record.body = row.bytes(7);
    record.label = row.bytes(8);
    return record;
}

// Whose parameters bind_conditions() binds.
std::string conditions(const RecordQuery& query) {
    std::string sql = " FROM record WHERE kind = ?1";
    if (query.organization) sql += " AND organization = ?2";
    if (query.parent) sql += " AND parent = ?3";
    if (query.name) sql += query.name->empty() ? " AND name IS NULL" : " AND name = ?4";
    if (query.label) sql += query.label->empty() ? " AND label IS NULL" : " AND label = ?5";
    if (!query.name_contains.empty()) sql += " AND instr(lower(name), ?6) > 0";
    if (query.id) sql += " AND id = ?7";
    if (!query.above.is_nil()) sql += " AND id > ?8";
    if (!query.below.is_nil()) sql += " AND id < ?9";
    return sql;
}

// The bytes that a query's parameters refer to while its statement runs.
struct Parameters {
    explicit Parameters(const RecordQuery& query)
        : organization(id_bytes(query.organization.value_or(OrganizationId{}))),
          parent(id_bytes(query.parent.value_or(Id{}))),
          name_contains(to_lower(query.name_contains)),
          id(id_bytes(query.id.value_or(Id{}))),
          above(id_bytes(query.above)),
          below(id_bytes(query.below)) {}

    std::string organization, parent, name_contains, id, above, below;
};

// Binding a parameter that the text does not name is refused without harm.
void bind_conditions(SqliteStatement& rows, const RecordQuery& query, const Parameters& bytes) {
    rows.bind(1, static_cast<std::int64_t>(query.kind));
    rows.bind_blob(2, bytes.organization);
    rows.bind_blob(3, bytes.parent);
    if (query.name) rows.bind_text(4, *query.name);
    if (query.label) rows.bind_text(5, *query.label);
    rows.bind_text(6, bytes.name_contains);
    rows.bind_blob(7, bytes.id);
    rows.bind_blob(8, bytes.above);
    rows.bind_blob(9, bytes.below);
}

std::int64_t clamped(std::size_t count) {
    return static_cast<std::int64_t>(std::min<std::size_t>(count, INT64_MAX));
}

}  // namespace

std::string select_records(const RecordQuery& query) {
    return "SELECT id, kind, organization, parent, name, expires_at, revision, body, label" +
           conditions(query) + (query.newest_first ? " ORDER BY id DESC" : " ORDER BY id") +
           " LIMIT ?10 OFFSET ?11";
}

std::string select_record_count(const RecordQuery& query) {
    return "SELECT count(*)" + conditions(query);
}

Result<ConfigChange> ConfigFile::change(ConfigChange change, std::uint64_t newest_id) {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun)
        return std::unexpected(std::move(begun).error());
    if (auto done = finish(write(change, newest_id)); !done)
        return std::unexpected(std::move(done).error());
    return change;
}

// In the order given, so that a name which one object gives up is free for the next.
Result<void> ConfigFile::write(ConfigChange& change, std::uint64_t newest_id) {
    for (Endpoint& endpoint : change.endpoints) {
        if (auto done = write(endpoint); !done) return done;
    }
    for (Record& record : change.records) {
        if (auto done = write(record); !done) return done;
    }
    complete_audit(change);
    if (auto done = append_audit(*database_, change.audit); !done) return done;
    ASSIGN_OR_RETURN(auto floor,
                     database_->prepare("UPDATE total SET id_floor = max(id_floor, ?1)"));
    floor.bind(1, newest_id);
    if (const int code = floor.run(); code != SQLITE_OK)
        return std::unexpected(database_->error(code, "store the newest id"));
    return {};
}

Result<void> ConfigFile::write(Endpoint& endpoint) {
    ASSIGN_OR_RETURN(auto select,
                     database_->prepare("SELECT revision FROM endpoint WHERE hi = ?1"));
    ASSIGN_OR_RETURN(auto remove, database_->prepare("DELETE FROM endpoint WHERE hi = ?1"));
    select.bind(1, endpoint.id.hi);
    ASSIGN_OR_RETURN(const auto stored, revision_of(*database_, select));
    if (stored != endpoint.revision)
        return std::unexpected(moved_on("endpoint", endpoint.revision, stored));
    ++endpoint.revision;
    remove.bind(1, endpoint.id.hi);
    if (const int code = remove.run(); code != SQLITE_OK)
        return std::unexpected(database_->error(code, "replace an endpoint"));
    ASSIGN_OR_RETURN(const int code, insert_endpoint(*database_, endpoint));
    if (code == SQLITE_CONSTRAINT_UNIQUE && endpoint.uid)
        return fail(ErrorCode::exists,
                    "Another endpoint of the application has the uid \"" + *endpoint.uid + "\".");
    if (code != SQLITE_OK) return std::unexpected(database_->error(code, "store an endpoint"));
    return {};
}

Result<void> ConfigFile::write(Record& record) {
    const std::string id = id_bytes(record.id);
    const auto kind = static_cast<std::int64_t>(record.kind);
    ASSIGN_OR_RETURN(auto select,
                     database_->prepare("SELECT revision FROM record WHERE kind = ?1 AND id = ?2"));
    ASSIGN_OR_RETURN(auto remove,
                     database_->prepare("DELETE FROM record WHERE kind = ?1 AND id = ?2"));
    select.bind(1, kind);
    select.bind_blob(2, id);
    ASSIGN_OR_RETURN(const auto stored, revision_of(*database_, select));
    if (stored != record.revision)
        return std::unexpected(moved_on("object", record.revision, stored));
    ++record.revision;
    remove.bind(1, kind);
    remove.bind_blob(2, id);
    if (const int code = remove.run(); code != SQLITE_OK)
        return std::unexpected(database_->error(code, "replace an object"));
    if (record.is_deleted) return {};

    const std::string organization = id_bytes(record.organization);
    const std::string parent = id_bytes(record.parent);
    ASSIGN_OR_RETURN(auto row, database_->prepare(kInsertRecord));
    row.bind_blob(1, id);
    row.bind(2, kind);
    row.bind_blob(3, organization);
    row.bind_blob(4, parent);
    if (!record.name.empty()) row.bind_text(5, record.name);
    if (record.expires_at) row.bind(6, to_micros(*record.expires_at));
    row.bind(7, record.revision);
    row.bind_text(8, record.body);
    if (!record.label.empty()) row.bind_text(9, record.label);
    const int code = row.run();
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return fail(ErrorCode::exists, "The name \"" + record.name + "\" is taken.");
    if (code != SQLITE_OK) return std::unexpected(database_->error(code, "store an object"));
    return {};
}

Result<std::vector<Record>> ConfigFile::read_records(const RecordQuery& query) {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(auto rows, database_->prepare(select_records(query)));
    const Parameters bytes(query);
    bind_conditions(rows, query, bytes);
    rows.bind(10, clamped(query.limit));
    rows.bind(11, clamped(query.skip));
    std::vector<Record> records;
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW) records.push_back(read_record(rows));
    if (code != SQLITE_DONE) return std::unexpected(database_->error(code, "read objects"));
    return records;
}

Result<std::uint64_t> ConfigFile::count_records(const RecordQuery& query) {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    const RecordQuery all = without_bounds(query);
    ASSIGN_OR_RETURN(auto row, database_->prepare(select_record_count(all)));
    const Parameters bytes(all);
    bind_conditions(row, all, bytes);
    if (const int code = row.step(); code != SQLITE_ROW)
        return std::unexpected(database_->error(code, "count objects"));
    return row.unsigned_integer(0);
}

Result<std::vector<AuditEntry>> ConfigFile::read_audit(const AuditQuery& query) {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    std::vector<AuditEntry> entries;
    auto done = posthaste::read_audit(*database_, query, [&](AuditEntry entry) {
        entries.push_back(std::move(entry));
        return true;
    });
    if (!done) return std::unexpected(std::move(done).error());
    return entries;
}

Result<void> ConfigFile::expire_records(Timestamp now) {
    if (auto done = reconnect(); !done) return done;
    ASSIGN_OR_RETURN(auto remove, database_->prepare("DELETE FROM record WHERE expires_at <= ?1"));
    remove.bind(1, to_micros(now));
    if (const int code = remove.run(); code != SQLITE_OK)
        return std::unexpected(database_->error(code, "delete expired objects"));
    return {};
}

}  // namespace posthaste
