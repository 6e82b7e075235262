#pragma once

// An endpoint as a row of posthaste.db. Writer thread only.

#include <cstdint>

#include "base/result.h"
#include "domain/model.h"
#include "store/sqlite/database.h"

namespace posthaste {

// Reads all rows, tombstones included, by id.
class EndpointReader {
public:
    [[nodiscard]] static Result<EndpointReader> make(SqliteDatabase& database);
    // SQLITE_ROW, SQLITE_DONE or an error.
    [[nodiscard]] int step() { return rows_.step(); }
    // Fills a default-made endpoint from the current row.
    [[nodiscard]] int read(Endpoint& endpoint);

private:
    [[nodiscard]] int read_lists(Endpoint& endpoint);
    [[nodiscard]] int read_details(Endpoint& endpoint);
    [[nodiscard]] int read_detail_lists(Endpoint& endpoint, std::string_view details);

    SqliteStatement rows_, values_, pairs_, details_, channels_, metadata_, headers_;
};

// Inserts the row; SQLITE_CONSTRAINT_UNIQUE when another live endpoint of the application has the uid.
// REQUIRES: no row with this id.
[[nodiscard]] Result<int> insert_endpoint(SqliteDatabase& database, const Endpoint& endpoint);

}  // namespace posthaste
