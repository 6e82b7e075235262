#include "store/sqlite/log_rewrite.h"

#include "store/sqlite/database.h"
#include "store/sqlite/log_file.h"

namespace posthaste {

namespace {

constexpr char kCopy[] =
#include "log_rewrite.sql.inc"
    ;

// Into temp.keep. `schema` is where the file is attached.
Result<void> collect(SqliteDatabase& database, const std::string& schema, Timestamp dead_limit) {
    if (auto done = database.execute("CREATE TEMP TABLE keep(event INTEGER PRIMARY KEY)"); !done)
        return done;
    constexpr auto kDead = static_cast<int>(DeliveryState::dead);
    return database.execute("INSERT OR IGNORE INTO temp.keep SELECT event FROM " + schema +
                            ".parked; INSERT OR IGNORE INTO temp.keep SELECT event FROM " + schema +
                            ".ending WHERE state = " + std::to_string(kDead) + " AND at > " +
                            std::to_string(to_micros(dead_limit)));
}

}  // namespace

Result<Stragglers> find_stragglers(const LogPartition& partition, Timestamp dead_limit,
                                   const std::string& vfs) {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(partition.path, SqliteAccess::write, vfs));
    if (auto done = database.execute("PRAGMA temp_store=MEMORY"); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = collect(database, "main", dead_limit); !done)
        return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(const auto events, database.query_integer("SELECT count(*) FROM temp.keep"));
    ASSIGN_OR_RETURN(
        const auto payloads,
        database.query_integer(
            "SELECT coalesce(sum(length(payload) + length(targets) + 100), 0) FROM event"
            " WHERE hi IN (SELECT event FROM temp.keep)"));
    ASSIGN_OR_RETURN(
        const auto attempts,
        database.query_integer("SELECT coalesce(sum(length(response) + 120 +"
                               " coalesce(length(sealed_response), 0) +"
                               " coalesce(length(response_headers), 0)), 0) FROM attempt"
                               " WHERE event IN (SELECT event FROM temp.keep)"));
    ASSIGN_OR_RETURN(const auto file,
                     database.query_integer("SELECT page_count * page_size"
                                            " FROM pragma_page_count, pragma_page_size"));
    return Stragglers{static_cast<std::uint64_t>(events),
                      static_cast<std::uint64_t>(payloads + attempts),
                      static_cast<std::uint64_t>(file)};
}

Result<void> copy_stragglers(const LogPartition& partition, Timestamp dead_limit,
                             const std::string& path, const std::string& vfs) {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(path, SqliteAccess::create, vfs));
    if (auto done = migrate_log(database); !done) return done;
    if (auto done = database.execute("PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY"); !done)
        return done;
    ASSIGN_OR_RETURN(auto attach, database.prepare("ATTACH ?1 AS old"));
    attach.bind_text(1, partition.path);
    if (const int code = attach.run(); code != SQLITE_OK)
        return std::unexpected(database.error(code, "rewrite"));
    // One transaction from here: what is kept and the counters belong to one snapshot.
    if (auto done = database.execute("BEGIN"); !done) return done;
    auto done = collect(database, "old", dead_limit);
    if (done) done = database.execute(kCopy);
    if (done) done = database.execute("COMMIT");
    return done;
}

}  // namespace posthaste
