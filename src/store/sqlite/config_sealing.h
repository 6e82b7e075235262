#pragma once

// Secrets in posthaste.db: which keys its values are sealed with, and sealing them anew. See also config_4.sql.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/sealing.h"
#include "store/common/sealer.h"
#include "store/sqlite/database.h"

namespace posthaste {

// Makes the functions that config_4.sql calls known to a connection. `sealer` must outlive it.
[[nodiscard]] Result<void> register_sealing(SqliteDatabase& database, Sealer& sealer);

enum class SealedTable : bool { endpoint, record };

// Rows behind `after` whose values are sealed with another key than `primary`, in order. On any connection.
[[nodiscard]] Result<std::vector<std::int64_t>> rows_to_reseal(SqliteDatabase& database,
                                                               SealedTable table,
                                                               std::int64_t after,
                                                               SealingKeyId primary,
                                                               std::size_t limit);
// Seals these rows with the first key; a row that is gone or has it already is left alone. REQUIRES: a write transaction.
[[nodiscard]] Result<void> reseal_rows(SqliteDatabase& database, SealedTable table,
                                       std::span<const std::int64_t> rows, Sealer& sealer);

// How many values of each table a key has sealed. On any connection; reads the tables.
struct KeyUse {
    std::string key;  // as in sealing_key
    std::uint64_t endpoints = 0;
    std::uint64_t records = 0;
};
[[nodiscard]] Result<std::vector<KeyUse>> count_key_uses(SqliteDatabase& database);

// The rows of sealing_key: ids in hexadecimal digits, and "" for texts of older versions.
[[nodiscard]] Result<std::vector<std::string>> noted_keys(SqliteDatabase& database);
[[nodiscard]] Result<void> note_key(SqliteDatabase& database, SealingKeyId id);
// Fails when something is sealed with a key that is not in the ring; otherwise the ring's first key is noted.
[[nodiscard]] Result<void> check_keys(SqliteDatabase& database, const KeyRing& keys);
// Writes the file anew, so that unused parts of its pages hold nothing old, and takes the notes of all keys but this one
// away. REQUIRES: everything is sealed with it.
[[nodiscard]] Result<void> forget_other_keys(SqliteDatabase& database, SealingKeyId primary);

}  // namespace posthaste
