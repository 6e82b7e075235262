#include "store/sqlite/database.h"

namespace posthaste {

void SqliteStatement::bind_text(int index, std::string_view text) {
    // A null pointer would bind NULL.
    const char* data = text.data() != nullptr ? text.data() : "";
    sqlite3_bind_text64(get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::bind_blob(int index, std::string_view bytes) {
    const char* data = bytes.data() != nullptr ? bytes.data() : "";
    sqlite3_bind_blob64(get(), index, data, bytes.size(), SQLITE_STATIC);
}

int SqliteStatement::run() {
    const int code = sqlite3_step(get());
    sqlite3_reset(get());
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

std::string_view SqliteStatement::bytes(int column) {
    const void* data = sqlite3_column_blob(get(), column);
    const int size = sqlite3_column_bytes(get(), column);
    return data == nullptr
               ? std::string_view{}
               : std::string_view{static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, SqliteAccess access,
                                            const std::string& vfs) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;
    if (access == SqliteAccess::create) flags |= SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
    SqliteDatabase database(handle, path);
    if (code != SQLITE_OK) return std::unexpected(database.error(code, "open"));
    sqlite3_busy_timeout(handle, 5000);
    // Readers are read-write connections that promise not to write: a truly read-only one cannot bring back a log that a
    // crash left behind.
    if (access == SqliteAccess::read) {
        if (auto done = database.execute("PRAGMA query_only=1"); !done) {
            return std::unexpected(std::move(done).error());
        }
    }
    return database;
}

Result<void> SqliteDatabase::execute(const std::string& script) {
    const int code = sqlite3_exec(handle(), script.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected(error(code, "run a script"));
    return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    SqliteStatement statement(raw);
    if (code != SQLITE_OK) return std::unexpected(error(code, "prepare a statement"));
    return statement;
}

Result<std::int64_t> SqliteDatabase::query_integer(std::string_view sql) {
    ASSIGN_OR_RETURN(auto statement, prepare(sql));
    const int code = statement.step();
    if (code != SQLITE_ROW) return std::unexpected(error(code, "read a value"));
    return statement.integer(0);
}

Result<void> SqliteDatabase::migrate(std::span<const char* const> scripts) {
    ASSIGN_OR_RETURN(const auto version, query_integer("PRAGMA user_version"));
    const auto known = static_cast<std::int64_t>(scripts.size());
    if (version > known) {
        return fail(ErrorCode::unavailable,
                    path_ + " was written by a newer posthaste (schema version " +
                        std::to_string(version) + ", this one knows " + std::to_string(known) +
                        "). Run that version, or restore a backup made before the upgrade.");
    }
    for (auto next = version; next < known; ++next) {
        auto done =
            execute(std::string("BEGIN IMMEDIATE;\n") + scripts[static_cast<std::size_t>(next)] +
                    "\nPRAGMA user_version=" + std::to_string(next + 1) + "; COMMIT;");
        if (!done) {
            static_cast<void>(execute("ROLLBACK"));
            return done;
        }
    }
    return {};
}

namespace {

ErrorCode kind_of(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM: return ErrorCode::unavailable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return ErrorCode::corrupt;
        default: return ErrorCode::io;
    }
}

std::string_view advice(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL: return " Free some space; writing goes on by itself.";
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return " Check that the directory exists and that this user may write to it.";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return " The file is damaged: restore it from a backup, or move it away.";
        case SQLITE_IOERR: return " Check the disk and the kernel's log.";
        default: return "";
    }
}

}  // namespace

Error SqliteDatabase::error(int code, std::string_view doing) const {
    const int system = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
    const char* text = handle_ && sqlite3_extended_errcode(handle_.get()) == code
                           ? sqlite3_errmsg(handle_.get())
                           : sqlite3_errstr(code);
    std::string message = "Cannot ";
    message.append(doing).append(" in ").append(path_).append(": ").append(text);
    message.append(" (SQLite ").append(std::to_string(code));
    if (system != 0) message.append(", errno ").append(std::to_string(system));
    message.append(").").append(advice(code));
    return Error{kind_of(code), std::move(message)};
}

void append_id(std::string& bytes, Id id) {
    char buffer[16];
    for (unsigned i = 0; i < 8; ++i) {
        buffer[i] = static_cast<char>(id.hi >> (56 - 8 * i));
        buffer[8 + i] = static_cast<char>(id.lo >> (56 - 8 * i));
    }
    bytes.append(buffer, sizeof buffer);
}

std::string id_bytes(Id id) {
    std::string bytes;
    append_id(bytes, id);
    return bytes;
}

Id read_id(std::string_view bytes, std::size_t offset) {
    Id id;
    if (bytes.size() < offset + 16) return id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.hi = id.hi << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
        id.lo = id.lo << 8 | static_cast<std::uint8_t>(bytes[offset + 8 + i]);
    }
    return id;
}

}  // namespace posthaste
