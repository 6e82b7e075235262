#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "server/commands/commands.h"
#include "server/config.h"
#include "server/open_store.h"

namespace posthaste {

namespace {

Result<std::string> carry_out(const MigrateOptions& options) {
    // Only where the data lies matters here.
    std::map<std::string, std::string> flags = options.settings;
    flags["auth"] = "open";
    flags["insecure_open"] = "true";
    ASSIGN_OR_RETURN(const ServerConfig config,
                     load_config(options.config_file, options.environment, flags));
    return migrate_database(config);
}

}  // namespace

int run_migrate(const MigrateOptions& options) {
    const Result<std::string> done = carry_out(options);
    if (done)
        fmt::print("{}\n", *done);
    else
        fmt::print(stderr, "posthaste migrate: {}\n", done.error().message);
    return done ? 0 : 1;
}

void add_migrate_command(CLI::App& app, int& exit_code, const SettingSource& environment) {
    CLI::App* command = app.add_subcommand("migrate",
                                           "Make a PostgreSQL database's tables, or bring them "
                                           "forward; a server's start does so, too");
    auto options = std::make_shared<MigrateOptions>();
    options->environment = environment;
    command->add_option("--config", options->config_file, "The server's TOML file")
        ->check(CLI::ExistingFile);
    command->add_option_function<std::string>(
        "--database", [options](const std::string& text) { options->settings["database"] = text; },
        "As the server's");
    command->callback([options, &exit_code] { exit_code = run_migrate(*options); });
}

}  // namespace posthaste
