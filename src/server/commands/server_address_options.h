#pragma once

// --server and --token, the same for every command that calls a server.

#include <CLI/CLI.hpp>

#include "server/commands/commands.h"

namespace posthaste {

inline void add_server_options(CLI::App& command, ServerAddress& server) {
    command.add_option("--server", server.url, "The server's address")
        ->capture_default_str()
        ->envname("POSTHASTE_SERVER");
    command.add_option("--token", server.token, "For a server that requires authentication")
        ->envname("POSTHASTE_TOKEN");
}

}  // namespace posthaste
