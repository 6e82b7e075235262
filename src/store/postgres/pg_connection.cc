#include "store/postgres/pg_connection.h"

#include <optional>
#include <utility>

namespace posthaste {

namespace {

// Below it a pipeline that fails leaves a session in another state, and nothing here was tried.
constexpr int kServerVersionMin = 150000;

// Plans are made for the values at hand, and go by indexes: the tables begin empty and fill within minutes, and a plan that
// was right for an empty table is wrong for ever after (measured: three times slower). A commit that is answered is on disk,
// whatever is usual in this database; stricter settings stay. What a relative of PostgreSQL does not know is not set.
constexpr char kPrepareSession[] =
    "SELECT set_config(wanted.name, wanted.value, false) FROM (VALUES"
    " ('plan_cache_mode', 'force_custom_plan'), ('enable_seqscan', 'off'),"
    " ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('enable_bitmapscan', 'off'),"
    " ('jit', 'off'), ('default_transaction_isolation', 'read committed'),"
    " ('client_min_messages', 'warning'), ('synchronous_commit', 'on')) AS wanted(name, value)"
    " WHERE current_setting(wanted.name, true) IS NOT NULL"
    " AND (wanted.name <> 'synchronous_commit' OR current_setting('synchronous_commit') = 'off')";

// On one line: libpq's messages have line ends and tabs.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool is_space = c == ' ' || c == '\n' || c == '\t';
        if (!is_space)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Result<PgConnection> PgConnection::open(const std::string& url) {
    // Of a bad URL libpq quotes the part it stumbles on, which may be the password.
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    if (!parsed)
        return fail(ErrorCode::invalid,
                    "The database's address cannot be read. It is postgres://USER@HOST:PORT/NAME; "
                    "characters of a password other than letters and digits are written as %XX.");
    // The URL goes before what it follows, and what follows it goes before the URL.
    const char* const keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                                "dbname",           "client_encoding",  nullptr};
    const char* const values[] = {"5",         "10",        "3",    "2",    "15000",
                                  "posthaste", url.c_str(), "UTF8", nullptr};
    PgConnection connection(PQconnectdbParams(keys, values, 1));
    PGconn* const raw = connection.connection_.get();
    if (raw == nullptr || PQstatus(raw) != CONNECTION_OK)
        return fail(ErrorCode::unavailable,
                    "Cannot connect to " + describe_pg_url(url) + ": " +
                        one_line(raw == nullptr ? "out of memory" : PQerrorMessage(raw)));
    PQsetNoticeReceiver(raw, ignore_notice, nullptr);
    if (auto fits = connection.check_server(url); !fits) return std::unexpected(fits.error());
    if (auto prepared = connection.run_script(kPrepareSession); !prepared)
        return std::unexpected(std::move(prepared).error());
    return connection;
}

Result<void> PgConnection::check_server(const std::string& url) const {
    const auto status = [this](const char* name) -> std::string {
        const char* const text = PQparameterStatus(connection_.get(), name);
        return text == nullptr ? "" : text;
    };
    if (PQserverVersion(connection_.get()) < kServerVersionMin)
        return fail(ErrorCode::invalid, "The database " + describe_pg_url(url) +
                                            " is served by PostgreSQL " + status("server_version") +
                                            "; posthaste needs version 15 or later.");
    if (status("server_encoding") != "UTF8")
        return fail(ErrorCode::invalid,
                    "The database " + describe_pg_url(url) +
                        " does not store UTF-8; make one with ENCODING 'UTF8'.");
    return {};
}

bool PgConnection::is_lost() const {
    return is_broken_ || PQstatus(connection_.get()) != CONNECTION_OK;
}

// Resources and states that pass: "not now". The rest the server refuses for good.
Error PgConnection::failure(PGresult* result) {
    const char* const state =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    state_ = state == nullptr ? "" : state;
    // Not the server's word: then it is the connection's. Inside a pipeline libpq may take long to see that itself.
    if (state_.empty()) is_broken_ = true;
    const char* const text =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    std::string message = "PostgreSQL: ";
    message += one_line(text == nullptr ? PQerrorMessage(connection_.get()) : text);
    if (!state_.empty()) message += " (" + state_ + ")";
    const std::string_view group = std::string_view(state_).substr(0, 2);
    const bool is_refused =
        !is_lost() && (group == "22" || group == "23" || group == "42" || group == "54");
    return {is_refused ? ErrorCode::io : ErrorCode::unavailable, std::move(message)};
}

Result<PgResult> PgConnection::query(const char* sql, const PgParams& params) {
    const PgParams::Raw raw = params.raw();
    PgResult result(PQexecParams(connection_.get(), sql, static_cast<int>(raw.types.size()),
                                 raw.types.data(), raw.values.data(), raw.lengths.data(),
                                 raw.formats.data(), 1));
    const ExecStatusType status = PQresultStatus(result.raw());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
    return std::unexpected(failure(result.raw()));
}

Result<void> PgConnection::execute(const char* sql, const PgParams& params) {
    auto result = query(sql, params);
    if (!result) return std::unexpected(std::move(result).error());
    return {};
}

Result<void> PgConnection::run_script(const char* sql) {
    const PgResult result(PQexec(connection_.get(), sql));
    const ExecStatusType status = PQresultStatus(result.raw());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return {};
    return std::unexpected(failure(result.raw()));
}

// ---- a transaction in one round trip ---------------------------------------------------------------------------------

bool PgConnection::send_all(std::span<const PgStatement> statements) {
    PGconn* const raw = connection_.get();
    const auto send = [raw](const char* sql, const PgParams& params) {
        const PgParams::Raw values = params.raw();
        return PQsendQueryParams(raw, sql, static_cast<int>(values.types.size()),
                                 values.types.data(), values.values.data(), values.lengths.data(),
                                 values.formats.data(), 1) == 1;
    };
    if (!send("BEGIN", {})) return false;
    for (const PgStatement& statement : statements) {
        if (!send(statement.sql, statement.params)) return false;
    }
    return send("COMMIT", {}) && PQpipelineSync(raw) == 1;
}

// The results of BEGIN, of each statement, of COMMIT; each one is followed by "no more of it".
Result<std::vector<PgResult>> PgConnection::receive_all(std::size_t statements) {
    PGconn* const raw = connection_.get();
    std::vector<PgResult> results;
    std::optional<Error> refused;
    for (std::size_t i = 0; i < statements + 2; ++i) {
        PgResult result(PQgetResult(raw));
        const ExecStatusType status = PQresultStatus(result.raw());
        const bool is_fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (!is_fine && !refused) {
            refused = failure(result.raw());
            // A server that says why it ends the connection before it began has done nothing; one that says so instead of
            // confirming COMMIT may have done all of it (57: it is being stopped).
            const bool is_before_begin = i == 0 && !state_.empty();
            const bool is_stopping = i == statements + 1 && state_.starts_with("57");
            if ((is_lost() && !is_before_begin) || is_stopping)
                refused->code = ErrorCode::commit_unknown;
        }
        if (!is_fine && is_lost()) return std::unexpected(*std::move(refused));
        static_cast<void>(PQgetResult(raw));
        if (i > 0 && i <= statements) results.push_back(std::move(result));
    }
    if (refused) return std::unexpected(*std::move(refused));
    return results;
}

Result<std::vector<PgResult>> PgConnection::commit(std::span<const PgStatement> statements) {
    PGconn* const raw = connection_.get();
    if (is_lost() || PQenterPipelineMode(raw) != 1) return std::unexpected(failure(nullptr));
    if (!send_all(statements)) {
        Error error = failure(nullptr);
        // Part of it may have gone out, but COMMIT goes last.
        error.code = ErrorCode::commit_unknown;
        return std::unexpected(std::move(error));
    }
    auto results = receive_all(statements.size());
    if (is_lost()) return results;
    // The end of the pipeline, which ends the mode as well.
    const PgResult sync(PQgetResult(raw));
    if (PQexitPipelineMode(raw) != 1) {
        is_broken_ = true;
        return results;
    }
    if (!results && PQtransactionStatus(raw) != PQTRANS_IDLE) {
        const std::string state = state_;
        static_cast<void>(run_script("ROLLBACK"));
        state_ = state;
    }
    return results;
}

Result<void> PgConnection::end(Result<void> done) {
    if (!done) {
        const std::string state = state_;
        if (!is_lost()) static_cast<void>(run_script("ROLLBACK"));
        state_ = state;
        return done;
    }
    auto committed = run_script("COMMIT");
    if (!committed && is_lost()) committed.error().code = ErrorCode::commit_unknown;
    return committed;
}

std::string describe_pg_url(const std::string& url) {
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    std::string user, host, port, name;
    for (const PQconninfoOption* one = parsed.get(); one != nullptr && one->keyword != nullptr;
         ++one) {
        if (one->val == nullptr) continue;
        const std::string_view keyword = one->keyword;
        if (keyword == "user") user = std::string(one->val) + "@";
        if (keyword == "host") host = one->val;
        if (keyword == "port") port = ":" + std::string(one->val);
        if (keyword == "dbname") name = one->val;
    }
    return "postgres://" + user + host + port + "/" + name;
}

}  // namespace posthaste
