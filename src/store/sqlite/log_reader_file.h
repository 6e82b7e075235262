#pragma once

// A reader's connection to one log file, and reading its rows. Only for the log_reader*.cc files.

#include <list>
#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_queries.h"
#include "store/sqlite/log_reader.h"

namespace posthaste {

struct LogReader::File {
    explicit File(SqliteDatabase opened) : database(std::move(opened)) {}

    SqliteDatabase database;
    std::unique_ptr<SealingCipher> cipher;  // null until the first sealed value is opened
    SqliteStatement begin, end, read_attempts, parked_of_endpoint, delivery, events_after;

    [[nodiscard]] Result<void> prepare() {
        const std::pair<SqliteStatement*, const char*> all[] = {
            {&begin, "BEGIN"},
            {&end, "COMMIT"},
            {&read_attempts, log_sql::kReadAttempts},
            {&parked_of_endpoint, log_sql::kParkedOfEndpoint},
            {&delivery, log_sql::kDelivery},
            {&events_after, log_sql::kEventsAfter},
        };
        for (const auto& [statement, sql] : all) {
            ASSIGN_OR_RETURN(*statement, database.prepare(sql));
        }
        return {};
    }
    // The rarer ones are prepared when first used. `sql` is one of log_queries.h; the pointer stays good.
    [[nodiscard]] Result<SqliteStatement*> statement(const char* sql) {
        for (auto& [known, prepared] : rarer_) {
            if (known == sql) return &prepared;
        }
        ASSIGN_OR_RETURN(auto prepared, database.prepare(sql));
        return &rarer_.emplace_back(sql, std::move(prepared)).second;
    }

private:
    std::list<std::pair<const char*, SqliteStatement>> rarer_;
};

// One read transaction, over when the scope is left.
class LogReader::Snapshot {
public:
    explicit Snapshot(File& file) : file_(file), code_(file.begin.run()) {}
    ~Snapshot() {
        if (code_ == SQLITE_OK) static_cast<void>(file_.end.run());
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    [[nodiscard]] int code() const { return code_; }

private:
    File& file_;
    const int code_;
};

// A row of log_sql::kReadAttempts or kReadAttempt, without a response that is sealed.
[[nodiscard]] AttemptRecord read_attempt_row(SqliteStatement& row);
// A row of log_sql::kReadEvent or kReadEventHead, without payload, body, channels and tags.
[[nodiscard]] std::shared_ptr<Event> read_event_row(SqliteStatement& row, std::uint64_t hi);

}  // namespace posthaste
