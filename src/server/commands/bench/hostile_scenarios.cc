#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/commands/bench/rig.h"
#include "server/commands/bench/scenarios.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

// Origin and target 0 is the endpoint that hangs; the others, which are measured, come after it.
constexpr unsigned kGuest = 0;
constexpr std::uint32_t kFirstOther = 1;
constexpr Duration kDrainStall = 30s;
constexpr Duration kRestartPatience = 60s;

// Every `guest_every`-th event goes to the guest, the rest in turn to the others.
std::vector<std::uint32_t> mixed_targets(unsigned endpoints, unsigned guest_every) {
    std::vector<std::uint32_t> targets;
    std::uint32_t other = 0;
    for (unsigned i = 0; i < endpoints * guest_every; ++i) {
        if (i % guest_every == 0) {
            targets.push_back(kGuest);
        } else {
            targets.push_back(kFirstOther + other++ % endpoints);
        }
    }
    return targets;
}

std::vector<std::uint32_t> other_targets(unsigned endpoints) {
    std::vector<std::uint32_t> targets;
    for (std::uint32_t i = 0; i < endpoints; ++i) targets.push_back(kFirstOther + i);
    return targets;
}

struct Phase {
    RigSnapshot from;
    RigSnapshot to;
    LatencySamples others;
};

// A load with its measured window, which starts after the warm-up. The latencies are read after the drain, so that the
// slowest are among them.
Phase run_phase(BenchRig& rig, const BenchOptions& options, LoadGenerator::Load load) {
    Phase phase;
    rig.generator().begin(std::move(load));
    pause_for(options.warm_up);
    phase.from = rig.snapshot();
    pause_for(options.measured);
    phase.to = rig.snapshot();
    rig.generator().end();
    rig.drain({.target_min = kFirstOther}, kDrainStall);
    phase.others = rig.latencies(
        {.from_ns = phase.from.at_ns, .until_ns = phase.to.at_ns, .target_min = kFirstOther});
    return phase;
}

void report_phase(boost::json::object& out, const std::string& prefix, Phase& phase) {
    out[prefix + "_p50_ms"] = phase.others.percentile_ms(0.50);
    out[prefix + "_p99_ms"] = phase.others.percentile_ms(0.99);
    out[prefix + "_p999_ms"] = phase.others.percentile_ms(0.999);
}

void report_comparison(boost::json::object& out, Phase& alone, Phase& beside) {
    report_phase(out, "alone", alone);
    report_phase(out, "beside", beside);
    const double before = alone.others.percentile_ms(0.99);
    const double after = beside.others.percentile_ms(0.99);
    out["p50_ms"] = beside.others.percentile_ms(0.50);
    out["p99_ms"] = after;
    out["p999_ms"] = beside.others.percentile_ms(0.999);
    out["p99_ratio"] = before > 0 ? after / before : 0;
}

// Fills the guest's backlog as fast as the server takes it; everybody else is silent meanwhile.
Result<void> fill_backlog(BenchRig& rig, const BenchOptions& options, boost::json::object& out) {
    const std::uint64_t before = rig.ledger().acknowledged();
    const std::int64_t start = monotonic_nanos();
    LoadGenerator::Load load;
    load.targets = {kGuest};
    load.events_max = options.pending;
    rig.generator().begin(std::move(load));
    std::int64_t told = start;
    while (!rig.generator().done()) {
        pause_for(50ms);
        if (rig.server() && !rig.server()->is_running())
            return fail(ErrorCode::unavailable, "the server ended while the backlog was filled");
        if (monotonic_nanos() - told < 5'000'000'000) continue;
        told = monotonic_nanos();
        say(fmt::format("  {} of {} pending", rig.ledger().acknowledged() - before,
                        options.pending));
    }
    rig.generator().end();
    const double seconds = static_cast<double>(monotonic_nanos() - start) / 1e9;
    out["pending"] = rig.ledger().acknowledged() - before;
    out["fill_per_s"] = static_cast<double>(rig.ledger().acknowledged() - before) / seconds;
    return {};
}

// Kills the server under load, starts it again, and times its way back.
Result<void> crash_and_return(BenchRig& rig, const BenchOptions& options,
                              boost::json::object& out) {
    LoadGenerator::Load load;
    load.rate = options.rate;
    load.targets = other_targets(options.endpoints);
    rig.generator().begin(std::move(load));
    pause_for(1s);
    rig.server()->kill_now();
    // What the sink still reads from the dead server's sockets must not count as the new one's work.
    pause_for(50ms);
    rig.sink().watch_for_first();
    const std::int64_t exec_ns = monotonic_nanos();
    if (auto started = rig.restart_server(); !started) return started;
    const std::int64_t deadline = exec_ns + kRestartPatience.count() * 1000;
    while (rig.sink().first_seen_ns() == 0 && monotonic_nanos() < deadline) pause_for(1ms);
    const std::int64_t first = rig.sink().first_seen_ns();
    if (first == 0) {
        rig.generator().end();
        return fail(ErrorCode::unavailable, "no delivery within a minute of the restart");
    }
    out["first_delivery_after_crash_s"] = static_cast<double>(first - exec_ns) / 1e9;
    pause_for(2s);
    rig.generator().end();
    if (auto usage = rig.server()->usage(); usage.rss_mb > 0)
        out["rss_after_crash_mb"] = usage.rss_mb;
    return {};
}

// The server's own count, which it renews every few seconds.
void report_tally(boost::json::object& out, const BenchRig& rig, const std::string& prefix) {
    const auto page = rig.api().metrics();
    if (!page) return;
    for (const std::string state : {"accepted", "delivered", "dead", "pending", "parked"}) {
        const auto value =
            metric_value(*page, "posthaste_tally", fmt::format("state=\"{}\"", state));
        if (value) out[prefix + state] = static_cast<std::uint64_t>(*value);
    }
}

}  // namespace

Result<boost::json::object> bench_isolation(const BenchOptions& options) {
    static constexpr unsigned kGuestEvery = 5;
    say(fmt::format("isolation: {:.0f} events/s over {} endpoints, a fifth to one more that hangs",
                    options.rate, options.endpoints));
    ASSIGN_OR_RETURN(auto rig, BenchRig::create(options, options.endpoints + 1));
    LoadGenerator::Load load;
    load.rate = options.rate;
    load.targets = mixed_targets(options.endpoints, kGuestEvery);
    Phase alone = run_phase(*rig, options, load);
    rig->drain({}, kDrainStall);
    say("  the endpoint hangs now");
    rig->sink().set_behaviour(kGuest, OriginBehaviour::hang);
    Phase beside = run_phase(*rig, options, load);

    boost::json::object out;
    rig->report_window(out, beside.from, beside.to);
    report_comparison(out, alone, beside);
    rig->report_counts(out);
    out["rate"] = options.rate;
    out["guest_hung_requests"] = rig->sink().counts().hanging.load();
    out["lost"] = rig->outstanding({.target_min = kFirstOther});
    return out;
}

Result<boost::json::object> bench_backlog(const BenchOptions& options) {
    say(fmt::format("backlog: {} pending for one hanging endpoint, {:.0f} events/s to {} others",
                    options.pending, options.rate, options.endpoints));
    ASSIGN_OR_RETURN(auto rig, BenchRig::create(options, options.endpoints + 1));
    boost::json::object out;
    if (rig->server()) out["rss_idle_mb"] = rig->server()->usage().rss_mb;
    LoadGenerator::Load load;
    load.rate = options.rate;
    load.targets = other_targets(options.endpoints);
    say("  the others alone");
    Phase alone = run_phase(*rig, options, load);
    rig->sink().set_behaviour(kGuest, OriginBehaviour::hang);
    if (auto filled = fill_backlog(*rig, options, out); !filled)
        return std::unexpected(filled.error());
    say("  the others beside the backlog");
    Phase beside = run_phase(*rig, options, load);
    report_tally(out, *rig, "tally_");
    rig->report_window(out, beside.from, beside.to);
    report_comparison(out, alone, beside);
    if (rig->server()) {
        say("  kill -9 and restart");
        if (auto returned = crash_and_return(*rig, options, out); !returned)
            return std::unexpected(returned.error());
    }
    out["lost"] = rig->drain({.target_min = kFirstOther}, kDrainStall);
    report_tally(out, *rig, "tally_after_crash_");
    rig->report_counts(out);
    out["rate"] = options.rate;
    return out;
}

}  // namespace posthaste
