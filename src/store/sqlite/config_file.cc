#include "store/sqlite/config_file.h"

#include <iterator>
#include <span>

#include "store/sqlite/config_endpoint.h"

namespace posthaste {

namespace {

constexpr char kSchema[] =
#include "config_schema.sql.inc"
    ;
constexpr char kNative[] =
#include "config_2.sql.inc"
    ;
constexpr char kAccounts[] =
#include "config_3.sql.inc"
    ;
constexpr char kSealing[] =
#include "config_4.sql.inc"
    ;
constexpr char kSearch[] =
#include "config_5.sql.inc"
    ;
constexpr const char* kMigrations[] = {kSchema, kNative, kAccounts, kSealing, kSearch};
static_assert(std::size(kMigrations) == kConfigVersion);

// What is deleted is overwritten: a secret's end is its end. Changes here are rare enough to pay for it.
Result<SqliteDatabase> open_database(const SqliteOptions& options, Sealer& sealer) {
    ASSIGN_OR_RETURN(auto database,
                     SqliteDatabase::open(config_path(options), SqliteAccess::create, options.vfs));
    if (auto done = database.execute(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            " PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1024");
        !done) {
        return std::unexpected(std::move(done).error());
    }
    if (auto done = register_sealing(database, sealer); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = migrate_config(database); !done)
        return std::unexpected(std::move(done).error());
    return database;
}

}  // namespace

Result<void> migrate_config(SqliteDatabase& database, std::size_t version) {
    return database.migrate(std::span(kMigrations).first(version));
}

Result<ConfigFile> ConfigFile::open(const SqliteOptions& options, Sealer& sealer) {
    ASSIGN_OR_RETURN(auto database, open_database(options, sealer));
    if (auto done = check_keys(database, *sealer.keys()); !done)
        return std::unexpected(std::move(done).error());
    return ConfigFile(std::move(database), options, sealer);
}

Result<void> ConfigFile::reconnect() {
    if (database_) return {};
    ASSIGN_OR_RETURN(auto database, open_database(*options_, *sealer_));
    // As with a log file: what the log holds is brought to disk once more before anything is built on it.
    const int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected(database.error(code, "checkpoint"));
    database_ = std::make_unique<SqliteDatabase>(std::move(database));
    return {};
}

// Ends a transaction: COMMIT, or ROLLBACK when `done` is a failure. A failed COMMIT leaves open what happened.
Result<void> ConfigFile::finish(Result<void> done) {
    if (!done) {
        static_cast<void>(database_->execute("ROLLBACK"));
        return done;
    }
    auto committed = database_->execute("COMMIT");
    if (committed) return {};
    static_cast<void>(database_->execute("ROLLBACK"));
    if (committed.error().code == ErrorCode::io) {
        committed.error().code = ErrorCode::commit_unknown;
        database_.reset();
    }
    return committed;
}

// ---- endpoints -------------------------------------------------------------------------------------------------------

Result<std::vector<Endpoint>> ConfigFile::load_endpoints() {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(auto reader, EndpointReader::make(*database_, *sealer_));
    std::vector<Endpoint> endpoints;
    int code = SQLITE_DONE;
    while ((code = reader.step()) == SQLITE_ROW) {
        if (auto done = reader.read(endpoints.emplace_back()); !done)
            return std::unexpected(std::move(done).error());
    }
    if (code != SQLITE_DONE) return std::unexpected(database_->error(code, "read the endpoints"));
    return endpoints;
}

// ---- keys ------------------------------------------------------------------------------------------------------------

Result<std::vector<std::string>> ConfigFile::noted_keys() {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    return posthaste::noted_keys(*database_);
}

Result<void> ConfigFile::take_keys(const KeyRing& keys) {
    if (auto done = reconnect(); !done) return done;
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) return begun;
    return finish(check_keys(*database_, keys));
}

Result<void> ConfigFile::reseal(SealedTable table, std::span<const std::int64_t> rows) {
    if (auto done = reconnect(); !done) return done;
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) return begun;
    return finish(reseal_rows(*database_, table, rows, *sealer_));
}

Result<void> ConfigFile::forget_other_keys(SealingKeyId primary) {
    if (auto done = reconnect(); !done) return done;
    return posthaste::forget_other_keys(*database_, primary);
}

// ---- totals ----------------------------------------------------------------------------------------------------------

Result<void> ConfigFile::fold(const std::string& name, const Tally& counters,
                              std::uint64_t id_floor) {
    if (auto done = reconnect(); !done) return done;
    ASSIGN_OR_RETURN(auto mark,
                     database_->prepare("INSERT OR IGNORE INTO folded(name) VALUES (?1)"));
    ASSIGN_OR_RETURN(
        auto add,
        database_->prepare("UPDATE total SET events = events + ?1, accepted = accepted + ?2,"
                           " delivered = delivered + ?3, dead = dead + ?4,"
                           " cancelled = cancelled + ?5, id_floor = max(id_floor, ?6)"));
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) return begun;
    mark.bind_text(1, name);
    int code = mark.run();
    if (code == SQLITE_OK && database_->changes() != 0) {
        add.bind(1, counters.events);
        add.bind(2, counters.accepted);
        add.bind(3, counters.delivered);
        add.bind(4, counters.dead);
        add.bind(5, counters.cancelled);
        add.bind(6, id_floor);
        code = add.run();
    }
    Result<void> done;
    if (code != SQLITE_OK) done = std::unexpected(database_->error(code, "store the totals"));
    mark.reset();
    return finish(std::move(done));
}

Result<std::vector<std::string>> ConfigFile::folded() {
    ASSIGN_OR_RETURN(auto select, database_->prepare("SELECT name FROM folded"));
    std::vector<std::string> names;
    int code = SQLITE_DONE;
    while ((code = select.step()) == SQLITE_ROW) names.emplace_back(select.bytes(0));
    if (code != SQLITE_DONE)
        return std::unexpected(database_->error(code, "read the dropped files"));
    return names;
}

Result<void> ConfigFile::forget_folded(const std::string& name) {
    if (auto done = reconnect(); !done) return done;
    ASSIGN_OR_RETURN(auto remove, database_->prepare("DELETE FROM folded WHERE name = ?1"));
    remove.bind_text(1, name);
    if (const int code = remove.run(); code != SQLITE_OK) {
        return std::unexpected(database_->error(code, "forget a dropped file"));
    }
    return {};
}

Result<Tally> ConfigFile::totals() {
    ASSIGN_OR_RETURN(
        auto select,
        database_->prepare("SELECT events, accepted, delivered, dead, cancelled FROM total"));
    if (const int code = select.step(); code != SQLITE_ROW) {
        return std::unexpected(database_->error(code, "read the totals"));
    }
    Tally totals;
    totals.events = select.unsigned_integer(0);
    totals.accepted = select.unsigned_integer(1);
    totals.delivered = select.unsigned_integer(2);
    totals.dead = select.unsigned_integer(3);
    totals.cancelled = select.unsigned_integer(4);
    return totals;
}

Result<std::uint64_t> ConfigFile::id_floor() {
    ASSIGN_OR_RETURN(const auto floor,
                     database_->query_integer("SELECT max((SELECT id_floor FROM total),"
                                              " (SELECT coalesce(max(hi), 0) FROM endpoint))"));
    return static_cast<std::uint64_t>(floor);
}

}  // namespace posthaste
