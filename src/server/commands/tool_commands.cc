#include "server/commands/commands.h"

namespace posthaste {

void add_tool_commands(CLI::App& app, int& exit_code) {
    add_listen_command(app, exit_code);
    add_send_command(app, exit_code);
    add_seed_command(app, exit_code);
    add_doctor_command(app, exit_code);
    add_health_command(app, exit_code);
    add_bench_command(app, exit_code);
    add_version_command(app, exit_code);
}

}  // namespace posthaste
