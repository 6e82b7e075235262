#pragma once

// Questions to posthaste.db that may touch many rows: records and the audit log. Answered by a connection that never writes,
// so that the writer does not wait for them. Each answer sees every change that completed before the question was asked. One
// reader belongs to one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/sqlite/database.h"

namespace posthaste {

class ConfigReader {
public:
    // Opens the file with the first question: it has to be there by then, with the current schema.
    ConfigReader(std::string path, std::string vfs)
        : path_(std::move(path)), vfs_(std::move(vfs)) {}

    [[nodiscard]] Result<std::vector<Record>> read_records(const RecordQuery& query);
    [[nodiscard]] Result<std::uint64_t> count_records(const RecordQuery& query);
    [[nodiscard]] Result<std::vector<AuditEntry>> read_audit(const AuditQuery& query);

private:
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Error failed(int code, std::string_view doing);

    const std::string path_;
    const std::string vfs_;
    std::unique_ptr<SqliteDatabase> database_;  // null: not yet opened, or a question failed
};

// The texts of a query's statements.
[[nodiscard]] std::string select_records(const RecordQuery& query);
[[nodiscard]] std::string select_record_count(const RecordQuery& query);

}  // namespace posthaste
