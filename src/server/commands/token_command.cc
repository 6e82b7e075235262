#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "api/token.h"
#include "server/commands/commands.h"
#include "server/commands/quantity.h"
#include "server/commands/tool_clock.h"
#include "server/config.h"
#include "server/env_file.h"
#include "server/token_secret.h"

namespace posthaste {

namespace {

constexpr Duration kOrganizationLife = std::chrono::hours(24 * 3650);
constexpr Duration kApplicationLife = std::chrono::hours(24 * 28);

Result<TokenClaims> make_claims(const TokenOptions& options, Timestamp now) {
    if (!options.organization.starts_with("org_"))
        return fail(ErrorCode::invalid, "an organization's name begins with org_");
    TokenClaims claims;
    claims.subject = options.organization;
    Duration life = kOrganizationLife;
    if (!options.application.empty()) {
        if (!options.application.starts_with("app_"))
            return fail(ErrorCode::invalid,
                        "--app takes an application's id, which begins with app_");
        claims.subject = options.application;
        claims.organization = options.organization;
        life = kApplicationLife;
    }
    if (!options.expires.empty()) {
        ASSIGN_OR_RETURN(life, parse_duration(options.expires));
    }
    claims.issued_at = now;
    claims.not_before = now;
    claims.expires_at = now + life;
    return claims;
}

}  // namespace

Result<std::string> make_token(const TokenOptions& options, Timestamp now) {
    ASSIGN_OR_RETURN(const TokenClaims claims, make_claims(options, now));
    // Only the key matters here, not whom the other APIs let in.
    std::map<std::string, std::string> flags = options.settings;
    flags["auth"] = "open";
    flags["insecure_open"] = "true";
    ASSIGN_OR_RETURN(const Environment environment,
                     with_env_file(options.environment, options.env_file));
    ASSIGN_OR_RETURN(const ServerConfig config,
                     load_config(options.config_file, environment, flags));
    // The server may never have run here: then the secret is made now, and it finds it.
    std::error_code ignored;
    std::filesystem::create_directories(config.database_dir, ignored);
    ASSIGN_OR_RETURN(const TokenSettings settings,
                     token_settings(config.jwt_algorithm, config.jwt_secret, config.database_dir));
    ASSIGN_OR_RETURN(const auto keys, TokenKeys::create(settings));
    return keys->sign(claims);
}

int run_token(const TokenOptions& options) {
    const Result<std::string> token = make_token(options, wall_clock());
    if (!token) {
        fmt::print(stderr, "posthaste: {}\n", token.error().message);
        return 1;
    }
    fmt::print("{}{}\n", options.is_bare ? "" : "Token (Bearer): ", *token);
    return 0;
}

void add_token_command(CLI::App& app, int& exit_code, const SettingSource& environment) {
    CLI::App* command = app.add_subcommand("token", "Print a token for the native API");
    auto options = std::make_shared<TokenOptions>();
    options->environment = environment;
    options->organization = kDefaultOrganization;
    command->add_option("organization", options->organization, "Whose; org_ and anything")
        ->capture_default_str();
    command->add_option("--app", options->application, "Only for the application with this id");
    command->add_option("--expires", options->expires,
                        "After this time, such as 30d [10 years; of applications 28d]");
    command->add_flag("--bare", options->is_bare, "Print nothing but the token, for scripts");
    command->add_option("--config", options->config_file, "The server's TOML file")
        ->check(CLI::ExistingFile);
    command->add_option("--env-file", options->env_file, "The server's file of variables")
        ->check(CLI::ExistingFile);
    // What decides the key; the same flags and variables as the server's.
    for (const char* name : {"database", "jwt_secret", "jwt_algorithm"}) {
        std::string flag = std::string("--") + name;
        for (char& c : flag) c = c == '_' ? '-' : c;
        command->add_option_function<std::string>(
            flag, [options, name](const std::string& text) { options->settings[name] = text; },
            "As the server's");
    }
    command->callback([options, &exit_code] { exit_code = run_token(*options); });
}

}  // namespace posthaste
