#include "store/sqlite/config_sealing.h"

#include <algorithm>

#include "store/common/endpoint_secrets.h"

namespace posthaste {

namespace {

// ---- functions of config_4.sql ---------------------------------------------------------------------------------------

Sealer& sealer_of(sqlite3_context* context) {
    return *static_cast<Sealer*>(sqlite3_user_data(context));
}

std::string_view bytes_of(sqlite3_value* value) {
    const void* data = sqlite3_value_blob(value);
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data), size};
}

std::uint64_t number_of(sqlite3_value* value) {
    return static_cast<std::uint64_t>(sqlite3_value_int64(value));
}

void give_blob(sqlite3_context* context, const std::string& bytes) {
    sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}
void give_text(sqlite3_context* context, const std::string& text) {
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void seal_endpoint(sqlite3_context* context, int, sqlite3_value** values) {
    const Id id{number_of(values[0]), number_of(values[1])};
    give_blob(context, sealer_of(context).seal(bytes_of(values[2]), SealedPlace::of_endpoint(id)));
}

void seal_record(sqlite3_context* context, int, sqlite3_value** values) {
    const auto kind = static_cast<RecordKind>(number_of(values[0]));
    const Id id = read_id(bytes_of(values[1]));
    give_blob(context,
              sealer_of(context).seal(bytes_of(values[2]), SealedPlace::of_record(kind, id)));
}

void secret_field(sqlite3_context* context, int, sqlite3_value** values) {
    std::string field;
    if (sqlite3_value_type(values[1]) != SQLITE_NULL)
        append_secret_field(field, bytes_of(values[0]), bytes_of(values[1]));
    give_text(context, field);
}

void primary_key_id(sqlite3_context* context, int, sqlite3_value**) {
    give_text(context, to_hex(sealer_of(context).keys()->primary()));
}

// ---- rows ------------------------------------------------------------------------------------------------------------

// The id of the key in front of a sealed value.
constexpr std::string_view kKeyOfSealed = "lower(hex(substr(sealed, 2, 8)))";

constexpr char kReadEndpoint[] = "SELECT hi, lo, sealed FROM endpoint WHERE hi = ?1";
constexpr char kReadRecord[] = "SELECT kind, id, sealed FROM record WHERE rowid = ?1";

std::string_view name_of(SealedTable table) {
    return table == SealedTable::endpoint ? "endpoint" : "record";
}

// The rowid of an endpoint is `hi`.
std::string select_rows_to_reseal(SealedTable table) {
    return "SELECT rowid FROM " + std::string(name_of(table)) +
           " WHERE rowid > ?1 AND sealed IS NOT NULL AND " + std::string(kKeyOfSealed) +
           " <> ?2 ORDER BY rowid LIMIT ?3";
}

SealedPlace place_of(SealedTable table, SqliteStatement& row) {
    if (table == SealedTable::endpoint)
        return SealedPlace::of_endpoint({row.unsigned_integer(0), row.unsigned_integer(1)});
    return SealedPlace::of_record(static_cast<RecordKind>(row.integer(0)), read_id(row.bytes(1)));
}

std::string plural(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

Result<void> register_sealing(SqliteDatabase& database, Sealer& sealer) {
    struct Function {
        const char* name;
        int arguments;
        void (*call)(sqlite3_context*, int, sqlite3_value**);
    };
    constexpr Function kFunctions[] = {{"seal_endpoint", 3, seal_endpoint},
                                       {"seal_record", 3, seal_record},
                                       {"secret_field", 2, secret_field},
                                       {"primary_key_id", 0, primary_key_id}};
    for (const Function& one : kFunctions) {
        const int code = sqlite3_create_function_v2(database.handle(), one.name, one.arguments,
                                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, &sealer,
                                                    one.call, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return std::unexpected(database.error(code, "add a function"));
    }
    return {};
}

Result<std::vector<std::int64_t>> rows_to_reseal(SqliteDatabase& database, SealedTable table,
                                                 std::int64_t after, SealingKeyId primary,
                                                 std::size_t limit) {
    ASSIGN_OR_RETURN(auto select, database.prepare(select_rows_to_reseal(table)));
    const std::string key = to_hex(primary);
    select.bind(1, after);
    select.bind_text(2, key);
    select.bind(3, static_cast<std::int64_t>(limit));
    std::vector<std::int64_t> rows;
    int code = SQLITE_DONE;
    while ((code = select.step()) == SQLITE_ROW) rows.push_back(select.integer(0));
    if (code != SQLITE_DONE)
        return std::unexpected(database.error(code, "look for values to seal anew"));
    return rows;
}

Result<void> reseal_rows(SqliteDatabase& database, SealedTable table,
                         std::span<const std::int64_t> rows, Sealer& sealer) {
    const bool is_endpoint = table == SealedTable::endpoint;
    ASSIGN_OR_RETURN(auto select, database.prepare(is_endpoint ? kReadEndpoint : kReadRecord));
    ASSIGN_OR_RETURN(auto update, database.prepare("UPDATE " + std::string(name_of(table)) +
                                                   " SET sealed = ?2 WHERE rowid = ?1"));
    const SealingKeyId primary = sealer.keys()->primary();
    for (const std::int64_t id : rows) {
        select.bind(1, id);
        const SqliteCursor cursor(select);
        const int found = select.step();
        if (found == SQLITE_DONE || (found == SQLITE_ROW && select.is_null(2))) continue;
        if (found != SQLITE_ROW) return std::unexpected(database.error(found, "read a secret"));
        if (key_of(select.bytes(2)) == primary) continue;
        const SealedPlace place = place_of(table, select);
        ASSIGN_OR_RETURN(const std::string text, sealer.open(select.bytes(2), place));
        const std::string sealed = sealer.seal(text, place);
        update.bind(1, id);
        update.bind_blob(2, sealed);
        if (const int code = update.run(); code != SQLITE_OK)
            return std::unexpected(database.error(code, "seal a secret anew"));
    }
    return {};
}

// ---- keys ------------------------------------------------------------------------------------------------------------

Result<std::vector<KeyUse>> count_key_uses(SqliteDatabase& database) {
    const std::string key(kKeyOfSealed);
    ASSIGN_OR_RETURN(
        auto select,
        database.prepare("SELECT key, sum(endpoints), sum(records) FROM ("
                         "SELECT id AS key, 0 AS endpoints, 0 AS records FROM sealing_key"
                         " UNION ALL SELECT " +
                         key + ", count(*), 0 FROM endpoint GROUP BY 1 UNION ALL SELECT " + key +
                         ", 0, count(*) FROM record WHERE sealed IS NOT NULL GROUP BY 1)"
                         " GROUP BY key ORDER BY key"));
    std::vector<KeyUse> uses;
    int code = SQLITE_DONE;
    while ((code = select.step()) == SQLITE_ROW)
        uses.push_back(
            {std::string(select.bytes(0)), select.unsigned_integer(1), select.unsigned_integer(2)});
    if (code != SQLITE_DONE) return std::unexpected(database.error(code, "count sealed values"));
    return uses;
}

Result<std::vector<std::string>> noted_keys(SqliteDatabase& database) {
    ASSIGN_OR_RETURN(auto select, database.prepare("SELECT id FROM sealing_key"));
    std::vector<std::string> keys;
    int code = SQLITE_DONE;
    while ((code = select.step()) == SQLITE_ROW) keys.emplace_back(select.bytes(0));
    if (code != SQLITE_DONE) return std::unexpected(database.error(code, "read the keys' ids"));
    return keys;
}

Result<void> note_key(SqliteDatabase& database, SealingKeyId id) {
    ASSIGN_OR_RETURN(auto insert,
                     database.prepare("INSERT OR IGNORE INTO sealing_key VALUES (?1)"));
    const std::string key = to_hex(id);
    insert.bind_text(1, key);
    if (const int code = insert.run(); code != SQLITE_OK)
        return std::unexpected(database.error(code, "note a key"));
    return {};
}

Result<void> check_keys(SqliteDatabase& database, const KeyRing& keys) {
    ASSIGN_OR_RETURN(const auto noted, noted_keys(database));
    const auto is_missing = [&](const std::string& key) {
        const auto id = parse_sealing_key_id(key);
        return id && !keys.has(*id);
    };
    if (std::any_of(noted.begin(), noted.end(), is_missing)) {
        // A key that has sealed nothing, or nothing any more, is not missed.
        ASSIGN_OR_RETURN(const auto uses, count_key_uses(database));
        for (const KeyUse& use : uses) {
            const std::uint64_t count = use.endpoints + use.records;
            if (is_missing(use.key) && count != 0)
                return std::unexpected(
                    missing_key(*parse_sealing_key_id(use.key),
                                database.path() + " (" + plural(count, "secret") + ")"));
        }
    }
    return note_key(database, keys.primary());
}

Result<void> forget_other_keys(SqliteDatabase& database, SealingKeyId primary) {
    if (auto done = database.execute("VACUUM"); !done) return done;
    // The write-ahead log still holds pages as they were.
    const int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK)
        return std::unexpected(database.error(code, "empty the write-ahead log"));
    ASSIGN_OR_RETURN(auto remove, database.prepare("DELETE FROM sealing_key WHERE id <> ?1"));
    const std::string key = to_hex(primary);
    remove.bind_text(1, key);
    if (const int deleted = remove.run(); deleted != SQLITE_OK)
        return std::unexpected(database.error(deleted, "forget a key"));
    return {};
}

}  // namespace posthaste
