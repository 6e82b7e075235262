#pragma once

// A connection to one SQLite file and its prepared statements, as values. A connection and its statements belong to one
// thread at a time. Statements report SQLite's result codes, so that a hot loop pays for no Error; error() turns a code
// into the sentence a caller sees.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"

namespace posthaste {

class SqliteStatement {
public:
    SqliteStatement() = default;
    explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

    // Parameters count from 1. Text and blobs are not copied: they must live until the statement was reset.
    void bind(int index, std::int64_t value) { sqlite3_bind_int64(get(), index, value); }
    void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
    void bind(int index, double value) { sqlite3_bind_double(get(), index, value); }
    void bind_null(int index) { sqlite3_bind_null(get(), index); }
    void bind_text(int index, std::string_view text);
    void bind_blob(int index, std::string_view bytes);

    // SQLITE_ROW, SQLITE_DONE or an error.
    [[nodiscard]] int step() { return sqlite3_step(get()); }
    void reset() { sqlite3_reset(get()); }
    // One execution of a statement without rows: SQLITE_OK or an error. Resets.
    [[nodiscard]] int run();

    // Columns count from 0. Views live until the next step or reset.
    [[nodiscard]] std::int64_t integer(int column) { return sqlite3_column_int64(get(), column); }
    [[nodiscard]] std::uint64_t unsigned_integer(int column) {
        return static_cast<std::uint64_t>(integer(column));
    }
    [[nodiscard]] double real(int column) { return sqlite3_column_double(get(), column); }
    [[nodiscard]] std::string_view bytes(int column);
    [[nodiscard]] bool is_null(int column) {
        return sqlite3_column_type(get(), column) == SQLITE_NULL;
    }
    [[nodiscard]] sqlite3_stmt* get() const { return statement_.get(); }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets a statement that was stepped, however the scope is left.
class SqliteCursor {
public:
    explicit SqliteCursor(SqliteStatement& statement) : statement_(statement) {}
    ~SqliteCursor() { statement_.reset(); }
    SqliteCursor(const SqliteCursor&) = delete;
    SqliteCursor& operator=(const SqliteCursor&) = delete;

private:
    SqliteStatement& statement_;
};

enum class SqliteAccess { create, write, read };

class SqliteDatabase {
public:
    // `vfs` empty: the default one. `create` makes a missing file; the others fail with unavailable.
    [[nodiscard]] static Result<SqliteDatabase> open(const std::string& path, SqliteAccess access,
                                                     const std::string& vfs);

    [[nodiscard]] Result<void> execute(const std::string& script);
    [[nodiscard]] Result<SqliteStatement> prepare(std::string_view sql);
    // The first column of the first row. REQUIRES: the query yields one.
    [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);
    // Brings a file from the version in `PRAGMA user_version` to `scripts.size()`, each step in one transaction.
    // A newer version is refused.
    [[nodiscard]] Result<void> migrate(std::span<const char* const> scripts);

    [[nodiscard]] Error error(int code, std::string_view doing) const;
    [[nodiscard]] int changes() const { return sqlite3_changes(handle_.get()); }
    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    SqliteDatabase(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

    std::unique_ptr<sqlite3, Close> handle_;
    std::string path_;
};

// Ids as stored: 16 bytes, big-endian.
void append_id(std::string& bytes, Id id);
[[nodiscard]] std::string id_bytes(Id id);
[[nodiscard]] Id read_id(std::string_view bytes, std::size_t offset = 0);  // nil when too short

}  // namespace posthaste
