#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "server/commands/commands.h"
#include "server/commands/listen_server.h"
#include "server/commands/stop_signal.h"

namespace posthaste {
namespace {

void print_report(OutputForm form, const DeliveryReport& report) {
    switch (form) {
        case OutputForm::text: fmt::print("{}\n", format_report_text(report)); break;
        case OutputForm::json: fmt::print("{}\n", format_report_json(report)); break;
        case OutputForm::quiet: return;
    }
    std::fflush(stdout);
}

// To stderr, so that the output of --json stays one delivery a line.
void print_summary(const ListenOptions& options, const ListenTotals& totals) {
    fmt::print(stderr, "{} deliveries, {} retries, {} duplicates, {} answered badly on purpose",
               totals.deliveries, totals.retries, totals.duplicates, totals.failed_on_purpose);
    if (!options.secret.empty()) {
        fmt::print(stderr, "; signatures: {} valid, {} invalid, {} missing",
                   totals.signatures_valid, totals.signatures_invalid, totals.signatures_missing);
    }
    if (totals.malformed > 0) fmt::print(stderr, "; {} malformed requests", totals.malformed);
    fmt::print(stderr, "\n");
}

// The options as typed; run_listen gets them parsed.
struct ListenArguments {
    ListenOptions options;
    std::string delay = "0ms";
    std::string flap;
    std::string huge;
    int status = 0;
    bool json = false;
    bool quiet = false;
};

Result<ListenOptions> parse_arguments(const ListenArguments& arguments) {
    ListenOptions options = arguments.options;
    ASSIGN_OR_RETURN(options.delay, parse_duration(arguments.delay));
    if (!arguments.flap.empty()) {
        ASSIGN_OR_RETURN(options.flap, parse_flap(arguments.flap));
    }
    if (!arguments.huge.empty()) {
        ASSIGN_OR_RETURN(options.huge_bytes, parse_byte_count(arguments.huge));
    }
    if (arguments.status != 0) options.status = arguments.status;
    if (arguments.json) options.form = OutputForm::json;
    if (arguments.quiet) options.form = OutputForm::quiet;
    return options;
}

int report_failure(const Error& error) {
    fmt::print(stderr, "posthaste listen: {}\n", error.message);
    return 1;
}

}  // namespace

int run_listen(const ListenOptions& options) {
    const StopSignal stop;
    auto server = ListenServer::create(
        options, [form = options.form](const DeliveryReport& r) { print_report(form, r); });
    if (!server) return report_failure(server.error());
    fmt::print(stderr, "listening on http://{}:{}, any path; stop with Ctrl-C\n", options.host,
               (*server)->port());
    if (options.secret.empty())
        fmt::print(stderr, "signatures are not checked; give --secret whsec_… to check them\n");
    (*server)->run(stop.fd());
    print_summary(options, (*server)->totals());
    return 0;
}

void add_listen_command(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<ListenArguments>();
    ListenOptions& options = arguments->options;
    CLI::App* command = app.add_subcommand(
        "listen", "Receive webhooks for development: print them, verify signatures, misbehave");
    command->add_option("--host", options.host, "Address to listen on")->capture_default_str();
    command->add_option("--port", options.port, "Port; 0 picks a free one")->capture_default_str();
    command->add_option("--secret", options.secret, "The endpoint's secret: whsec_…, or any text")
        ->envname("POSTHASTE_LISTEN_SECRET");
    command->add_option("--delay", arguments->delay, "Wait before each answer, e.g. 200ms");
    command->add_option("--fail-every", options.fail_every, "Fail each N-th delivery");
    command
        ->add_option("--status", arguments->status,
                     "Status of failing answers (500); without --fail-every and --flap, of all")
        ->check(CLI::Range(200, 599));
    command->add_option("--flap", arguments->flap, "UP/DOWN: alternate, e.g. 10s/10s");
    auto* hang = command->add_flag("--hang", options.hang, "Never answer");
    auto* huge = command->add_option("--huge", arguments->huge, "Answer a body of SIZE, e.g. 10MB");
    auto* endless = command->add_flag("--endless", options.endless, "Answer a body without end");
    hang->excludes(huge)->excludes(endless);
    huge->excludes(endless);
    auto* json = command->add_flag("--json", arguments->json, "Print one JSON object per delivery");
    command->add_flag("--quiet", arguments->quiet, "Print the summary only")->excludes(json);
    command->add_option("--count", options.count, "Stop after N deliveries");
    command->callback([arguments, &exit_code] {
        const auto parsed = parse_arguments(*arguments);
        exit_code = parsed ? run_listen(*parsed) : report_failure(parsed.error());
    });
}

}  // namespace posthaste
