#include "store/sqlite/audit_rows.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace posthaste {

namespace {

constexpr char kInsertEntry[] =
    "INSERT INTO audit(sequence, at, organization, actor, actor_name, address, action, object,"
    " before, after, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr char kLastEntry[] = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";

Result<AuditChain> read_chain(SqliteDatabase& database) {
    ASSIGN_OR_RETURN(auto last, database.prepare(kLastEntry));
    AuditChain chain;
    const int code = last.step();
    if (code == SQLITE_ROW) {
        chain.length = last.unsigned_integer(0);
        chain.head = last.bytes(1);
    } else if (code != SQLITE_DONE) {
        return std::unexpected(database.error(code, "read the end of the audit log"));
    }
    return chain;
}

int insert_entry(SqliteStatement& row, const AuditEntry& entry) {
    const std::string organization = id_bytes(entry.organization);
    row.bind(1, entry.sequence);
    row.bind(2, to_micros(entry.at));
    row.bind_blob(3, organization);
    row.bind_text(4, entry.actor);
    row.bind_text(5, entry.actor_name);
    row.bind_text(6, entry.address);
    row.bind_text(7, entry.action);
    row.bind_text(8, entry.object);
    row.bind_text(9, entry.before);
    row.bind_text(10, entry.after);
    row.bind_blob(11, entry.hash);
    return row.run();
}

AuditEntry read_entry(SqliteStatement& row) {
    AuditEntry entry;
    entry.sequence = row.unsigned_integer(0);
    entry.at = from_micros(row.integer(1));
    entry.organization = OrganizationId{read_id(row.bytes(2))};
    entry.actor = row.bytes(3);
    entry.actor_name = row.bytes(4);
    entry.address = row.bytes(5);
    entry.action = row.bytes(6);
    entry.object = row.bytes(7);
    entry.before = row.bytes(8);
    entry.after = row.bytes(9);
    entry.hash = row.bytes(10);
    return entry;
}

}  // namespace

Result<void> append_audit(SqliteDatabase& database, std::vector<AuditEntry>& entries) {
    if (entries.empty()) return {};
    ASSIGN_OR_RETURN(auto chain, read_chain(database));
    ASSIGN_OR_RETURN(auto row, database.prepare(kInsertEntry));
    for (AuditEntry& entry : entries) {
        chain.append(entry);
        if (const int code = insert_entry(row, entry); code != SQLITE_OK)
            return std::unexpected(database.error(code, "append to the audit log"));
    }
    return {};
}

std::string select_audit(const AuditQuery& query) {
    std::string sql =
        "SELECT sequence, at, organization, actor, actor_name, address, action, object, before,"
        " after, hash FROM audit WHERE true";
    if (query.organization) sql += " AND organization = ?1";
    if (query.above != 0) sql += " AND sequence > ?2";
    if (query.below != 0) sql += " AND sequence < ?3";
    if (query.actor) sql += " AND actor = ?4";
    if (query.action) sql += " AND (action = ?5 OR substr(action, 1, length(?5) + 1) = ?5 || '.')";
    if (query.object) sql += " AND object = ?6";
    if (query.since) sql += " AND at >= ?7";
    if (query.until) sql += " AND at < ?8";
    sql += query.newest_first ? " ORDER BY sequence DESC" : " ORDER BY sequence";
    return sql + " LIMIT ?9";
}

Result<void> read_audit(SqliteDatabase& database, const AuditQuery& query,
                        const std::function<bool(AuditEntry)>& take) {
    ASSIGN_OR_RETURN(auto rows, database.prepare(select_audit(query)));
    const std::string organization = id_bytes(query.organization.value_or(OrganizationId{}));
    // Binding a parameter that the text does not name is refused without harm.
    rows.bind_blob(1, organization);
    rows.bind(2, query.above);
    rows.bind(3, query.below);
    if (query.actor) rows.bind_text(4, *query.actor);
    if (query.action) rows.bind_text(5, *query.action);
    if (query.object) rows.bind_text(6, *query.object);
    if (query.since) rows.bind(7, to_micros(*query.since));
    if (query.until) rows.bind(8, to_micros(*query.until));
    rows.bind(9, static_cast<std::int64_t>(std::min<std::size_t>(query.limit, INT64_MAX)));
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW) {
        if (!take(read_entry(rows))) return {};
    }
    if (code != SQLITE_DONE) return std::unexpected(database.error(code, "read the audit log"));
    return {};
}

}  // namespace posthaste
