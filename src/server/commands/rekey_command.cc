#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "server/commands/commands.h"
#include "server/commands/quantity.h"
#include "server/config.h"
#include "server/core_dumps.h"
#include "server/rekey.h"

namespace posthaste {

namespace {

Result<std::string> carry_out(const RekeyOptions& options) {
    if (auto done = forbid_core_dumps(); !done) return std::unexpected(std::move(done).error());
    // Only the data and the keys matter here, not whom the APIs let in.
    std::map<std::string, std::string> flags = options.settings;
    flags["auth"] = "open";
    flags["insecure_open"] = "true";
    ASSIGN_OR_RETURN(const ServerConfig config,
                     load_config(options.config_file, options.environment, flags));
    switch (options.action) {
        case RekeyAction::rekey: return rekey(config, options.wait_max);
        case RekeyAction::status: return describe_keys(config);
        case RekeyAction::prune: return prune_keys(config);
    }
    return std::string();
}

int report(const Error& error) {
    fmt::print(stderr, "posthaste: {}\n", error.message);
    return 1;
}

}  // namespace

int run_rekey(const RekeyOptions& options) {
    const Result<std::string> done = carry_out(options);
    if (!done) return report(done.error());
    fmt::print("{}", *done);
    return 0;
}

void add_rekey_command(CLI::App& app, int& exit_code, const SettingSource& environment) {
    CLI::App* command = app.add_subcommand(
        "rekey", "Seal the secrets at rest with a new key, also while the server runs");
    auto options = std::make_shared<RekeyOptions>();
    options->environment = environment;
    const auto choose = [options](RekeyAction action) {
        return [options, action](std::int64_t) { options->action = action; };
    };
    CLI::Option* const status = command->add_flag_function(
        "--status", choose(RekeyAction::status), "Only tell how much each key has sealed");
    command
        ->add_flag_function("--prune", choose(RekeyAction::prune),
                            "Only take keys that nothing needs out of the file")
        ->excludes(status);
    auto wait_max = std::make_shared<std::string>("10m");
    command->add_option("--wait-max", *wait_max, "At most so long for a running server")
        ->capture_default_str();
    command->add_option("--config", options->config_file, "The server's TOML file")
        ->check(CLI::ExistingFile);
    for (const char* name : {"database", "encryption_key_file"}) {
        std::string flag = std::string("--") + name;
        for (char& c : flag) c = c == '_' ? '-' : c;
        command->add_option_function<std::string>(
            flag, [options, name](const std::string& text) { options->settings[name] = text; },
            "As the server's");
    }
    command->callback([options, wait_max, &exit_code] {
        const auto patience = parse_duration(*wait_max);
        if (patience) options->wait_max = *patience;
        exit_code = patience ? run_rekey(*options) : report(patience.error());
    });
}

}  // namespace posthaste
