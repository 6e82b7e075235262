#include "store/sqlite/config_file.h"

#include "store/sqlite/json_list.h"

namespace posthaste {

namespace {

constexpr char kSchema[] =
#include "config_schema.sql.inc"
    ;
constexpr const char* kMigrations[] = {kSchema};

constexpr char kSelectEndpoints[] =
    "SELECT hi, lo, organization, application, profile, url, secret, old_secrets, event_types, "
    "is_active, is_deleted,"
    " created_at, gaps, base, factor, delay_max, jitter, jitter_fraction, attempts_max, age_max, "
    "timeout, in_flight_max,"
    " revision FROM endpoint ORDER BY hi";
constexpr char kReplaceEndpoint[] =
    "REPLACE INTO endpoint(hi, lo, organization, application, profile, url, secret, old_secrets, "
    "event_types, is_active,"
    " is_deleted, created_at, gaps, base, factor, delay_max, jitter, jitter_fraction, "
    "attempts_max, age_max, timeout,"
    " in_flight_max, revision)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
    "?19, ?20, ?21, ?22, ?23)";

Result<SqliteDatabase> open_database(const SqliteOptions& options) {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(options.directory + "/posthaste.db",
                                                         SqliteAccess::create, options.vfs));
    if (auto done = database.execute(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
            " PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1024");
        !done) {
        return std::unexpected(std::move(done).error());
    }
    if (auto done = database.migrate(kMigrations); !done)
        return std::unexpected(std::move(done).error());
    return database;
}

// Calls `take(elements)` for each element of a JSON list; `elements` is "SELECT … FROM json_each(?1)".
template <class Take>
int for_each_element(SqliteStatement& elements, std::string_view json, Take take) {
    elements.bind_text(1, json);
    const SqliteCursor cursor(elements);
    int code = SQLITE_DONE;
    while ((code = elements.step()) == SQLITE_ROW) take(elements);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

class EndpointReader {
public:
    [[nodiscard]] static Result<EndpointReader> make(SqliteDatabase& database) {
        EndpointReader reader;
        ASSIGN_OR_RETURN(reader.rows_, database.prepare(kSelectEndpoints));
        ASSIGN_OR_RETURN(reader.values_, database.prepare("SELECT value FROM json_each(?1)"));
        ASSIGN_OR_RETURN(
            reader.pairs_,
            database.prepare("SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
                             " FROM json_each(?1)"));
        return reader;
    }
    [[nodiscard]] int step() { return rows_.step(); }

    [[nodiscard]] int read(Endpoint& endpoint) {
        SqliteStatement& row = rows_;
        endpoint.id = EndpointId{row.unsigned_integer(0), row.unsigned_integer(1)};
        endpoint.organization = OrganizationId{read_id(row.bytes(2))};
        endpoint.application = ApplicationId{read_id(row.bytes(3))};
        endpoint.profile = static_cast<Profile>(row.integer(4));
        endpoint.url = row.bytes(5);
        if (!row.is_null(6)) endpoint.secret = row.bytes(6);
        endpoint.is_active = row.integer(9) != 0;
        endpoint.is_deleted = row.integer(10) != 0;
        endpoint.created_at = from_micros(row.integer(11));
        endpoint.timeout = Duration{row.integer(20)};
        endpoint.in_flight_max = static_cast<std::uint32_t>(row.integer(21));
        endpoint.revision = row.unsigned_integer(22);
        return read_lists(endpoint);
    }

private:
    [[nodiscard]] int read_lists(Endpoint& endpoint) {
        SqliteStatement& row = rows_;
        RetryPolicy& retry = endpoint.retry;
        retry.base = Duration{row.integer(13)};
        retry.factor = row.real(14);
        retry.delay_max = Duration{row.integer(15)};
        retry.jitter = static_cast<Jitter>(row.integer(16));
        retry.jitter_fraction = row.real(17);
        retry.attempts_max = static_cast<std::uint32_t>(row.integer(18));
        if (!row.is_null(19)) retry.age_max = Duration{row.integer(19)};

        int code = for_each_element(pairs_, row.bytes(7), [&](SqliteStatement& pair) {
            endpoint.old_secrets.push_back(
                {std::string(pair.bytes(0)), from_micros(pair.integer(1))});
        });
        if (code == SQLITE_OK && !row.is_null(8)) {
            endpoint.event_types.emplace();
            code = for_each_element(values_, row.bytes(8), [&](SqliteStatement& value) {
                endpoint.event_types->emplace_back(value.bytes(0));
            });
        }
        if (code != SQLITE_OK) return code;
        return for_each_element(values_, row.bytes(12), [&](SqliteStatement& value) {
            retry.gaps.emplace_back(value.integer(0));
        });
    }

    SqliteStatement rows_, values_, pairs_;
};

}  // namespace

Result<ConfigFile> ConfigFile::open(const SqliteOptions& options) {
    ASSIGN_OR_RETURN(auto database, open_database(options));
    return ConfigFile(std::move(database), options);
}

Result<void> ConfigFile::reconnect() {
    if (database_) return {};
    ASSIGN_OR_RETURN(auto database, open_database(*options_));
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
    ASSIGN_OR_RETURN(auto reader, EndpointReader::make(*database_));
    std::vector<Endpoint> endpoints;
    int code = SQLITE_DONE;
    while ((code = reader.step()) == SQLITE_ROW) {
        if (code = reader.read(endpoints.emplace_back()); code != SQLITE_OK) break;
    }
    if (code != SQLITE_DONE) return std::unexpected(database_->error(code, "read the endpoints"));
    return endpoints;
}

Result<std::uint64_t> ConfigFile::stored_revision(std::uint64_t hi) {
    ASSIGN_OR_RETURN(auto select,
                     database_->prepare("SELECT revision FROM endpoint WHERE hi = ?1"));
    select.bind(1, hi);
    const int code = select.step();
    if (code == SQLITE_ROW) return select.unsigned_integer(0);
    if (code == SQLITE_DONE) return std::uint64_t{0};
    return std::unexpected(database_->error(code, "read an endpoint"));
}

Result<Endpoint> ConfigFile::put_endpoint(Endpoint endpoint) {
    if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(const auto stored, stored_revision(endpoint.id.hi));
    if (stored != endpoint.revision) {
        return fail(ErrorCode::conflict, "The endpoint changed: revision " +
                                             std::to_string(endpoint.revision) + " was read, " +
                                             std::to_string(stored) + " is stored. Read it again.");
    }
    ++endpoint.revision;
    if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun)
        return std::unexpected(std::move(begun).error());
    if (auto done = finish(write_endpoint(endpoint)); !done)
        return std::unexpected(std::move(done).error());
    return endpoint;
}

Result<void> ConfigFile::write_endpoint(const Endpoint& endpoint) {
    ASSIGN_OR_RETURN(auto row, database_->prepare(kReplaceEndpoint));
    std::string ids;
    append_id(ids, endpoint.organization);
    append_id(ids, endpoint.application);
    const std::string old_secrets = to_json(endpoint.old_secrets);
    const std::string event_types = endpoint.event_types ? to_json(*endpoint.event_types) : "";
    const std::string gaps = to_json(endpoint.retry.gaps);
    row.bind(1, endpoint.id.hi);
    row.bind(2, endpoint.id.lo);
    row.bind_blob(3, std::string_view(ids).substr(0, 16));
    row.bind_blob(4, std::string_view(ids).substr(16));
    row.bind(5, static_cast<std::int64_t>(endpoint.profile));
    row.bind_text(6, endpoint.url);
    if (endpoint.secret) row.bind_text(7, *endpoint.secret);
    row.bind_text(8, old_secrets);
    if (endpoint.event_types) row.bind_text(9, event_types);
    row.bind(10, std::int64_t{endpoint.is_active});
    row.bind(11, std::int64_t{endpoint.is_deleted});
    row.bind(12, to_micros(endpoint.created_at));
    row.bind_text(13, gaps);
    row.bind(14, endpoint.retry.base.count());
    row.bind(15, endpoint.retry.factor);
    row.bind(16, endpoint.retry.delay_max.count());
    row.bind(17, static_cast<std::int64_t>(endpoint.retry.jitter));
    row.bind(18, endpoint.retry.jitter_fraction);
    row.bind(19, static_cast<std::int64_t>(endpoint.retry.attempts_max));
    if (endpoint.retry.age_max) row.bind(20, endpoint.retry.age_max->count());
    row.bind(21, endpoint.timeout.count());
    row.bind(22, static_cast<std::int64_t>(endpoint.in_flight_max));
    row.bind(23, endpoint.revision);
    if (const int code = row.run(); code != SQLITE_OK) {
        return std::unexpected(database_->error(code, "store an endpoint"));
    }
    return {};
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
