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
#include "store/common/config_source.h"
#include "store/common/sealer.h"
#include "store/sqlite/config_sealing.h"
#include "store/sqlite/database.h"

namespace posthaste {

class ConfigReader final : public ConfigSource {
public:
    // Opens the file with the first question: it has to be there by then, with the current schema.
    // Without a sealer it must not be asked for records that bear secrets.
    ConfigReader(std::string path, std::string vfs, const Sealer* sealer = nullptr)
        : path_(std::move(path)), vfs_(std::move(vfs)), sealer_(sealer) {}

    [[nodiscard]] Result<std::vector<Record>> read_records(const RecordQuery& query) override;
    [[nodiscard]] Result<std::uint64_t> count_records(const RecordQuery& query);
    [[nodiscard]] Result<std::vector<AuditEntry>> read_audit(const AuditQuery& query) override;
    // Rows behind `after` that another key than `primary` has sealed (config_sealing.h).
    [[nodiscard]] Result<std::vector<std::int64_t>> rows_to_reseal(SealedTable table,
                                                                   std::int64_t after,
                                                                   SealingKeyId primary,
                                                                   std::size_t limit);

private:
    [[nodiscard]] Result<Record> read_record(SqliteStatement& row);
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Error failed(int code, std::string_view doing);

    const std::string path_;
    const std::string vfs_;
    const Sealer* const sealer_;
    std::unique_ptr<SqliteDatabase> database_;  // null: not yet opened, or a question failed
};

// The texts of a query's statements.
[[nodiscard]] std::string select_records(const RecordQuery& query);
[[nodiscard]] std::string select_record_count(const RecordQuery& query);

}  // namespace posthaste
