#pragma once

// posthaste.db: endpoints, and the counters of log files that retention has dropped. Writer thread only.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/model.h"
#include "ports/store.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

class ConfigFile {
public:
    // Opens or makes the file and migrates it.
    [[nodiscard]] static Result<ConfigFile> open(const SqliteOptions& options);

    [[nodiscard]] Result<std::vector<Endpoint>> load_endpoints();
    // Stores `endpoint` with revision + 1 if the stored revision is endpoint.revision; conflict otherwise.
    [[nodiscard]] Result<Endpoint> put_endpoint(Endpoint endpoint);

    // Adds a dropped log file's counters to the totals, once for each name.
    [[nodiscard]] Result<void> fold(const std::string& name, const Tally& counters,
                                    std::uint64_t id_floor);
    [[nodiscard]] Result<std::vector<std::string>> folded();
    [[nodiscard]] Result<void> forget_folded(const std::string& name);
    [[nodiscard]] Result<Tally> totals();
    // No id issued from now on may be lower.
    [[nodiscard]] Result<std::uint64_t> id_floor();

private:
    explicit ConfigFile(SqliteDatabase database, const SqliteOptions& options)
        : database_(std::make_unique<SqliteDatabase>(std::move(database))), options_(&options) {}
    [[nodiscard]] Result<void> reconnect();
    [[nodiscard]] Result<std::uint64_t> stored_revision(std::uint64_t hi);
    [[nodiscard]] Result<void> write_endpoint(const Endpoint& endpoint);
    [[nodiscard]] Result<void> finish(Result<void> done);

    std::unique_ptr<SqliteDatabase>
        database_;  // null after an ambiguous failure, until reconnect()
    const SqliteOptions* options_;
};

}  // namespace posthaste
