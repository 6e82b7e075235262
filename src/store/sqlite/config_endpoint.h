#pragma once

// An endpoint as a row of posthaste.db. Writer thread only.

#include <cstdint>

#include "base/result.h"
#include "domain/model.h"
#include "store/common/sealer.h"
#include "store/sqlite/database.h"

namespace posthaste {

// Reads all rows, tombstones included, by id.
class EndpointReader {
public:
    [[nodiscard]] static Result<EndpointReader> make(SqliteDatabase& database,
                                                     const Sealer& sealer);
    // SQLITE_ROW, SQLITE_DONE or an error.
    [[nodiscard]] int step() { return rows_.step(); }
    // Fills a default-made endpoint from the current row.
    [[nodiscard]] Result<void> read(Endpoint& endpoint);

private:
    EndpointReader(SqliteDatabase& database, const Sealer& sealer)
        : database_(&database), sealer_(&sealer) {}
    [[nodiscard]] Result<void> read_sealed(Endpoint& endpoint);
    [[nodiscard]] int read_lists(Endpoint& endpoint);
    [[nodiscard]] int read_details(Endpoint& endpoint);
    [[nodiscard]] int read_detail_lists(Endpoint& endpoint, std::string_view details);

    SqliteDatabase* database_;
    const Sealer* sealer_;
    SqliteStatement rows_, values_, details_, channels_, metadata_;
};

// Inserts the row; SQLITE_CONSTRAINT_UNIQUE when another live endpoint of the application has the uid.
// REQUIRES: no row with this id.
[[nodiscard]] Result<int> insert_endpoint(SqliteDatabase& database, Sealer& sealer,
                                          const Endpoint& endpoint);

}  // namespace posthaste
