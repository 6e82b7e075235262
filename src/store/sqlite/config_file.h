#pragma once

// posthaste.db as the writer sees it: endpoints, changes of records and of the audit log, and the counters of log files that
// retention has dropped. Writer thread only; records and audit entries are read elsewhere (config_reader.h).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/model.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/sqlite/config_sealing.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

// Brings the file to the current schema; refuses a newer one. Tests make files of an older version. REQUIRES, for the steps
// from version 4 on: register_sealing().
inline constexpr std::size_t kConfigVersion = 5;
[[nodiscard]] Result<void> migrate_config(SqliteDatabase& database,
                                          std::size_t version = kConfigVersion);

class ConfigFile {
public:
    // Opens or makes the file and migrates it. Fails when it holds a secret that no key of the ring opens.
    [[nodiscard]] static Result<ConfigFile> open(const SqliteOptions& options, Sealer& sealer);

    [[nodiscard]] Result<std::vector<Endpoint>> load_endpoints();
    // Stores all objects with revision + 1 if each one's stored revision is the one given: Store::change_config. Ids must
    // have been issued; none issued after a restart will be lower than `newest_id`.
    [[nodiscard]] Result<ConfigChange> change(ConfigChange change, std::uint64_t newest_id);
    // Deletes the records that expire at `now` or did before.
    [[nodiscard]] Result<void> expire_records(Timestamp now);

    // Keys. See config_sealing.h; each is one transaction.
    [[nodiscard]] Result<std::vector<std::string>> noted_keys();
    [[nodiscard]] Result<void> take_keys(const KeyRing& keys);
    [[nodiscard]] Result<void> reseal(SealedTable table, std::span<const std::int64_t> rows);
    [[nodiscard]] Result<void> forget_other_keys(SealingKeyId primary);

    // Adds a dropped log file's counters to the totals, once for each name.
    [[nodiscard]] Result<void> fold(const std::string& name, const Tally& counters,
                                    std::uint64_t id_floor);
    [[nodiscard]] Result<std::vector<std::string>> folded();
    [[nodiscard]] Result<void> forget_folded(const std::string& name);
    [[nodiscard]] Result<Tally> totals();
    // No id issued from now on may be lower.
    [[nodiscard]] Result<std::uint64_t> id_floor();

private:
    ConfigFile(SqliteDatabase database, const SqliteOptions& options, Sealer& sealer)
        : database_(std::make_unique<SqliteDatabase>(std::move(database))),
          options_(&options),
          sealer_(&sealer) {}
    [[nodiscard]] Result<void> reconnect();
    // Objects (config_objects.cc).
    [[nodiscard]] Result<void> write(ConfigChange& change, std::uint64_t newest_id);
    [[nodiscard]] Result<void> write(Endpoint& endpoint);
    [[nodiscard]] Result<void> write(Record& record);
    [[nodiscard]] Result<void> insert(const Record& record);
    [[nodiscard]] Result<void> finish(Result<void> done);

    std::unique_ptr<SqliteDatabase>
        database_;  // null after an ambiguous failure, until reconnect()
    const SqliteOptions* options_;
    Sealer* sealer_;
};

}  // namespace posthaste
