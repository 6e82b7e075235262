#include "server/commands/bench/rig.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "api/token.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr std::size_t kEventsMax = 24u << 20;
// A secret for every subscription; it guards nothing.
constexpr std::string_view kSecret = "whsec_cG9zdGhhc3RlLWJlbmNobWFyay1zZWNyZXQtMzI=";

// Of the tokens of a server started here, which nobody else uses.
constexpr std::string_view kTokenSecret = "posthaste-benchmark";

Result<std::string> make_token() {
    TokenSettings settings;
    settings.secret = kTokenSecret;
    ASSIGN_OR_RETURN(const auto keys, TokenKeys::create(settings));
    TokenClaims claims;
    claims.subject = kDefaultOrganization;
    return keys->sign(claims);
}

double or_zero(const std::optional<double>& value) { return value.value_or(0); }

double per(double amount, double count) { return count > 0 ? amount / count : 0; }

}  // namespace

void say(const std::string& line) { fmt::print(stderr, "{}\n", line); }

Result<std::unique_ptr<BenchRig>> BenchRig::create(const BenchOptions& options, unsigned origins) {
    std::unique_ptr<BenchRig> rig(new BenchRig(options));
    ASSIGN_OR_RETURN(rig->ledger_, Ledger::create(kEventsMax));
    ASSIGN_OR_RETURN(SigningKey key, parse_secret(kSecret));
    DeliverySink::Options sink{origins, std::move(key)};
    ASSIGN_OR_RETURN(rig->sink_, DeliverySink::start(std::move(sink), *rig->ledger_));
    if (auto ready = rig->prepare_data_dir(); !ready) return std::unexpected(ready.error());
    if (auto opened = rig->open_server(); !opened) return std::unexpected(opened.error());
    LoadGenerator::Options generator;
    if (options.api == BenchApi::native) {
        if (auto made = rig->make_applications(origins, generator.paths); !made)
            return std::unexpected(made.error());
        generator.body_before = R"({"eventType":"bench.tick","payload":)";
        generator.body_behind = "}";
        generator.idempotency_keys = true;
    } else if (auto made = rig->make_subscriptions(origins, generator.paths); !made) {
        return std::unexpected(made.error());
    }
    const Target& target = rig->api_->http().target();
    generator.server = {target.host, target.port};
    generator.connections = options.connections;
    generator.payload_bytes = options.payload_bytes;
    if (!rig->address_.token.empty()) generator.authorization = "Bearer " + rig->address_.token;
    ASSIGN_OR_RETURN(rig->generator_, LoadGenerator::create(std::move(generator), *rig->ledger_));
    return rig;
}

BenchRig::~BenchRig() {
    generator_.reset();
    if (server_) server_->kill_now();
    schema_.reset();
    sink_.reset();
    if (!remove_data_dir_) return;
    std::error_code ignored;
    std::filesystem::remove_all(data_dir_, ignored);
}

Result<void> BenchRig::prepare_data_dir() {
    if (!options_.data_dir.empty()) {
        std::error_code error;
        std::filesystem::create_directories(options_.data_dir, error);
        if (error) {
            return fail(ErrorCode::io,
                        fmt::format("cannot create {}: {}; choose another --data-dir",
                                    options_.data_dir, error.message()));
        }
        data_dir_ = options_.data_dir;
        return {};
    }
    std::string path = (std::filesystem::temp_directory_path() / "posthaste-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
        return fail(ErrorCode::io, fmt::format("cannot create {}: {}; give a --data-dir", path,
                                               last_system_error()));
    }
    data_dir_ = path;
    remove_data_dir_ = true;
    return {};
}

Result<void> BenchRig::open_server() {
    address_.token = options_.token;
    if (!options_.existing_url.empty()) {
        address_.url = options_.existing_url;
        ASSIGN_OR_RETURN(api_, ApiClient::create(address_));
        return await_health(1s);
    }
    ASSIGN_OR_RETURN(const std::uint16_t port, find_free_port());
    address_.url = fmt::format("http://127.0.0.1:{}", port);
    serve_arguments_ = {"serve",
                        "--listen",
                        fmt::format("127.0.0.1:{}", port),
                        "--auth",
                        "open",
                        "--allow-net",
                        "127.0.0.0/8",
                        "--log-level",
                        "warning",
                        "--jwt-secret",
                        std::string(kTokenSecret)};
    if (auto chosen = choose_database(); !chosen) return chosen;
    if (options_.api == BenchApi::native && address_.token.empty()) {
        ASSIGN_OR_RETURN(address_.token, make_token());
    }
    serve_arguments_.insert(serve_arguments_.end(), options_.serve_arguments.begin(),
                            options_.serve_arguments.end());
    ASSIGN_OR_RETURN(api_, ApiClient::create(address_));
    if (auto started = restart_server(); !started) return started;
    return await_health(20s);
}

Result<void> BenchRig::choose_database() {
    const std::string folder = data_dir_ + "/store";
    if (options_.database.empty()) {
        serve_arguments_.insert(serve_arguments_.end(), {"--database", "sqlite:" + folder});
        return {};
    }
    ASSIGN_OR_RETURN(schema_, ScratchSchema::create(options_.database));
    serve_arguments_.insert(serve_arguments_.end(),
                            {"--database", schema_->url(), "--data-dir", folder});
    return {};
}

Result<void> BenchRig::restart_server() {
    ASSIGN_OR_RETURN(server_, ServerProcess::start(options_.server_binary, serve_arguments_,
                                                   data_dir_ + "/server.log"));
    return {};
}

Result<void> BenchRig::await_health(Duration patience) {
    const std::int64_t deadline = monotonic_nanos() + patience.count() * 1000;
    for (;;) {
        auto health = api_->check_health();
        if (health) return {};
        if (server_ && !server_->is_running()) {
            remove_data_dir_ = false;
            return fail(ErrorCode::unavailable,
                        fmt::format("the server ended; see {}/server.log", data_dir_));
        }
        if (monotonic_nanos() > deadline) return health;
        pause_for(5ms);
    }
}

Result<void> BenchRig::make_subscriptions(unsigned origins, std::vector<std::string>& paths) {
    for (unsigned i = 0; i < origins; ++i) {
        SubscriptionDraft draft;
        draft.target_url = sink_url(i);
        draft.secret = kSecret;
        ASSIGN_OR_RETURN(const auto subscription, api_->create_subscription(draft));
        paths.push_back("/webhooks/ingest/" + subscription.id);
    }
    return {};
}

// One application with one endpoint each: what a request costs does not depend on how many others there are.
Result<void> BenchRig::make_applications(unsigned origins, std::vector<std::string>& paths) {
    for (unsigned i = 0; i < origins; ++i) {
        ASSIGN_OR_RETURN(const std::string application,
                         api_->create_native("/api/v1/app", R"({"name":"bench"})"));
        const std::string here = "/api/v1/app/" + application;
        const std::string body =
            fmt::format(R"({{"url":"{}","secret":"{}"}})", sink_url(i), kSecret);
        ASSIGN_OR_RETURN(const std::string endpoint, api_->create_native(here + "/endpoint", body));
        // As the SDKs ask: the answer does not repeat the payload.
        paths.push_back(here + "/msg?with_content=false");
    }
    return {};
}

std::string BenchRig::sink_url(unsigned origin) const {
    return fmt::format("http://127.0.0.1:{}/bench/{}", sink_->port(origin), origin);
}

RigSnapshot BenchRig::snapshot() const {
    RigSnapshot now;
    // The page of metrics is fetched first: it is the slow part, and the other figures should be of one moment.
    const auto page = api_->metrics();
    if (page) {
        now.fsyncs = or_zero(metric_value(*page, "posthaste_store_fsyncs_total"));
        now.commits = or_zero(metric_value(*page, "posthaste_store_commits_total"));
        now.committed = or_zero(metric_value(*page, "posthaste_store_committed_events_total")) +
                        or_zero(metric_value(*page, "posthaste_store_committed_updates_total"));
    }
    now.at_ns = monotonic_nanos();
    now.acknowledged = ledger_->acknowledged();
    now.received = ledger_->received();
    if (server_) now.server = server_->usage();
    if (generator_) now.generator_cpu_us = generator_->cpu_micros();
    now.sink_cpu_us = sink_->cpu_micros();
    return now;
}

template <class Use>
void BenchRig::for_each_line(const LedgerWindow& window, Use use) const {
    const std::uint64_t size = ledger_->size();
    for (std::uint64_t number = 0; number < size; ++number) {
        const LedgerLine line = ledger_->line(number);
        if (line.due_ns >= window.from_ns && line.due_ns < window.until_ns &&
            line.target >= window.target_min)
            use(line);
    }
}

LatencySamples BenchRig::latencies(const LedgerWindow& window) const {
    LatencySamples samples;
    for_each_line(window, [&](const LedgerLine& line) {
        if (line.received_ns != 0) samples.add_nanos(line.received_ns - line.due_ns);
    });
    return samples;
}

LatencySamples BenchRig::accept_latencies(const LedgerWindow& window) const {
    LatencySamples samples;
    for_each_line(window, [&](const LedgerLine& line) {
        if (line.acknowledged_ns != 0) samples.add_nanos(line.acknowledged_ns - line.due_ns);
    });
    return samples;
}

std::uint64_t BenchRig::outstanding(const LedgerWindow& window) const {
    std::uint64_t count = 0;
    for_each_line(window, [&](const LedgerLine& line) {
        if (line.acknowledged_ns != 0 && line.received_ns == 0) ++count;
    });
    return count;
}

std::uint64_t BenchRig::drain(const LedgerWindow& window, Duration stall) {
    std::uint64_t left = outstanding(window);
    std::int64_t progress_ns = monotonic_nanos();
    while (left > 0 && monotonic_nanos() - progress_ns < stall.count() * 1000) {
        pause_for(20ms);
        const std::uint64_t now_left = outstanding(window);
        if (now_left < left) progress_ns = monotonic_nanos();
        left = now_left;
    }
    return left;
}

void BenchRig::report_window(boost::json::object& out, const RigSnapshot& from,
                             const RigSnapshot& to) const {
    const double seconds = static_cast<double>(to.at_ns - from.at_ns) / 1e9;
    const double deliveries = static_cast<double>(to.received - from.received);
    const double accepted = static_cast<double>(to.acknowledged - from.acknowledged);
    out["deliveries"] = to.received - from.received;
    out["deliveries_per_s"] = per(deliveries, seconds);
    out["accepted_per_s"] = per(accepted, seconds);
    if (from.server && to.server) {
        const auto cpu = static_cast<double>(to.server->cpu_micros - from.server->cpu_micros);
        out["server_cpu_us_per_delivery"] = per(cpu, deliveries);
        out["rss_mb"] = to.server->rss_mb;
        out["rss_peak_mb"] = to.server->rss_peak_mb;
    } else {
        out["server_cpu_us_per_delivery"] = nullptr;
        out["rss_mb"] = nullptr;
        out["rss_peak_mb"] = nullptr;
    }
    const auto generator_us = static_cast<double>(to.generator_cpu_us - from.generator_cpu_us);
    out["generator_cpu_us"] = per(generator_us, accepted);
    out["sink_cpu_us"] = per(static_cast<double>(to.sink_cpu_us - from.sink_cpu_us), deliveries);
    out["fsyncs"] = to.fsyncs - from.fsyncs;
    out["batch_mean"] = per(to.committed - from.committed, to.commits - from.commits);
}

void BenchRig::report_counts(boost::json::object& out) const {
    const auto& sent = generator_->counts();
    const auto& got = sink_->counts();
    out["sent"] = sent.sent.load();
    out["acknowledged"] = ledger_->acknowledged();
    out["received"] = ledger_->received();
    out["duplicates"] = ledger_->duplicates();
    out["duplicates_under_other_id"] = got.other_id.load();
    out["refused"] = sent.refused.load();
    if (sent.refused.load() > 0) out["last_refusal"] = sent.last_refusal.load();
    out["unanswered"] = sent.unanswered.load();
    out["malformed_requests"] = got.malformed.load();
    out["foreign_requests"] = got.unknown.load();
    out["signatures_checked"] = got.signatures_checked.load();
    out["signatures_bad"] = got.signatures_bad.load();
    out["sink_connections"] = got.connections.load();
}

}  // namespace posthaste
