#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "server/commands/bench/plain_json.h"
#include "server/commands/bench/probe.h"
#include "server/commands/bench/rig.h"
#include "server/commands/bench/scenarios.h"
#include "server/commands/bench/subscribers_bench.h"
#include "server/commands/commands.h"

namespace posthaste {
namespace {

namespace json = boost::json;

struct Scenario {
    const char* name;
    Result<json::object> (*run)(const BenchOptions&);
    // By which figure runs are ordered to find the middle one.
    const char* figure;
};
constexpr std::array<Scenario, 5> kScenarios{{
    {"throughput", bench_throughput, "deliveries_per_s"},
    {"latency", bench_latency, "p99_ms"},
    {"apis", bench_apis, "cpu_ratio"},
    {"isolation", bench_isolation, "p99_ratio"},
    {"backlog", bench_backlog, "p99_ratio"},
}};

double figure_of(const json::object& run, const char* name) {
    const json::value* value = run.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

json::object describe_options(const BenchOptions& options) {
    json::object out;
    out["connections"] = options.connections;
    out["endpoints"] = options.endpoints;
    out["payload_bytes"] = options.payload_bytes;
    out["seconds"] = static_cast<double>(options.measured.count()) / 1e6;
    out["warmup_seconds"] = static_cast<double>(options.warm_up.count()) / 1e6;
    return out;
}

std::string probe_directory(const BenchOptions& options) {
    if (options.data_dir.empty()) return std::filesystem::temp_directory_path().string();
    std::error_code ignored;
    std::filesystem::create_directories(options.data_dir, ignored);
    return options.data_dir;
}

void add_probe(json::object& out, const ProbeResult& before, const ProbeResult& after) {
    // The slower of the two looks: the run in between met at least that.
    out["probe_fdatasync_p50_us"] = std::max(before.fdatasync_p50_us, after.fdatasync_p50_us);
    out["probe_fdatasync_p99_us"] = std::max(before.fdatasync_p99_us, after.fdatasync_p99_us);
    out["probe_echo_p50_us"] = std::max(before.echo_p50_us, after.echo_p50_us);
    out["probe_echo_p99_us"] = std::max(before.echo_p99_us, after.echo_p99_us);
}

Result<json::object> run_once(const Scenario& scenario, const BenchOptions& options) {
    ASSIGN_OR_RETURN(const ProbeResult before, probe_machine(probe_directory(options)));
    ASSIGN_OR_RETURN(json::object figures, scenario.run(options));
    ASSIGN_OR_RETURN(const ProbeResult after, probe_machine(probe_directory(options)));
    add_probe(figures, before, after);
    return figures;
}

void print_result(const Scenario& scenario, const BenchOptions& options, json::object figures,
                  json::array all_runs) {
    json::object out;
    out["scenario"] = scenario.name;
    for (auto& [key, value] : figures) out[key] = value;
    out["runs"] = all_runs.size();
    out[fmt::format("{}_of_runs", scenario.figure)] = std::move(all_runs);
    out["options"] = describe_options(options);
    out["machine"] = describe_machine();
    std::fflush(stderr);
    fmt::print("{}\n", to_plain_json(out));
}

int report_failure(const Error& error) {
    fmt::print(stderr, "posthaste bench: {}\n", error.message);
    return 1;
}

// The options as typed.
struct BenchArguments {
    BenchOptions options;
    std::string seconds = "10s";
    std::string warm_up = "2s";
    std::string payload = "1024";
};

Result<BenchOptions> parse_arguments(const BenchArguments& arguments) {
    BenchOptions options = arguments.options;
    ASSIGN_OR_RETURN(options.measured, parse_duration(arguments.seconds));
    ASSIGN_OR_RETURN(options.warm_up, parse_duration(arguments.warm_up));
    ASSIGN_OR_RETURN(options.payload_bytes, parse_byte_count(arguments.payload));
    return options;
}

void add_load_options(CLI::App& command, BenchArguments& arguments) {
    BenchOptions& options = arguments.options;
    command.add_option("--seconds", arguments.seconds, "Measured time")->capture_default_str();
    command.add_option("--warmup", arguments.warm_up, "Time before it")->capture_default_str();
    command.add_option("--connections", options.connections, "To the server")
        ->capture_default_str()
        ->check(CLI::Range(1, 10000));
    command
        .add_option("--endpoints", options.endpoints, "Subscriptions, each an origin of its own")
        ->capture_default_str()
        ->check(CLI::Range(1, 5000));
    command.add_option("--payload", arguments.payload, "Size of an event")->capture_default_str();
    command.add_option("--rate", options.rate, "Events per second of the open-loop scenarios")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    command.add_option("--runs", options.runs, "Repeat; the middle run is reported")
        ->capture_default_str();
    command.add_option("--pending", options.pending, "Backlog of the backlog scenario")
        ->capture_default_str();
}

}  // namespace

int run_bench(const BenchOptions& options) {
    const auto scenario =
        std::find_if(kScenarios.begin(), kScenarios.end(),
                     [&](const Scenario& s) { return options.scenario == s.name; });
    if (scenario == kScenarios.end())
        return report_failure(
            {ErrorCode::invalid, "unknown scenario; see `posthaste bench --help`"});
    if (options.payload_bytes > 1u << 20 || options.payload_bytes < 64)
        return report_failure({ErrorCode::invalid, "--payload must be between 64 and 1 MiB"});
    std::vector<json::object> runs;
    json::array figures;
    for (unsigned run = 0; run < std::max(options.runs, 1U); ++run) {
        auto result = run_once(*scenario, options);
        if (!result) return report_failure(result.error());
        if (options.runs > 1) say(to_plain_json(*result));
        figures.emplace_back(figure_of(*result, scenario->figure));
        runs.push_back(std::move(*result));
    }
    std::sort(runs.begin(), runs.end(), [&](const json::object& a, const json::object& b) {
        return figure_of(a, scenario->figure) < figure_of(b, scenario->figure);
    });
    print_result(*scenario, options, runs[(runs.size() - 1) / 2], std::move(figures));
    return 0;
}

void add_bench_command(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<BenchArguments>();
    BenchOptions& options = arguments->options;
    CLI::App* command =
        app.add_subcommand("bench", "Measure a server; the last line of output is one JSON object");
    command->require_subcommand(0, 1);
    add_subscribers_bench(*command, exit_code);
    command
        ->add_option("scenario", options.scenario,
                     "throughput, latency, apis, isolation or backlog")
        ->check(CLI::IsMember({"throughput", "latency", "apis", "isolation", "backlog"}));
    const std::map<std::string, BenchApi> apis = {{"subscriptions", BenchApi::subscriptions},
                                                  {"native", BenchApi::native}};
    command->add_option("--api", options.api, "Through which events are sent [subscriptions]")
        ->transform(CLI::CheckedTransformer(apis));
    command->add_option("--server-binary", options.server_binary, "Program to start (this one)");
    command
        ->add_option("--serve-argument", options.serve_arguments,
                     "Handed on to `serve`; repeatable")
        ->allow_extra_args(false);
    command->add_option("--existing", options.existing_url,
                        "Measure the server at this URL instead");
    command->add_option("--token", options.token, "For a server that requires authentication")
        ->envname("POSTHASTE_TOKEN");
    command->add_option("--data-dir", options.data_dir,
                        "For the server's data (a temporary folder)");
    command->add_option("--database", options.database,
                        "postgres://…: keep the data there, in a schema of each run's own");
    add_load_options(*command, *arguments);
    command->callback([command, arguments, &exit_code] {
        if (!command->get_subcommands().empty()) return;  // which did it all
        const auto parsed = parse_arguments(*arguments);
        exit_code = parsed ? run_bench(*parsed) : report_failure(parsed.error());
    });
}

}  // namespace posthaste
