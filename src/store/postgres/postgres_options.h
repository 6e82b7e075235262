#pragma once

// What a PostgresStore is made with. Constant after construction; tests make the limits small.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "domain/sealing.h"

namespace posthaste {

struct PostgresOptions {
    // postgres://user@host:port/database?option=value. What it does not say libpq takes from its PG… variables and its
    // password file. It may hold a password: never shown.
    std::string url;
    std::shared_ptr<const KeyRing> keys;  // of what must not lie readable in the tables; never null
    bool encrypt_payloads = false;        // also payloads, bodies and responses
    std::string server_name;              // of this server, for whoever finds the database taken
    std::size_t reader_threads = 2;
    Duration partition_span = 6h;  // events of this long share their tables
    Duration lease = 15s;          // a server that was silent for this long has lost the database
    std::size_t group_bytes_max =
        64u << 20;              // what one transaction brings at most; one batch always fits
    Duration backoff_max = 5s;  // between two attempts to connect
};

}  // namespace posthaste
