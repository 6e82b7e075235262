#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "api/authenticator.h"
#include "api/native/query.h"
#include "base/bytes.h"
#include "server/commands/audit_check.h"
#include "server/commands/commands.h"
#include "server/config.h"
#include "server/open_store.h"

namespace posthaste {

namespace {

// Exit statuses: the log is as it was written; it is not; that could not be found out.
constexpr int kHolds = 0;
constexpr int kBroken = 1;
constexpr int kUnknown = 2;

int cannot(const Error& error) {
    fmt::print(stderr, "posthaste audit: {}\n", error.message);
    return kUnknown;
}

Result<std::unique_ptr<ConfigSource>> open_reader(const AuditOptions& options) {
    // Only where the data lies matters here.
    std::map<std::string, std::string> flags = options.settings;
    flags["auth"] = "open";
    flags["insecure_open"] = "true";
    ASSIGN_OR_RETURN(const ServerConfig config,
                     load_config(options.config_file, options.environment, flags));
    return open_config(config);
}

Result<std::optional<std::string>> parse_head(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto head = from_hex(text);
    if (!head || head->size() != kAuditHashBytes)
        return fail(ErrorCode::invalid, "--head takes 64 hexadecimal digits");
    return head;
}

Result<std::optional<Timestamp>> parse_bound(const std::string& flag, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto at = native::parse_time(text);
    if (!at)
        return fail(ErrorCode::invalid,
                    fmt::format("{} takes a time such as 2026-01-02T03:04:05Z", flag));
    return at;
}

Result<AuditQuery> make_query(const AuditListOptions& options) {
    const auto given = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
    };
    AuditQuery query;
    if (!options.organization.empty()) {
        const auto id = parse_uuid(options.organization);
        query.organization = id ? OrganizationId{*id} : organization_id(options.organization);
    }
    query.actor = given(options.actor);
    query.action = given(options.action);
    query.object = given(options.object);
    ASSIGN_OR_RETURN(query.since, parse_bound("--since", options.since));
    ASSIGN_OR_RETURN(query.until, parse_bound("--until", options.until));
    query.above = options.after;
    query.newest_first = options.newest_first;
    if (options.limit != 0) query.limit = options.limit;
    return query;
}

}  // namespace

int run_audit_verify(const AuditOptions& options, const std::string& head_text) {
    const auto head = parse_head(head_text);
    if (!head) return cannot(head.error());
    auto reader = open_reader(options);
    if (!reader) return cannot(reader.error());
    const Result<AuditCheck> check = check_audit(**reader, *head);
    if (!check) return cannot(check.error());
    if (check->misfit) {
        fmt::print(
            stderr,
            "posthaste audit: entry {} does not follow from the {} before it: it was changed, "
            "removed or moved, or one of them was\n",
            *check->misfit, check->chain.length);
        return kBroken;
    }
    if (!check->has_head) {
        fmt::print(stderr,
                   "posthaste audit: none of the {} entries has the hash {}: the log's end was cut "
                   "off, or the whole log was written anew\n",
                   check->chain.length, head_text);
        return kBroken;
    }
    fmt::print("{} entries, head {}\n", check->chain.length, to_hex(check->chain.head));
    return kHolds;
}

int run_audit_list(const AuditOptions& options, const AuditListOptions& list) {
    const auto query = make_query(list);
    if (!query) return cannot(query.error());
    auto reader = open_reader(options);
    if (!reader) return cannot(reader.error());
    const auto names = read_organizations(**reader);
    if (!names) return cannot(names.error());
    const auto read = for_each_entry(**reader, *query, [&](const AuditEntry& entry) {
        fmt::print("{}\n", audit_line(entry, *names));
    });
    return read ? kHolds : cannot(read.error());
}

namespace {

void add_database_options(CLI::App& command, const std::shared_ptr<AuditOptions>& options) {
    command.add_option("--config", options->config_file, "The server's TOML file")
        ->check(CLI::ExistingFile);
    command.add_option_function<std::string>(
        "--database", [options](const std::string& text) { options->settings["database"] = text; },
        "As the server's");
}

void add_verify_command(CLI::App& audit, int& exit_code, const SettingSource& environment) {
    CLI::App* command = audit.add_subcommand(
        "verify", "Check that no entry was changed, removed or moved; print the last one's hash");
    auto options = std::make_shared<AuditOptions>();
    auto head = std::make_shared<std::string>();
    options->environment = environment;
    add_database_options(*command, options);
    command->add_option("--head", *head, "A hash printed earlier; it must still be in the log");
    command->footer("Exit status: 0 the log holds, 1 it does not, 2 it could not be read.");
    command->callback([=, &exit_code] { exit_code = run_audit_verify(*options, *head); });
}

void add_list_command(CLI::App& audit, int& exit_code, const SettingSource& environment) {
    CLI::App* command = audit.add_subcommand("list", "Print entries as lines of JSON");
    auto options = std::make_shared<AuditOptions>();
    auto list = std::make_shared<AuditListOptions>();
    options->environment = environment;
    add_database_options(*command, options);
    command->add_option("--organization", list->organization, "Its name, org_…, or its UUID");
    command->add_option("--actor", list->actor, "Who did it: user_…, key_…, org_…, operator");
    command->add_option("--action", list->action,
                        "What: endpoint.create, or endpoint for all that begin so");
    command->add_option("--object", list->object, "To what: its id");
    command->add_option("--since", list->since, "From this time on (RFC 3339)");
    command->add_option("--until", list->until, "Before this time");
    command->add_option("--after", list->after, "Only entries behind this sequence");
    command->add_option("--limit", list->limit, "At most so many; 0: all")->capture_default_str();
    command->add_flag("--newest-first", list->newest_first, "From the end on");
    command->callback([=, &exit_code] { exit_code = run_audit_list(*options, *list); });
}

}  // namespace

void add_audit_command(CLI::App& app, int& exit_code, const SettingSource& environment) {
    CLI::App* command = app.add_subcommand("audit", "Read or verify the audit log of a database");
    command->require_subcommand(1);
    add_verify_command(*command, exit_code, environment);
    add_list_command(*command, exit_code, environment);
}

}  // namespace posthaste
