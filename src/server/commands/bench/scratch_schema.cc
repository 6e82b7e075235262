#include "server/commands/bench/scratch_schema.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "server/commands/tool_clock.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {
namespace {

Result<void> run_in(const std::string& database, const std::string& sql) {
    ASSIGN_OR_RETURN(auto connection, PgConnection::open(database));
    return connection.run_script(sql.c_str());
}

std::string url_of_schema(const std::string& database, const std::string& name) {
    return fmt::format("{}{}options=-csearch_path%3D{}", database,
                       database.find('?') == std::string::npos ? '?' : '&', name);
}

}  // namespace

Result<std::unique_ptr<ScratchSchema>> ScratchSchema::create(const std::string& database) {
    std::string name = fmt::format("posthaste_bench_{}_{}", ::getpid(), monotonic_nanos());
    if (auto made = run_in(database, "CREATE SCHEMA " + name); !made)
        return std::unexpected(std::move(made).error());
    return std::unique_ptr<ScratchSchema>(new ScratchSchema(database, std::move(name)));
}

ScratchSchema::ScratchSchema(std::string database, std::string name)
    : database_(std::move(database)),
      name_(std::move(name)),
      url_(url_of_schema(database_, name_)) {}

ScratchSchema::~ScratchSchema() {
    if (auto dropped = run_in(database_, "DROP SCHEMA " + name_ + " CASCADE"); !dropped)
        fmt::print(stderr, "the schema {} stays behind: {}\n", name_, dropped.error().message);
}

}  // namespace posthaste
