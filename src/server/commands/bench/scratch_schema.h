#pragma once

// A schema of its own in a PostgreSQL database, for the one server that is measured: every run begins with empty tables, and
// leaves the database as it was.

#include <memory>
#include <string>

#include "base/result.h"

namespace posthaste {

class ScratchSchema {
public:
    // `database` as in PostgresOptions::url.
    [[nodiscard]] static Result<std::unique_ptr<ScratchSchema>> create(const std::string& database);
    // Drops it with all that is in it.
    ~ScratchSchema();
    ScratchSchema(const ScratchSchema&) = delete;
    ScratchSchema& operator=(const ScratchSchema&) = delete;

    // The database's address, where names without a schema mean those of this one.
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    ScratchSchema(std::string database, std::string name);

    const std::string database_;
    const std::string name_;
    const std::string url_;
};

}  // namespace posthaste
