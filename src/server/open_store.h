#pragma once

// The store that the settings name: a folder of SQLite files, or a PostgreSQL database.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/sealing.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "server/config.h"
#include "store/common/config_source.h"
#include "store/common/sealed_store.h"
#include "store/common/sealing_status.h"

namespace posthaste {

// `posts` has one entry per reactor; `entropy` belongs to the store from now on.
[[nodiscard]] Result<std::unique_ptr<SealedStore>> open_store(const ServerConfig& config,
                                                              std::shared_ptr<const KeyRing> keys,
                                                              Clock& clock, Entropy& entropy,
                                                              std::vector<ReactorPost> posts);

// Where the data lies, for people: no password.
[[nodiscard]] std::string describe_database(const ServerConfig& config);

// What reads organizations and the audit log; no records that bear secrets.
[[nodiscard]] Result<std::unique_ptr<ConfigSource>> open_config(const ServerConfig& config);

// Makes the tables of a PostgreSQL database, or brings them forward; says what there is now. Files are brought forward when
// they are opened: nothing is to be done for them.
[[nodiscard]] Result<std::string> migrate_database(const ServerConfig& config);

// Which keys the data needs. A place without data needs none.
[[nodiscard]] Result<SealingStatus> read_sealing_status(const ServerConfig& config);

}  // namespace posthaste
