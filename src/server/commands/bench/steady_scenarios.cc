#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/commands/bench/rig.h"
#include "server/commands/bench/scenarios.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr Duration kDrainStall = 30s;

std::vector<std::uint32_t> all_targets(unsigned endpoints) {
    std::vector<std::uint32_t> targets(endpoints);
    std::iota(targets.begin(), targets.end(), 0U);
    return targets;
}

void report_latencies(boost::json::object& out, const BenchRig& rig, const LedgerWindow& window) {
    LatencySamples delivered = rig.latencies(window);
    LatencySamples accepted = rig.accept_latencies(window);
    out["p50_ms"] = delivered.percentile_ms(0.50);
    out["p99_ms"] = delivered.percentile_ms(0.99);
    out["p999_ms"] = delivered.percentile_ms(0.999);
    out["max_ms"] = delivered.max_ms();
    out["accept_p50_ms"] = accepted.percentile_ms(0.50);
    out["accept_p99_ms"] = accepted.percentile_ms(0.99);
}

// Warm-up, a measured window, and the drain after it; with the figures of the window.
Result<boost::json::object> run_steady(const BenchOptions& options, double rate) {
    ASSIGN_OR_RETURN(auto rig, BenchRig::create(options, options.endpoints));
    LoadGenerator::Load load;
    load.rate = rate;
    load.targets = all_targets(options.endpoints);
    rig->generator().begin(std::move(load));
    pause_for(options.warm_up);
    const RigSnapshot from = rig->snapshot();
    pause_for(options.measured);
    const RigSnapshot to = rig->snapshot();
    rig->generator().end();
    const std::uint64_t lost = rig->drain({}, kDrainStall);
    const double drain_s = static_cast<double>(monotonic_nanos() - to.at_ns) / 1e9;

    boost::json::object out;
    rig->report_window(out, from, to);
    report_latencies(out, *rig, {.from_ns = from.at_ns, .until_ns = to.at_ns});
    rig->report_counts(out);
    out["drain_s"] = drain_s;
    out["lost"] = lost;
    if (rig->server()) out["clean_stop"] = rig->server()->stop(30s);
    return out;
}

}  // namespace

Result<boost::json::object> bench_throughput(const BenchOptions& options) {
    say(fmt::format("throughput: {} connections, {} endpoints, {} B, as fast as it goes",
                    options.connections, options.endpoints, options.payload_bytes));
    return run_steady(options, 0);
}

Result<boost::json::object> bench_latency(const BenchOptions& options) {
    say(fmt::format("latency: {:.0f} events/s, {} endpoints, {} B", options.rate, options.endpoints,
                    options.payload_bytes));
    ASSIGN_OR_RETURN(boost::json::object out, run_steady(options, options.rate));
    out["rate"] = options.rate;
    return out;
}

Result<boost::json::object> bench_apis(const BenchOptions& options) {
    constexpr int kRounds = 3;
    constexpr const char* kFigure = "server_cpu_us_per_delivery";
    say(fmt::format("apis: {} rounds of both, {} connections, {} endpoints, {} B", kRounds,
                    options.connections, options.endpoints, options.payload_bytes));
    boost::json::object out;
    std::vector<double> old_cost, new_cost, ratios;
    std::uint64_t lost = 0;
    for (int round = 0; round < kRounds; ++round) {
        for (const BenchApi api : {BenchApi::subscriptions, BenchApi::native}) {
            BenchOptions turn = options;
            turn.api = api;
            ASSIGN_OR_RETURN(boost::json::object figures, run_steady(turn, 0));
            lost += figures["lost"].to_number<std::uint64_t>();
            const double cost = figures[kFigure].to_number<double>();
            (api == BenchApi::native ? new_cost : old_cost).push_back(cost);
            if (api == BenchApi::native) out = std::move(figures);
        }
        ratios.push_back(new_cost.back() / old_cost.back());
        say(fmt::format("round {}: {:.1f} and {:.1f} µs a delivery, ratio {:.2f}", round + 1,
                        old_cost.back(), new_cost.back(), ratios.back()));
    }
    const auto median = [](std::vector<double> values) {
        std::ranges::sort(values);
        return values[values.size() / 2];
    };
    out["lost"] = lost;
    out["subscriptions_cpu_us_per_delivery"] = median(old_cost);
    out["native_cpu_us_per_delivery"] = median(new_cost);
    out["cpu_ratio"] = median(ratios);
    return out;
}

}  // namespace posthaste
