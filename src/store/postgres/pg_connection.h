#pragma once

// One connection to a PostgreSQL server, used by one thread. Blocks while it waits for an answer; a server that is gone is
// noticed by TCP within some fifteen seconds. Messages never hold the password.

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/pg_values.h"

namespace posthaste {

// What PostgreSQL calls conditions (its documentation, appendix A).
namespace pg_state {
inline constexpr std::string_view kUniqueViolation = "23505";
inline constexpr std::string_view kNotNullViolation = "23502";
inline constexpr std::string_view kIndexRowTooLong = "54000";
inline constexpr std::string_view kDuplicateObject = "42710";
inline constexpr std::string_view kDuplicateTable = "42P07";
inline constexpr std::string_view kUndefinedTable = "42P01";
}  // namespace pg_state

struct PgStatement {
    const char* sql;
    PgParams params;
};

class PgConnection {
public:
    // `url` as in PostgresOptions. Errors are `unavailable`; `invalid` when the text is no such URL, or the server is too old
    // or the database not of UTF-8.
    [[nodiscard]] static Result<PgConnection> open(const std::string& url);

    // One statement. Failures: unavailable; io for what the server refuses for any other reason.
    [[nodiscard]] Result<PgResult> query(const char* sql, const PgParams& params = {});
    [[nodiscard]] Result<void> execute(const char* sql, const PgParams& params = {});
    // Any number of statements without parameters, as one transaction unless they say otherwise.
    [[nodiscard]] Result<void> run_script(const char* sql);

    // BEGIN, the statements, COMMIT, in one round trip. On failure nothing is committed, except for commit_unknown: the
    // connection was lost, and nobody knows. The error of a statement that was refused leaves its condition in state().
    [[nodiscard]] Result<std::vector<PgResult>> commit(std::span<const PgStatement> statements);
    // For transactions whose statements depend on each other: query("BEGIN") … end(result of the last one). Rolls back when
    // that is a failure.
    [[nodiscard]] Result<void> end(Result<void> done);

    // Of the last failure; empty when the connection itself failed.
    [[nodiscard]] const std::string& state() const { return state_; }
    [[nodiscard]] bool is_lost() const;

private:
    struct Finish {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    explicit PgConnection(PGconn* connection) : connection_(connection) {}

    [[nodiscard]] Result<void> check_server(const std::string& url) const;
    [[nodiscard]] Error failure(PGresult* result);
    [[nodiscard]] bool send_all(std::span<const PgStatement> statements);
    [[nodiscard]] Result<std::vector<PgResult>> receive_all(std::size_t statements);

    std::unique_ptr<PGconn, Finish> connection_;
    std::string state_;
    bool is_broken_ = false;  // it failed in a way that only a new connection mends
};

// Nothing but user, host and database: what may be shown.
[[nodiscard]] std::string describe_pg_url(const std::string& url);

}  // namespace posthaste
