#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "server/commands/commands.h"
#include "server/commands/doctor_checks.h"

namespace posthaste {

int run_health(const std::string& server_url) {
    const CheckResult check = check_server(server_url);
    if (check.finding == Finding::ok) {
        fmt::print("{}\n", check.text);
        return 0;
    }
    fmt::print(stderr, "posthaste health: {}: {}\n", server_url, check.text);
    return 1;
}

void add_health_command(CLI::App& app, int& exit_code) {
    const ServerAddress standard;
    auto url = std::make_shared<std::string>(standard.url);
    CLI::App* command = app.add_subcommand(
        "health", "Ask a running server whether it can accept: exit status 0, else 1");
    command->add_option("--server", *url, "The server's address")
        ->capture_default_str()
        ->envname("POSTHASTE_SERVER");
    command->callback([url, &exit_code] { exit_code = run_health(*url); });
}

}  // namespace posthaste
