#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "server/commands/api_client.h"
#include "server/commands/commands.h"
#include "server/commands/server_address_options.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr std::string_view kExampleData =
    R"({"id":123,"name":"John Doe","email":"john@example.com"})";

int report_failure(const Error& error) {
    fmt::print(stderr, "posthaste send: {}\n", error.message);
    return 1;
}

Result<std::string> read_all(const std::string& file) {
    if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(ErrorCode::invalid, fmt::format("cannot read {}", file));
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<void> check_json(std::string_view text, std::string_view what) {
    boost::json::error_code error;
    boost::json::stream_parser parser;
    parser.write(text.data(), text.size(), error);
    if (!error) parser.finish(error);
    if (error)
        return fail(ErrorCode::invalid, fmt::format("{} is not JSON: {}", what, error.message()));
    return {};
}

// {"event": …, "data": …}, or the file exactly as it is.
Result<std::string> make_body(const SendOptions& options) {
    if (!options.file.empty()) {
        ASSIGN_OR_RETURN(std::string body, read_all(options.file));
        if (auto checked = check_json(body, options.file); !checked)
            return std::unexpected(checked.error());
        return body;
    }
    const std::string_view data = options.data.empty() ? kExampleData : options.data;
    if (auto checked = check_json(data, "--data"); !checked)
        return std::unexpected(checked.error());
    return fmt::format("{{\"event\":{},\"data\":{}}}",
                       boost::json::serialize(boost::json::string(options.event)), data);
}

Result<std::string> choose_subscription(const SendOptions& options, const ApiClient& api) {
    if (!options.subscription_id.empty()) return options.subscription_id;
    if (options.receiver_url.empty()) {
        return fail(ErrorCode::invalid,
                    "say where to: a receiver's URL, or --subscription ID of an existing one");
    }
    bool created = false;
    SubscriptionDraft draft{options.receiver_url, options.secret, {}};
    ASSIGN_OR_RETURN(const auto subscription, api.find_or_create(draft, created));
    fmt::print("{} subscription {} for {}\n", created ? "created" : "using", subscription.id,
               subscription.target_url);
    return subscription.id;
}

void print_attempt(const AttemptSummary& attempt) {
    const std::string outcome =
        attempt.status ? fmt::format("status {}", *attempt.status) : std::string("no answer");
    fmt::print("  attempt {} at {}: {}{}{}\n", attempt.number, attempt.at, outcome,
               attempt.success ? ", delivered" : "",
               attempt.success || attempt.error.empty() ? "" : ": " + attempt.error);
    std::fflush(stdout);
}

// Prints attempts as they come; whether one succeeded in time.
Result<bool> follow(const ApiClient& api, const std::string& delivery_id, Duration patience) {
    const std::int64_t deadline = monotonic_nanos() + patience.count() * 1000;
    std::size_t printed = 0;
    for (;;) {
        ASSIGN_OR_RETURN(const auto attempts, api.attempts_of(delivery_id));
        for (; printed < attempts.size(); ++printed) {
            print_attempt(attempts[printed]);
            if (attempts[printed].success) return true;
        }
        if (monotonic_nanos() > deadline) return false;
        pause_for(100ms);
    }
}

Result<int> send_all(const SendOptions& options) {
    ASSIGN_OR_RETURN(const ApiClient api, ApiClient::create(options.server));
    ASSIGN_OR_RETURN(const std::string body, make_body(options));
    ASSIGN_OR_RETURN(const std::string subscription, choose_subscription(options, api));
    int undelivered = 0;
    for (std::uint64_t i = 0; i < options.count; ++i) {
        ASSIGN_OR_RETURN(const IngestReply reply, api.ingest(subscription, body));
        fmt::print("{}{}\n", reply.message,
                   reply.delivery_id.empty() ? "" : ": delivery " + reply.delivery_id);
        if (!options.wait || reply.delivery_id.empty()) continue;
        ASSIGN_OR_RETURN(const bool delivered, follow(api, reply.delivery_id, options.wait_max));
        if (delivered) continue;
        ++undelivered;
        fmt::print("  not delivered yet; its attempts: GET {}/status/delivery/{}\n",
                   options.server.url, reply.delivery_id);
    }
    return undelivered > 0 ? 1 : 0;
}

}  // namespace

int run_send(const SendOptions& options) {
    const auto status = send_all(options);
    return status ? *status : report_failure(status.error());
}

void add_send_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<SendOptions>();
    auto wait_max = std::make_shared<std::string>("60s");
    CLI::App* command = app.add_subcommand("send", "Send an event through a running server");
    auto* url = command->add_option("url,--to", options->receiver_url,
                                    "Receiver; a subscription for it is found or created");
    command->add_option("--subscription", options->subscription_id, "Send to this subscription")
        ->excludes(url);
    add_server_options(*command, options->server);
    command->add_option("--secret", options->secret, "Secret of a subscription created here");
    command->add_option("--event", options->event, "Event type")->capture_default_str();
    auto* data = command->add_option("--data", options->data, "The event's data, as JSON");
    command->add_option("--file", options->file, "Send this file as the whole event; - reads stdin")
        ->excludes(data);
    command->add_option("--count", options->count, "How many times")->capture_default_str();
    command->add_flag("--wait", options->wait, "Print the attempts until one succeeds");
    command->add_option("--wait-max", *wait_max, "At most so long")->capture_default_str();
    command->callback([options, wait_max, &exit_code] {
        const auto patience = parse_duration(*wait_max);
        if (patience) options->wait_max = *patience;
        exit_code = patience ? run_send(*options) : report_failure(patience.error());
    });
}

}  // namespace posthaste
