// Changing the encryption key. A key is noted before it seals anything, and the note goes when nothing that it has sealed is
// left: whatever the moment of a crash, notes and partitions name every key that is needed.

#include <utility>

#include "domain/wipe.h"
#include "store/postgres/postgres_writer.h"

namespace posthaste {

namespace {

constexpr std::int64_t kRowsAtOnce = 64;

constexpr char kReadDataKeys[] =
    "SELECT first_hi, data_key FROM log_partition WHERE data_key IS NOT NULL";
constexpr char kOtherDataKeys[] =
    "SELECT first_hi, data_key FROM log_partition"
    " WHERE encode(substr(data_key, 2, 8), 'hex') <> $1 LIMIT $2";
constexpr char kWriteDataKey[] = "UPDATE log_partition SET data_key = $2 WHERE first_hi = $1";
constexpr char kForgetKeys[] = "DELETE FROM sealing_key WHERE id <> $1";

}  // namespace

Result<void> PgWriter::check_data_keys(const KeyRing& keys) {
    ASSIGN_OR_RETURN(const auto rows, connection_->query(kReadDataKeys));
    for (int row = 0; row < rows.rows(); ++row) {
        const auto id = key_of(rows.bytes(row, 1));
        if (id && !keys.has(*id))
            return std::unexpected(
                missing_key(*id, "The log's partition " + std::to_string(rows.number(row, 0))));
    }
    return check_pg_keys(*connection_, keys);
}

Result<void> PgWriter::replace_keys(std::shared_ptr<const KeyRing> keys) {
    if (auto done = transact_by([&] { return check_data_keys(*keys); }); !done) return done;
    sealer_.replace(std::move(keys));
    return {};
}

Result<std::uint64_t> PgWriter::reseal_data_keys() {
    PgParams params;
    params.add_text(to_hex(sealer_.keys()->primary())).add(kRowsAtOnce);
    ASSIGN_OR_RETURN(const auto rows, connection_->query(kOtherDataKeys, params));
    for (int row = 0; row < rows.rows(); ++row) {
        const std::uint64_t first_hi = rows.number(row, 0);
        ASSIGN_OR_RETURN(auto key, open_partition_key(sealer_, first_hi, rows.bytes(row, 1)));
        PgParams sealed;
        sealed.add(first_hi).add_bytes(seal_partition_key(sealer_, first_hi, key));
        wipe(key);
        if (auto done = connection_->execute(kWriteDataKey, sealed); !done)
            return std::unexpected(std::move(done).error());
    }
    return static_cast<std::uint64_t>(rows.rows());
}

Result<bool> PgWriter::reseal_some(ResealReport& report) {
    ResealReport now;
    auto done = transact_by([&]() -> Result<void> {
        ASSIGN_OR_RETURN(now.log_files, reseal_data_keys());
        ASSIGN_OR_RETURN(now.endpoints, reseal_pg_endpoints(*connection_, sealer_, kRowsAtOnce));
        ASSIGN_OR_RETURN(now.records, reseal_pg_records(*connection_, sealer_, kRowsAtOnce));
        if (now.log_files + now.endpoints + now.records != 0) return {};
        PgParams primary;
        primary.add_text(to_hex(sealer_.keys()->primary()));
        return connection_->execute(kForgetKeys, primary);
    });
    if (!done) return std::unexpected(std::move(done).error());
    report.log_files += now.log_files;
    report.endpoints += now.endpoints;
    report.records += now.records;
    report.has_rewritten = report.endpoints + report.records != 0;
    return now.log_files + now.endpoints + now.records != 0;
}

}  // namespace posthaste
