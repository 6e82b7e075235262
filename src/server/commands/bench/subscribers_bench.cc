#include "server/commands/bench/subscribers_bench.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/id.h"
#include "net/system_entropy.h"
#include "server/commands/api_client.h"
#include "server/commands/bench/plain_json.h"
#include "server/commands/http_call.h"
#include "server/commands/server_address_options.h"
#include "server/commands/tool_clock.h"

namespace posthaste {

namespace {

namespace json = boost::json;

constexpr std::size_t kFailuresShown = 5;

// A name that nobody has, as the original makes it: the first digits of a random UUID.
std::string contact_json(std::uint64_t random, const std::string& user) {
    const std::string prefix = fmt::format("{:08x}", random >> 32);
    return fmt::format(
        R"({{"email":"{0}@example.com","first_name":"User{0}","last_name":"Name","user_id":"{1}"}})",
        prefix, user);
}

class Run {
public:
    Run(const HttpCaller& http, std::vector<std::string> contacts)
        : http_(http), contacts_(std::move(contacts)) {}

    void carry_out(unsigned at_once) {
        std::vector<std::jthread> senders;
        for (unsigned i = 0; i < std::min<std::size_t>(at_once, contacts_.size()); ++i)
            senders.emplace_back([this] { send(); });
    }

    [[nodiscard]] std::size_t failed() const { return failed_; }
    [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

private:
    void send() {
        for (std::size_t i = next_++; i < contacts_.size(); i = next_++) {
            const auto answer = http_.call("POST", "/api/v1/subscribers", contacts_[i]);
            if (answer && answer->status == 201) continue;
            note_failure(answer ? fmt::format("{} {}", answer->status, answer->body)
                                : answer.error().message);
        }
    }
    void note_failure(std::string what) {
        const std::lock_guard lock(mutex_);
        ++failed_;
        if (failures_.size() < kFailuresShown) failures_.push_back(std::move(what));
    }

    const HttpCaller& http_;
    const std::vector<std::string> contacts_;
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_;
    std::size_t failed_ = 0;
    std::vector<std::string> failures_;
};

// What the loops did between two pages.
std::vector<LoopWork> difference(const std::string& before, const std::string& after) {
    const std::vector<LoopWork> first = work_of_loops(before);
    std::vector<LoopWork> work = work_of_loops(after);
    for (std::size_t i = 0; i < std::min(first.size(), work.size()); ++i) {
        work[i].requests -= first[i].requests;
        work[i].attempts -= first[i].attempts;
    }
    return work;
}

double counted(const std::string& page, std::string_view name) {
    return metric_value(page, name).value_or(0);
}

// The page once all deliveries that were accepted since `before` have been tried.
Result<std::string> await_attempts(const ApiClient& api, const std::string& before,
                                   Duration patience) {
    const std::int64_t give_up = monotonic_nanos() + patience.count() * 1000;
    while (true) {
        ASSIGN_OR_RETURN(std::string page, api.metrics());
        const auto since = [&](std::string_view name) {
            return counted(page, name) - counted(before, name);
        };
        const bool is_done =
            since("posthaste_attempts_total") >= since("posthaste_deliveries_accepted_total");
        if (is_done || monotonic_nanos() > give_up) return page;
        pause_for(50ms);
    }
}

template <class Member>
std::vector<std::uint64_t> shares_of(const std::vector<LoopWork>& work, Member member) {
    std::vector<std::uint64_t> shares;
    for (const LoopWork& one : work) shares.push_back(one.*member);
    return shares;
}

void print_loops(const std::vector<LoopWork>& work) {
    for (std::size_t i = 0; i < work.size(); ++i)
        fmt::print("event loop {}: {} requests, {} attempts\n", i, work[i].requests,
                   work[i].attempts);
    fmt::print(
        "the busiest loop is {:.1f} % above an even share of requests, {:.1f} % of attempts\n",
        unevenness(shares_of(work, &LoopWork::requests)),
        unevenness(shares_of(work, &LoopWork::attempts)));
}

json::object figures(const SubscribersBenchOptions& options, std::size_t failed, double seconds,
                     const std::vector<LoopWork>& work) {
    json::object out;
    out["scenario"] = "subscribers";
    out["count"] = options.count;
    out["created"] = options.count - failed;
    out["seconds"] = seconds;
    out["per_second"] = static_cast<double>(options.count - failed) / std::max(seconds, 1e-9);
    json::array loops;
    for (const LoopWork& one : work)
        loops.push_back(json::object{{"requests", one.requests}, {"attempts", one.attempts}});
    out["event_loops"] = std::move(loops);
    out["requests_unevenness_percent"] = unevenness(shares_of(work, &LoopWork::requests));
    out["attempts_unevenness_percent"] = unevenness(shares_of(work, &LoopWork::attempts));
    return out;
}

Result<int> bench(const SubscribersBenchOptions& options) {
    if (!parse_uuid(options.user))
        return fail(ErrorCode::invalid, "--user wants a user's id; GET /api/v1/users lists them");
    ASSIGN_OR_RETURN(const ApiClient api, ApiClient::create(options.server));
    ASSIGN_OR_RETURN(const std::string before, api.metrics());
    SystemEntropy entropy;
    std::vector<std::string> contacts;
    for (unsigned i = 0; i < options.count; ++i)
        contacts.push_back(contact_json(entropy.next(), options.user));

    Run run(api.http(), std::move(contacts));
    const std::int64_t began = monotonic_nanos();
    run.carry_out(options.at_once);
    const double seconds = static_cast<double>(monotonic_nanos() - began) / 1e9;
    for (const std::string& failure : run.failures())
        fmt::print(stderr, "not created: {}\n", failure);
    ASSIGN_OR_RETURN(const std::string after, await_attempts(api, before, options.patience));
    const std::vector<LoopWork> work = difference(before, after);
    fmt::print("{} of {} contacts created in {:.2f} s\n", options.count - run.failed(),
               options.count, seconds);
    print_loops(work);
    fmt::print("{}\n", to_plain_json(figures(options, run.failed(), seconds, work)));
    return run.failed() == 0 ? 0 : 1;
}

}  // namespace

std::vector<LoopWork> work_of_loops(std::string_view metrics_page) {
    std::vector<LoopWork> work;
    while (true) {
        const std::string label = fmt::format("reactor=\"{}\"", work.size());
        const auto requests =
            metric_value(metrics_page, "posthaste_reactor_http_requests_total", label);
        const auto attempts = metric_value(metrics_page, "posthaste_reactor_attempts_total", label);
        if (!requests || !attempts) return work;
        work.push_back(
            {static_cast<std::uint64_t>(*requests), static_cast<std::uint64_t>(*attempts)});
    }
}

double unevenness(const std::vector<std::uint64_t>& shares) {
    const auto total = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
    if (total == 0) return 0;
    const auto largest = static_cast<double>(*std::max_element(shares.begin(), shares.end()));
    const double even = static_cast<double>(total) / static_cast<double>(shares.size());
    return (largest / even - 1) * 100;
}

int run_subscribers_bench(const SubscribersBenchOptions& options) {
    const Result<int> done = bench(options);
    if (done) return *done;
    fmt::print(stderr, "posthaste bench subscribers: {}\n", done.error().message);
    return 1;
}

void add_subscribers_bench(CLI::App& bench, int& exit_code) {
    auto options = std::make_shared<SubscribersBenchOptions>();
    CLI::App* command = bench.add_subcommand(
        "subscribers", "Add contacts to a user's list, and see how the event loops share the work");
    add_server_options(*command, options->server);
    command->add_option("--user", options->user, "Whose list: the user's id")->required();
    command->add_option("--count", options->count, "How many contacts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--at-once", options->at_once, "Requests at one time")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command->callback([options, &exit_code] { exit_code = run_subscribers_bench(*options); });
}

}  // namespace posthaste
