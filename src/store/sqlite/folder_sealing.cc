#include "store/sqlite/folder_sealing.h"

#include <filesystem>

#include "store/sqlite/config_sealing.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_queries.h"

namespace posthaste {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFirstSealedConfig =
    4;  // the schema versions from which on files hold sealed values
constexpr std::int64_t kFirstSealedLog = 4;

Result<void> read_config(const std::string& path, SealingStatus& status) {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(path, SqliteAccess::read, {}));
    ASSIGN_OR_RETURN(const auto version, database.query_integer("PRAGMA user_version"));
    if (version < kFirstSealedConfig) {
        status.holds_readable = version > 0;
        return {};
    }
    ASSIGN_OR_RETURN(const auto uses, count_key_uses(database));
    for (const KeyUse& use : uses) {
        const auto key = parse_sealing_key_id(use.key);
        if (!key) {
            status.holds_readable = true;
            continue;
        }
        KeyNeed& needed = status.need(*key);
        needed.endpoints += use.endpoints;
        needed.records += use.records;
    }
    return {};
}

Result<void> read_log(const std::string& path, SealingStatus& status) {
    ASSIGN_OR_RETURN(auto database, SqliteDatabase::open(path, SqliteAccess::read, {}));
    ASSIGN_OR_RETURN(const auto version, database.query_integer("PRAGMA user_version"));
    if (version < kFirstSealedLog) return {};
    ASSIGN_OR_RETURN(auto row, database.prepare(log_sql::kReadDataKey));
    const int code = row.step();
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return std::unexpected(database.error(code, "read the data key"));
    const auto key = key_of(row.bytes(0));
    if (!key) return fail(ErrorCode::corrupt, "The data key of " + path + " is damaged.");
    ++status.need(*key).log_files;
    return {};
}

}  // namespace

Result<SealingStatus> read_sealing_status(const std::string& directory) {
    SealingStatus status;
    std::error_code missing;
    const std::string config = directory + "/posthaste.db";
    if (fs::exists(config, missing)) {
        if (auto done = read_config(config, status); !done)
            return std::unexpected(std::move(done).error());
    }
    for (const auto& item : fs::directory_iterator(directory + "/log", missing)) {
        if (item.path().extension() != ".db") continue;
        auto done = read_log(item.path().string(), status);
        // Retention may have unlinked it since the folder was read.
        if (!done && fs::exists(item.path(), missing))
            return std::unexpected(std::move(done).error());
    }
    return status;
}

}  // namespace posthaste
