// Reading configuration; config_write.cc writes it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "ports/store_match.h"
#include "store/common/endpoint_secrets.h"
#include "store/postgres/config_rows.h"
#include "store/postgres/endpoint_fields.h"

namespace posthaste {

namespace {

constexpr char kReadEndpoints[] =
    "SELECT id, organization, application, uid, is_deleted, revision, details, sealed FROM endpoint"
    " ORDER BY id";

Result<Endpoint> read_endpoint(const PgResult& rows, int row, const Sealer& sealer) {
    Endpoint endpoint;
    endpoint.id = EndpointId{rows.id(row, 0)};
    endpoint.organization = OrganizationId{rows.id(row, 1)};
    endpoint.application = ApplicationId{rows.id(row, 2)};
    endpoint.uid = rows.optional_text(row, 3);
    endpoint.is_deleted = rows.boolean(row, 4);
    endpoint.revision = rows.number(row, 5);
    auto secrets = sealer.open(rows.bytes(row, 7), SealedPlace::of_endpoint(endpoint.id));
    if (secrets && read_fields(rows.text(row, 6), endpoint) && read_secrets(*secrets, endpoint))
        return endpoint;
    Error error =
        secrets ? Error{ErrorCode::corrupt, "Its row is damaged."} : std::move(secrets).error();
    error.message = "Cannot read the endpoint " + to_uuid(endpoint.id) + ". " + error.message;
    return std::unexpected(std::move(error));
}

// A query's conditions, and the parameters they name.
struct Conditions {
    std::string sql;
    PgParams params;
    int count = 0;

    // `text` has a ? where the parameter goes.
    template <class Add>
    void add(std::string text, Add add_parameter) {
        text.replace(text.find('?'), 1, "$" + std::to_string(++count));
        sql += (count == 1 ? " WHERE " : " AND ") + text;
        add_parameter(params);
    }
    void add_id(const char* text, Id id) {
        add(text, [&](PgParams& to) { to.add(id); });
    }
    void add_text(const char* text, std::string_view value) {
        add(text, [&](PgParams& to) { to.add_text(value); });
    }
    void add_number(const char* text, std::int64_t number) {
        add(text, [&](PgParams& to) { to.add(number); });
    }
};

std::int64_t clamped(std::uint64_t count) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

// record_by_name, record_by_label, record_by_parent, record_by_kind or the primary key.
Conditions conditions_of(const RecordQuery& query) {
    Conditions where;
    where.add_number("kind = ?", static_cast<std::int64_t>(query.kind));
    if (query.organization) where.add_id("organization = ?", *query.organization);
    if (query.parent) where.add_id("parent = ?", *query.parent);
    if (query.name && query.name->empty()) where.sql += " AND name IS NULL";
    if (query.name && !query.name->empty()) where.add_text("name = ?", *query.name);
    if (query.label && query.label->empty()) where.sql += " AND label IS NULL";
    if (query.label && !query.label->empty()) where.add_text("label = ?", *query.label);
    // In the locale C lower() knows the letters of ASCII only.
    if (!query.name_contains.empty())
        where.add_text("strpos(lower(name COLLATE \"C\"), ?) > 0", to_lower(query.name_contains));
    if (query.id) where.add_id("id = ?", *query.id);
    if (!query.above.is_nil()) where.add_id("id > ?", query.above);
    if (!query.below.is_nil()) where.add_id("id < ?", query.below);
    return where;
}

Result<Record> read_record(const PgResult& rows, int row, const Sealer* sealer) {
    Record record;
    record.id = rows.id(row, 0);
    record.kind = static_cast<RecordKind>(rows.integer(row, 1));
    record.organization = OrganizationId{rows.id(row, 2)};
    record.parent = rows.id(row, 3);
    record.name = rows.optional_text(row, 4).value_or("");
    record.label = rows.optional_text(row, 5).value_or("");
    record.expires_at = rows.optional_time(row, 6);
    record.revision = rows.number(row, 7);
    if (!bears_secrets(record.kind)) {
        record.body = rows.text(row, 8);
        return record;
    }
    ASSERT(sealer != nullptr);
    auto body = sealer->open(rows.bytes(row, 9), SealedPlace::of_record(record.kind, record.id));
    if (body) {
        record.body = *std::move(body);
        return record;
    }
    Error error = std::move(body).error();
    error.message = "Cannot read the object " + to_uuid(record.id) + ". " + error.message;
    return std::unexpected(std::move(error));
}

// audit: primary key, or one of its indexes.
Conditions conditions_of(const AuditQuery& query) {
    Conditions where;
    where.add_number("sequence > ?", clamped(query.above));
    if (query.organization) where.add_id("organization = ?", *query.organization);
    if (query.below != 0) where.add_number("sequence < ?", clamped(query.below));
    if (query.actor) where.add_text("actor = ?", *query.actor);
    if (query.action) {
        where.add_text("(action = ?", *query.action);
        const std::string place = "$" + std::to_string(where.count);
        where.sql += " OR starts_with(action, " + place + " || '.'))";
    }
    if (query.object) where.add_text("object = ?", *query.object);
    if (query.since) where.add_number("at >= ?", to_micros(*query.since));
    if (query.until) where.add_number("at < ?", to_micros(*query.until));
    return where;
}

AuditEntry read_entry(const PgResult& rows, int row) {
    AuditEntry entry;
    entry.sequence = rows.number(row, 0);
    entry.at = rows.time(row, 1);
    entry.organization = OrganizationId{rows.id(row, 2)};
    entry.actor = rows.text(row, 3);
    entry.actor_name = rows.text(row, 4);
    entry.address = rows.text(row, 5);
    entry.action = rows.text(row, 6);
    entry.object = rows.text(row, 7);
    entry.before = rows.text(row, 8);
    entry.after = rows.text(row, 9);
    entry.hash = rows.bytes(row, 10);
    return entry;
}

}  // namespace

Result<std::vector<Endpoint>> read_pg_endpoints(PgConnection& connection, const Sealer& sealer) {
    ASSIGN_OR_RETURN(const auto rows, connection.query(kReadEndpoints));
    std::vector<Endpoint> endpoints;
    endpoints.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row) {
        ASSIGN_OR_RETURN(auto endpoint, read_endpoint(rows, row, sealer));
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

Result<std::vector<Record>> read_pg_records(PgConnection& connection, const Sealer* sealer,
                                            const RecordQuery& query) {
    Conditions where = conditions_of(query);
    where.params.add(clamped(query.limit)).add(clamped(query.skip));
    const std::string sql =
        "SELECT id, kind, organization, parent, name, label, expires_at, revision, body, sealed"
        " FROM record" +
        where.sql + (query.newest_first ? " ORDER BY id DESC" : " ORDER BY id") + " LIMIT $" +
        std::to_string(where.count + 1) + " OFFSET $" + std::to_string(where.count + 2);
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql.c_str(), where.params));
    std::vector<Record> records;
    for (int row = 0; row < rows.rows(); ++row) {
        ASSIGN_OR_RETURN(auto record, read_record(rows, row, sealer));
        records.push_back(std::move(record));
    }
    return records;
}

Result<std::uint64_t> count_pg_records(PgConnection& connection, const RecordQuery& query) {
    const Conditions where = conditions_of(without_bounds(query));
    const std::string sql = "SELECT count(*) FROM record" + where.sql;
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql.c_str(), where.params));
    return rows.number(0, 0);
}

Result<std::vector<AuditEntry>> read_pg_audit(PgConnection& connection, const AuditQuery& query) {
    Conditions where = conditions_of(query);
    where.params.add(clamped(query.limit));
    const std::string sql =
        "SELECT sequence, at, organization, actor, actor_name, address, action, object, before,"
        " after, hash FROM audit" +
        where.sql + (query.newest_first ? " ORDER BY sequence DESC" : " ORDER BY sequence") +
        " LIMIT $" + std::to_string(where.count + 1);
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql.c_str(), where.params));
    std::vector<AuditEntry> entries;
    for (int row = 0; row < rows.rows(); ++row) entries.push_back(read_entry(rows, row));
    return entries;
}

}  // namespace posthaste
