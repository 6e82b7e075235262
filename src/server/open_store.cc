#include "server/open_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "store/postgres/pg_connection.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/postgres_tools.h"
#include "store/sqlite/config_reader.h"
#include "store/sqlite/folder_sealing.h"
#include "store/sqlite/sqlite_store.h"

namespace posthaste {

namespace {

// For whoever finds the database taken.
std::string name_of_this_server(const ServerConfig& config) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fmt::format("process {} on {}, listening on {}:{}", ::getpid(), host.data(),
                       config.listen_host, config.listen_port);
}

}  // namespace

Result<std::unique_ptr<SealedStore>> open_store(const ServerConfig& config,
                                                std::shared_ptr<const KeyRing> keys, Clock& clock,
                                                Entropy& entropy, std::vector<ReactorPost> posts) {
    if (!config.database_url.empty()) {
        PostgresOptions options;
        options.url = config.database_url;
        options.keys = std::move(keys);
        options.encrypt_payloads = config.encrypt_payloads;
        options.server_name = name_of_this_server(config);
        return PostgresStore::open(std::move(options), clock, entropy, std::move(posts));
    }
    SqliteOptions options;
    options.directory = config.database_dir;
    options.keys = std::move(keys);
    options.encrypt_payloads = config.encrypt_payloads;
    options.partition_bytes_max = config.partition_bytes_max;
    return SqliteStore::open(std::move(options), clock, entropy, std::move(posts));
}

std::string describe_database(const ServerConfig& config) {
    return config.database_url.empty() ? config.database_dir : describe_pg_url(config.database_url);
}

Result<std::unique_ptr<ConfigSource>> open_config(const ServerConfig& config) {
    if (!config.database_url.empty())
        return std::make_unique<PostgresConfigSource>(config.database_url);
    SqliteOptions options;
    options.directory = config.database_dir;
    return std::make_unique<ConfigReader>(config_path(options), options.vfs);
}

Result<std::string> migrate_database(const ServerConfig& config) {
    if (config.database_url.empty())
        return fail(ErrorCode::invalid,
                    "files of sqlite:PATH are brought forward when the server opens them; name a "
                    "database with --database postgres://USER@HOST/NAME");
    if (auto done = migrate_postgres(config.database_url); !done)
        return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(const PostgresState state, read_postgres_state(config.database_url));
    return fmt::format("{}: schema version {}", describe_database(config), state.schema_version);
}

Result<SealingStatus> read_sealing_status(const ServerConfig& config) {
    return config.database_url.empty() ? read_sealing_status(config.database_dir)
                                       : read_postgres_sealing(config.database_url);
}

}  // namespace posthaste
