#pragma once

// Looks at a posthaste database beside a running server, or without one.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/common/config_source.h"
#include "store/common/sealing_status.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {

// Connects with the first question. Must not be asked for records that bear secrets.
class PostgresConfigSource final : public ConfigSource {
public:
    explicit PostgresConfigSource(std::string url) : url_(std::move(url)) {}

    [[nodiscard]] Result<std::vector<Record>> read_records(const RecordQuery& query) override;
    [[nodiscard]] Result<std::vector<AuditEntry>> read_audit(const AuditQuery& query) override;

private:
    [[nodiscard]] Result<void> connect();

    const std::string url_;
    std::optional<PgConnection> connection_;
};

// Which keys the database needs. One without posthaste's tables needs none.
[[nodiscard]] Result<SealingStatus> read_postgres_sealing(const std::string& url);

// Makes the tables, or brings them forward (schema.h).
[[nodiscard]] Result<void> migrate_postgres(const std::string& url);

struct PostgresState {
    std::string server_version;       // "15.18"
    std::int64_t schema_version = 0;  // 0: no tables yet
    bool is_durable = true;           // fsync is on
};
[[nodiscard]] Result<PostgresState> read_postgres_state(const std::string& url);

}  // namespace posthaste
