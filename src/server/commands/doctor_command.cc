#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "server/commands/commands.h"
#include "server/commands/doctor_checks.h"

namespace posthaste {
namespace {

void print_check(const CheckResult& check) {
    fmt::print("{:5} {:16} {}\n", to_string(check.finding), check.area, check.text);
    if (!check.advice.empty()) fmt::print("{:5} {:16} -> {}\n", "", "", check.advice);
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
    const auto directory = data_directory_of(options);
    if (!directory) {
        fmt::print(stderr, "posthaste doctor: {}\n", directory.error().message);
        return 2;
    }
    std::vector<CheckResult> checks{check_data_directory(*directory), check_key_files(*directory)};
    if (is_postgres(options.database)) {
        checks.push_back(check_postgres(options.database));
    } else {
        checks.push_back(check_free_space(*directory));
        checks.push_back(check_fdatasync(*directory));
    }
    checks.push_back(check_open_files());
    checks.push_back(check_clock());
    checks.push_back(check_port(options.listen));
    checks.push_back(check_resolver(options.resolve));
    if (!options.server_url.empty()) checks.push_back(check_server(options.server_url));
    for (CheckResult& check : check_libraries()) checks.push_back(std::move(check));
    std::for_each(checks.begin(), checks.end(), print_check);
    const bool failed = std::any_of(checks.begin(), checks.end(), [](const CheckResult& check) {
        return check.finding == Finding::fail;
    });
    fmt::print("{}\n", failed ? "not fit to run: mend what FAILs" : "fit to run");
    return failed ? 1 : 0;
}

void add_doctor_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<DoctorOptions>();
    CLI::App* command =
        app.add_subcommand("doctor", "Check that this machine has what the server needs");
    command->add_option("--database", options->database, "As for serve")
        ->capture_default_str()
        ->envname("POSTHASTE_DATABASE");
    command->add_option("--data-dir", options->data_dir, "As for serve, with PostgreSQL")
        ->capture_default_str()
        ->envname("POSTHASTE_DATA_DIR");
    command->add_option("--listen", options->listen, "As for serve")
        ->capture_default_str()
        ->envname("POSTHASTE_LISTEN");
    command->add_option("--server", options->server_url, "Also check a running server");
    command->add_option("--resolve", options->resolve, "A name that must resolve")
        ->capture_default_str();
    command->callback([options, &exit_code] { exit_code = run_doctor(*options); });
}

}  // namespace posthaste
