// The posthaste binary: one command line for the server and its tools.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/commands/commands.h"
#include "server/config.h"
#include "server/env_file.h"
#include "server/serve.h"
#include "server/settings.h"

namespace {

using namespace posthaste;

constexpr int kUsageStatus = 2;

// A blank value counts as not set: compose files and unit files often have no other way to leave a variable out.
std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (!value || std::string_view(value).find_first_not_of(' ') == std::string_view::npos)
        return std::nullopt;
    return value;
}

struct ServeFlags {
    std::string file;
    std::string env_file;
    std::map<std::string, std::string> values;
};

int run_serve(const ServeFlags& flags) {
    const Result<Environment> variables = with_env_file(environment, flags.env_file);
    const Result<ServerConfig> config = variables
                                            ? load_config(flags.file, *variables, flags.values)
                                            : std::unexpected(variables.error());
    const Result<int> status = config ? serve(*config) : std::unexpected(config.error());
    if (status) return *status;
    std::fprintf(stderr, "posthaste: %s\n", status.error().message.c_str());
    return config ? 1 : kUsageStatus;
}

void add_serve_command(CLI::App& app, int& exit_code) {
    CLI::App* serve = app.add_subcommand("serve", "Run the server");
    auto flags = std::make_shared<ServeFlags>();
    serve->add_option("--config", flags->file, "TOML file with the settings below")
        ->check(CLI::ExistingFile);
    serve->add_option("--env-file", flags->env_file, "File of variables, NAME=VALUE a line")
        ->check(CLI::ExistingFile);
    for (const Setting& setting : settings()) {
        const std::string name(setting.name);
        auto keep = [flags, name](const std::string& text) { flags->values[name] = text; };
        serve->add_option_function<std::string>(flag_of(setting), keep, std::string(setting.help))
            ->type_name(std::string(setting.value));
    }
    serve->footer(
        "Every setting is also a variable (POSTHASTE_LISTEN, …) and a key of the TOML file "
        "(listen, …).");
    serve->callback([flags, &exit_code] { exit_code = run_serve(*flags); });
}

bool is_command(const CLI::App& app, std::string_view word) {
    for (const CLI::App* command : app.get_subcommands({}))
        if (command->get_name() == word) return true;
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("posthaste delivers webhooks: durable, signed, retried.", "posthaste");
    app.require_subcommand(1);
    app.footer("Start with: posthaste serve --auth open --allow-net 127.0.0.0/8");
    int exit_code = 0;
    add_serve_command(app, exit_code);
    add_token_command(app, exit_code, environment);
    add_user_command(app, exit_code, environment);
    add_audit_command(app, exit_code, environment);
    add_rekey_command(app, exit_code, environment);
    add_migrate_command(app, exit_code, environment);
    add_listen_command(app, exit_code);
    add_send_command(app, exit_code);
    add_seed_command(app, exit_code);
    add_bench_command(app, exit_code);
    add_doctor_command(app, exit_code);
    add_health_command(app, exit_code);
    add_version_command(app, exit_code);
    if (argc < 2) {
        std::fputs(app.help().c_str(), stdout);
        return 0;
    }
    if (const std::string_view word = argv[1]; !word.starts_with('-') && !is_command(app, word)) {
        std::fprintf(stderr, "posthaste: there is no command '%s'; posthaste --help lists them\n",
                     argv[1]);
        return kUsageStatus;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageStatus;
    }
    return exit_code;
}
