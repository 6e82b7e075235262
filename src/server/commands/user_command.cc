#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/token.h"
#include "server/commands/commands.h"
#include "server/commands/password_prompt.h"
#include "server/config.h"
#include "server/core_dumps.h"
#include "server/env_file.h"
#include "server/user_admin.h"

namespace posthaste {

namespace {

Result<std::unique_ptr<UserAdmin>> open_admin(const UserOptions& options) {
    if (!options.server.url.empty()) return administer_server(options.server);
    if (!options.organization.starts_with("org_"))
        return fail(ErrorCode::invalid, "an organization's name begins with org_");
    // Only the data and its keys matter here, not whom the APIs let in.
    std::map<std::string, std::string> flags = options.settings;
    flags["auth"] = "required";
    ASSIGN_OR_RETURN(const Environment environment,
                     with_env_file(options.environment, options.env_file));
    ASSIGN_OR_RETURN(const ServerConfig config,
                     load_config(options.config_file, environment, flags));
    // A first user may be there before the first start; all else takes users that are.
    if (options.action != UserAction::add && config.database_url.empty() &&
        !std::filesystem::is_directory(config.database_dir))
        return fail(ErrorCode::not_found,
                    fmt::format("there is no data folder {}", config.database_dir));
    return administer_folder(config, options.organization);
}

Result<Role> read_role(const std::string& text) {
    const auto role = parse_role(text);
    if (!role)
        return fail(ErrorCode::invalid,
                    fmt::format("'{}' is not viewer, operator, admin or owner", text));
    return *role;
}

void print_users(const std::vector<UserRow>& rows) {
    std::size_t width = 5;
    for (const UserRow& row : rows) width = std::max(width, row.email.size());
    for (const UserRow& row : rows)
        fmt::print("{}  {:<8}  {:<{}}  {}{}{}\n", row.id, row.role, row.email, width, row.full_name,
                   row.application.empty() ? "" : " (only " + row.application + ")",
                   row.is_active ? "" : " (switched off)");
}

// What the action takes; all else is left empty.
Result<UserDraft> read_draft(const UserOptions& options) {
    const bool takes_role = options.action == UserAction::add || options.action == UserAction::role;
    const bool takes_password =
        options.action == UserAction::add || options.action == UserAction::passwd;
    UserDraft draft;
    draft.email = options.email;
    draft.full_name = options.full_name;
    draft.application = options.application;
    if (takes_role) {
        ASSIGN_OR_RETURN(draft.role, read_role(options.role));
    }
    if (takes_password) {
        ASSIGN_OR_RETURN(draft.password, ask_new_password(options.password_from_stdin
                                                              ? PasswordSource::standard_input
                                                              : PasswordSource::terminal));
    }
    return draft;
}

// Those to be shown.
Result<std::vector<UserRow>> act(UserAdmin& admin, UserAction action, UserDraft draft) {
    Result<UserRow> row;
    switch (action) {
        case UserAction::list: return admin.list();
        case UserAction::add: row = admin.add(std::move(draft)); break;
        case UserAction::role: row = admin.set_role(draft.email, draft.role); break;
        case UserAction::passwd:
            row = admin.set_password(draft.email, std::move(draft.password));
            break;
        case UserAction::remove: {
            if (auto removed = admin.remove(draft.email); !removed)
                return std::unexpected(std::move(removed).error());
            return std::vector<UserRow>();
        }
    }
    if (!row) return std::unexpected(std::move(row).error());
    return std::vector<UserRow>{*std::move(row)};
}

Result<void> carry_out(const UserOptions& options) {
    if (auto done = forbid_core_dumps(); !done) return done;
    ASSIGN_OR_RETURN(UserDraft draft, read_draft(options));
    ASSIGN_OR_RETURN(const auto admin, open_admin(options));
    ASSIGN_OR_RETURN(const auto rows, act(*admin, options.action, std::move(draft)));
    print_users(rows);
    return {};
}

}  // namespace

int run_user(const UserOptions& options) {
    const Result<void> done = carry_out(options);
    if (done) return 0;
    fmt::print(stderr, "posthaste user: {}\n", done.error().message);
    return 1;
}

namespace {

using OptionsPtr = std::shared_ptr<UserOptions>;

// Where the users are: in a data folder, or with a server.
void add_place(CLI::App& command, const OptionsPtr& options) {
    CLI::Option* const server =
        command.add_option("--server", options->server.url, "Go through this running server");
    command
        .add_option("--token", options->server.token,
                    "For --server: an API key, or what `posthaste token` prints")
        ->envname("POSTHASTE_TOKEN");
    command
        .add_option("--organization", options->organization,
                    "Whose users; with --server it is the token's")
        ->excludes(server)
        ->capture_default_str();
    command.add_option("--config", options->config_file, "The server's TOML file")
        ->check(CLI::ExistingFile);
    command.add_option("--env-file", options->env_file, "The server's file of variables")
        ->check(CLI::ExistingFile);
    for (const char* name : {"database", "encryption_key_file"}) {
        std::string flag = std::string("--") + name;
        std::ranges::replace(flag, '_', '-');
        command
            .add_option_function<std::string>(
                flag, [options, name](const std::string& text) { options->settings[name] = text; },
                "As the server's")
            ->excludes(server);
    }
}

struct Subcommand {
    const char* name;
    UserAction action;
    const char* help;
};

constexpr Subcommand kSubcommands[] = {
    {"add", UserAction::add, "Add a user; the password is asked for"},
    {"passwd", UserAction::passwd, "Give a user a new password, and end their sessions"},
    {"role", UserAction::role, "Change a user's role"},
    {"remove", UserAction::remove, "Remove a user"},
    {"list", UserAction::list, "List users"},
};

}  // namespace

void add_user_command(CLI::App& app, int& exit_code, const SettingSource& environment) {
    CLI::App* const user = app.add_subcommand(
        "user", "Users: in the data folder while no server runs, or through a running one");
    user->require_subcommand(1);
    for (const Subcommand& each : kSubcommands) {
        auto options = std::make_shared<UserOptions>();
        options->action = each.action;
        options->environment = environment;
        options->organization = kDefaultOrganization;
        CLI::App* const command = user->add_subcommand(each.name, each.help);
        if (each.action != UserAction::list)
            command->add_option("email", options->email, "Their e-mail address")->required();
        if (each.action == UserAction::role)
            command->add_option("role", options->role, "viewer, operator, admin or owner")
                ->required();
        if (each.action == UserAction::add) {
            command->add_option("--role", options->role, "viewer, operator, admin or owner")
                ->capture_default_str();
            command->add_option("--name", options->full_name, "What they are called");
            command->add_option("--app", options->application, "Only this application");
        }
        if (each.action == UserAction::add || each.action == UserAction::passwd)
            command->add_flag("--password-stdin", options->password_from_stdin,
                              "Read the password from the first line of standard input");
        add_place(*command, options);
        command->callback([options, &exit_code] { exit_code = run_user(*options); });
    }
}

}  // namespace posthaste
