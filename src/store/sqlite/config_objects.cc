// Changes of endpoints and records; config_file.cc opens the file.

#include <string>
#include <string_view>

#include "ports/store_match.h"
#include "store/sqlite/audit_rows.h"
#include "store/sqlite/config_endpoint.h"
#include "store/sqlite/config_file.h"

namespace posthaste {

namespace {

constexpr char kInsertRecord[] =
    "INSERT INTO record(id, kind, organization, parent, name, expires_at, revision, body, label,"
    " sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

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

}  // namespace

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
    ASSIGN_OR_RETURN(const int code, insert_endpoint(*database_, *sealer_, endpoint));
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
    return record.is_deleted ? Result<void>() : insert(record);
}

Result<void> ConfigFile::insert(const Record& record) {
    const std::string id = id_bytes(record.id);
    const std::string organization = id_bytes(record.organization);
    const std::string parent = id_bytes(record.parent);
    ASSIGN_OR_RETURN(auto row, database_->prepare(kInsertRecord));
    row.bind_blob(1, id);
    row.bind(2, static_cast<std::int64_t>(record.kind));
    row.bind_blob(3, organization);
    row.bind_blob(4, parent);
    if (!record.name.empty()) row.bind_text(5, record.name);
    if (record.expires_at) row.bind(6, to_micros(*record.expires_at));
    row.bind(7, record.revision);
    std::string sealed;
    if (bears_secrets(record.kind)) {
        sealed = sealer_->seal(record.body, SealedPlace::of_record(record.kind, record.id));
        row.bind_blob(10, sealed);
    }
    row.bind_text(8, sealed.empty() ? record.body : std::string_view{});
    if (!record.label.empty()) row.bind_text(9, record.label);
    const int code = row.run();
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return fail(ErrorCode::exists, "The name \"" + record.name + "\" is taken.");
    if (code != SQLITE_OK) return std::unexpected(database_->error(code, "store an object"));
    return {};
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
