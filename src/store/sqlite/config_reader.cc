#include "store/sqlite/config_reader.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "ports/store_match.h"
#include "store/sqlite/audit_rows.h"
#include "store/sqlite/config_file.h"

namespace posthaste {

namespace {

// Whose parameters bind_conditions() binds.
std::string conditions(const RecordQuery& query) {
    std::string sql = " FROM record WHERE kind = ?1";
    if (query.organization) sql += " AND organization = ?2";
    // What belongs to the organization itself is found by organization: all of them have the same parent.
    const bool is_by_organization = query.parent && query.parent->is_nil() && !query.name;
    if (query.parent) sql += is_by_organization ? " AND +parent = ?3" : " AND parent = ?3";
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
    return "SELECT id, kind, organization, parent, name, expires_at, revision, body, label,"
           " sealed" +
           conditions(query) + (query.newest_first ? " ORDER BY id DESC" : " ORDER BY id") +
           " LIMIT ?10 OFFSET ?11";
}

std::string select_record_count(const RecordQuery& query) {
    return "SELECT count(*)" + conditions(query);
}

Result<void> ConfigReader::open() {
    if (database_) return {};
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(path_, SqliteAccess::read, vfs_));
    ASSIGN_OR_RETURN(const auto version, database.query_integer("PRAGMA user_version"));
    if (version != static_cast<std::int64_t>(kConfigVersion))
        return fail(ErrorCode::unavailable,
                    path_ + " has schema version " + std::to_string(version) +
                        ", this posthaste reads " + std::to_string(kConfigVersion) +
                        ". A start of the server brings an older file forward.");
    database_ = std::make_unique<SqliteDatabase>(std::move(database));
    return {};
}

// The next question starts with a new connection.
Error ConfigReader::failed(int code, std::string_view doing) {
    Error error = database_->error(code, doing);
    database_.reset();
    return error;
}

Result<Record> ConfigReader::read_record(SqliteStatement& row) {
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
    if (!bears_secrets(record.kind)) return record;
    ASSERT(sealer_ != nullptr);
    auto body = sealer_->open(row.bytes(9), SealedPlace::of_record(record.kind, record.id));
    if (body) {
        record.body = *std::move(body);
        return record;
    }
    Error error = std::move(body).error();
    error.message =
        "Cannot read the object " + to_uuid(record.id) + " in " + path_ + ". " + error.message;
    return std::unexpected(std::move(error));
}

Result<std::vector<Record>> ConfigReader::read_records(const RecordQuery& query) {
    if (auto done = open(); !done) return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(auto rows, database_->prepare(select_records(query)));
    const Parameters bytes(query);
    bind_conditions(rows, query, bytes);
    rows.bind(10, clamped(query.limit));
    rows.bind(11, clamped(query.skip));
    std::vector<Record> records;
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW) {
        ASSIGN_OR_RETURN(auto record, read_record(rows));
        records.push_back(std::move(record));
    }
    if (code != SQLITE_DONE) return std::unexpected(failed(code, "read objects"));
    return records;
}

Result<std::uint64_t> ConfigReader::count_records(const RecordQuery& query) {
    if (auto done = open(); !done) return std::unexpected(std::move(done).error());
    const RecordQuery all = without_bounds(query);
    ASSIGN_OR_RETURN(auto row, database_->prepare(select_record_count(all)));
    const Parameters bytes(all);
    bind_conditions(row, all, bytes);
    if (const int code = row.step(); code != SQLITE_ROW)
        return std::unexpected(failed(code, "count objects"));
    return row.unsigned_integer(0);
}

Result<std::vector<AuditEntry>> ConfigReader::read_audit(const AuditQuery& query) {
    if (auto done = open(); !done) return std::unexpected(std::move(done).error());
    std::vector<AuditEntry> entries;
    auto done = posthaste::read_audit(*database_, query, [&](AuditEntry entry) {
        entries.push_back(std::move(entry));
        return true;
    });
    if (!done) {
        database_.reset();
        return std::unexpected(std::move(done).error());
    }
    return entries;
}

Result<std::vector<std::int64_t>> ConfigReader::rows_to_reseal(SealedTable table,
                                                               std::int64_t after,
                                                               SealingKeyId primary,
                                                               std::size_t limit) {
    if (auto done = open(); !done) return std::unexpected(std::move(done).error());
    auto rows = posthaste::rows_to_reseal(*database_, table, after, primary, limit);
    if (!rows) database_.reset();
    return rows;
}

}  // namespace posthaste
