#include "sim/world_config.h"

#include <fmt/format.h>

#include <algorithm>

namespace posthaste::sim {

namespace {

using Kind = ReceiverPlan::Kind;

RetryPolicy draw_policy(Random& random) {
    RetryPolicy policy;
    if (random.chance(0.3)) {
        for (std::uint64_t n = random.between(1, 4); n > 0; --n)
            policy.gaps.push_back(random.between(100ms, 20s));
    }
    policy.base = random.between(100ms, 5s);
    policy.factor = 1.0 + 2.0 * random.draw();
    policy.delay_max = random.between(1s, 60s);
    policy.jitter = static_cast<Jitter>(random.below(4));
    policy.jitter_fraction = 0.5 * random.draw();
    policy.attempts_max = static_cast<std::uint32_t>(random.between(1, 6));
    if (random.chance(0.2)) policy.age_max = random.between(5s, 120s);
    return policy;
}

ReceiverPlan draw_receiver(Random& random) {
    ReceiverPlan plan;
    plan.kind = random.chance(0.35) ? Kind::well : static_cast<Kind>(random.below(5));
    plan.latency_min = random.between(Duration{100}, 20ms);
    plan.latency_max = plan.latency_min + random.between(Duration{0}, 100ms);
    if (plan.kind == Kind::slow) plan.latency_max = random.between(1s, 8s);
    plan.failure = plan.kind == Kind::mixed ? 0.1 + 0.8 * random.draw() : 0;
    if (random.chance(0.3)) plan.retry_after = 0.5;
    plan.up = random.between(1s, 15s);
    plan.down = random.between(1s, 15s);
    return plan;
}

EngineLimits draw_limits(Random& random) {
    EngineLimits limits;
    limits.in_flight_max = random.between(2, 16);
    limits.lane_in_flight_max = random.between(1, 8);
    limits.lane_window = random.between(1, 16);
    limits.window = random.between(2, 48);
    limits.window_bytes = random.between(400, 20'000);
    limits.page = random.between(1, 8);
    limits.unanswered_bytes_max = random.between(300, 30'000);
    return limits;
}

StoreTrouble draw_store(Random& random) {
    StoreTrouble store;
    if (random.chance(0.5)) store.delay_max = random.between(1ms, 300ms);
    if (random.chance(0.3)) store.refused = 0.2 * random.draw();
    if (random.chance(0.25)) store.unknown_applied = 0.1 * random.draw();
    if (random.chance(0.25)) store.unknown_lost = 0.1 * random.draw();
    if (random.chance(0.25)) store.read_refused = 0.3 * random.draw();
    if (random.chance(0.2)) store.outages = static_cast<std::uint32_t>(random.between(1, 3));
    store.outage_length = random.between(100ms, 8s);
    return store;
}

void draw_endpoints(WorldConfig& config, Random& random, std::uint64_t count) {
    const std::uint64_t applications = random.between(1, 3);
    for (std::uint64_t n = 1; n <= applications; ++n)
        config.applications.push_back({ApplicationId{n, 7}, std::nullopt});
    for (std::uint64_t n = 0; n < count; ++n) {
        EndpointPlan endpoint;
        endpoint.application = ApplicationId{1 + random.below(applications), 7};
        endpoint.receiver = draw_receiver(random);
        endpoint.retry = draw_policy(random);
        endpoint.timeout = random.between(500ms, 6s);
        if (random.chance(0.3))
            endpoint.in_flight_max = static_cast<std::uint32_t>(random.between(1, 6));
        config.endpoints.push_back(std::move(endpoint));
    }
}

// What customers of the native API have. Drawn apart, so that the rest of a world does not depend on it.
void draw_customers(WorldConfig& config) {
    Random random(config.seed, "customers");
    const bool some_throttled = random.chance(0.35);
    const auto rate = [&] { return static_cast<std::uint32_t>(random.between(1, 30)); };
    for (ApplicationPlan& application : config.applications)
        if (some_throttled && random.chance(0.4)) application.throttle_rate = rate();
    for (EndpointPlan& endpoint : config.endpoints) {
        if (some_throttled && random.chance(0.4)) endpoint.throttle_rate = rate();
        endpoint.has_header = random.chance(0.3);
    }
    if (random.chance(0.6)) config.resends = static_cast<std::uint32_t>(random.between(1, 40));
    if (random.chance(0.4)) config.named_share = random.draw();
    config.repeat_share = 0.5 * random.draw();
    if (random.chance(0.4)) config.rules.disable_after = random.between(1s, 30s);
}

void draw_restarts(WorldConfig& config) {
    Random random(config.seed, "restarts");
    if (random.chance(0.5)) config.restarts = static_cast<std::uint32_t>(random.between(1, 30));
}

void draw_jobs(WorldConfig& config) {
    Random random(config.seed, "jobs");
    if (random.chance(0.5)) config.jobs = static_cast<std::uint32_t>(random.between(1, 8));
    if (random.chance(0.2)) config.purge_share = 0.3;
    if (random.chance(0.4)) config.expunges = static_cast<std::uint32_t>(random.between(1, 15));
    JobLimits& limits = config.job_limits;
    limits.running_max = random.between(1, 4);
    limits.slice = random.between(1, 12);
    limits.at_once = random.between(1, 5);
    limits.save_every = random.between(10ms, 1s);
    limits.save_every_events = random.between(1, 20);
    limits.retry_first = random.between(100ms, 1s);
    if (random.chance(0.2)) limits.recover_max = random.between(1, 10);
}

void draw_breaker(WorldConfig& config) {
    Random random(config.seed, "breaker");
    BreakerRules& rules = config.rules.breaker;
    rules.failures = random.chance(0.75) ? static_cast<std::uint32_t>(random.between(1, 5)) : 0;
    rules.lasting = random.chance(0.5) ? Duration{0} : random.between(100ms, 5s);
    rules.pause = random.between(100ms, 5s);
    rules.pause_max = rules.pause + random.between(Duration{0}, 20s);
    rules.delay_max = random.chance(0.5) ? 1h : random.between(1s, 30s);
}

void draw_maintenance(WorldConfig& config, Random& random) {
    config.maintenance.scan_every = random.between(200ms, 3s);
    config.maintenance.scan_limit = random.between(1, 50);
    config.maintenance.retention_every = random.between(5s, 60s);
    if (random.chance(0.3)) {
        config.maintenance.retention.finished = random.between(5s, 60s);
        config.maintenance.retention.dead = random.between(60s, 120s);
    }
}

}  // namespace

WorldConfig draw_world(std::uint64_t seed) {
    Random random(seed, "config");
    WorldConfig config;
    config.seed = seed;
    config.reactors = random.between(1, 3);
    config.limits = draw_limits(random);
    draw_maintenance(config, random);
    draw_endpoints(config, random, random.between(1, 7));
    config.store = draw_store(random);
    config.safety = random.between(3s, 40s);
    config.events = static_cast<std::uint32_t>(random.between(5, 60));
    if (random.chance(0.5)) config.bursts = static_cast<std::uint32_t>(random.between(1, 3));
    config.burst_size = static_cast<std::uint32_t>(random.between(5, 40));
    config.payload_max = random.between(10, 400);
    if (random.chance(0.5)) config.edits = static_cast<std::uint32_t>(random.between(1, 8));
    config.delete_share = random.chance(0.5) ? 0.3 : 0.0;
    if (random.chance(0.6)) config.crashes = static_cast<std::uint32_t>(random.between(1, 4));
    if (random.chance(0.3)) config.crash_at_commit = 0.02;
    if (random.chance(0.25)) config.stops = static_cast<std::uint32_t>(random.between(1, 2));
    if (random.chance(0.3)) config.clock_jumps = static_cast<std::uint32_t>(random.between(1, 4));
    config.clock_jump_max = random.chance(0.2) ? 2h : random.between(1s, 120s);
    if (random.chance(0.3)) config.mailbox_delay = 0.3;
    draw_customers(config);
    draw_restarts(config);
    draw_jobs(config);
    draw_breaker(config);
    return config;
}

WorldConfig draw_calm_world(std::uint64_t seed) {
    Random random(seed, "calm");
    WorldConfig config;
    config.seed = seed;
    config.is_calm = true;
    config.reactors = random.between(1, 3);
    config.limits = draw_limits(random);
    config.limits.in_flight_max = random.between(4, 16);
    config.limits.window = random.between(16, 48);
    config.limits.window_bytes = 1 << 20;
    config.limits.unanswered_bytes_max = 1 << 20;
    draw_maintenance(config, random);
    draw_endpoints(config, random, random.between(3, 6));
    for (EndpointPlan& endpoint : config.endpoints) {
        endpoint.receiver.kind = Kind::well;
        endpoint.receiver.latency_max = std::min(endpoint.receiver.latency_max, Duration(50ms));
    }
    config.endpoints[0].receiver.kind = Kind::hanging;
    config.safety = random.between(20s, 60s);
    config.events = static_cast<std::uint32_t>(random.between(50, 100));
    config.bursts = 2;
    config.burst_size = static_cast<std::uint32_t>(random.between(50, 150));
    config.payload_max = 100;
    return config;
}

namespace {

double seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

std::string describe(std::size_t number, const EndpointPlan& e) {
    constexpr const char* kKinds[] = {"well", "mixed", "flapping", "hanging", "slow"};
    std::string text = fmt::format(
        "  ep{} of app {}: {} ({:.2f}), time-out {:.1f} s, {} attempts from {:.1f} s, in "
        "flight {}\n",
        number, e.application.hi, kKinds[static_cast<std::size_t>(e.receiver.kind)],
        e.receiver.failure, seconds(e.timeout), e.retry.attempts_max, seconds(e.retry.base),
        e.in_flight_max);
    if (e.throttle_rate) text += fmt::format("       {} attempts per second\n", *e.throttle_rate);
    return text;
}

}  // namespace

std::string describe(const WorldConfig& c) {
    std::string text = fmt::format(
        "world {}: {} reactors, troubles for {:.1f} s, {} events, {} bursts of {}, payload ≤ {}\n"
        "  limits: in flight {}, lane in flight {}, lane window {}, window {} / {} bytes, page {}, "
        "unanswered {} bytes\n"
        "  store: delay ≤ {:.3f} s, refused {:.3f}, unknown applied {:.3f} lost {:.3f}, reads "
        "refused {:.3f}, outages {}\n"
        "  {} edits (deletes {:.1f}), {} crashes, {:.2f} per commit, {} stops, {} clock jumps ≤ "
        "{:.0f} s, scan every {:.2f} s\n",
        c.seed, c.reactors, seconds(c.safety), c.events, c.bursts, c.burst_size, c.payload_max,
        c.limits.in_flight_max, c.limits.lane_in_flight_max, c.limits.lane_window, c.limits.window,
        c.limits.window_bytes, c.limits.page, c.limits.unanswered_bytes_max,
        seconds(c.store.delay_max), c.store.refused, c.store.unknown_applied, c.store.unknown_lost,
        c.store.read_refused, c.store.outages, c.edits, c.delete_share, c.crashes,
        c.crash_at_commit, c.stops, c.clock_jumps, seconds(c.clock_jump_max),
        seconds(c.maintenance.scan_every));
    text += fmt::format(
        "  {} resends, {} restarts, named events {:.2f}, repeated {:.2f}, endpoints given up after "
        "{:.0f} s\n",
        c.resends, c.restarts, c.named_share, c.repeat_share, seconds(c.rules.disable_after));
    text += fmt::format(
        "  {} payloads deleted, {} jobs (purges {:.1f}), slices of {}, {} at once, {} running\n",
        c.expunges, c.jobs, c.purge_share, c.job_limits.slice, c.job_limits.at_once,
        c.job_limits.running_max);
    const BreakerRules& breaker = c.rules.breaker;
    text += fmt::format(
        "  breakers open after {} failures in {:.1f} s, for {:.1f} to {:.1f} s, delay at most "
        "{:.0f} "
        "s\n",
        breaker.failures, seconds(breaker.lasting), seconds(breaker.pause),
        seconds(breaker.pause_max), seconds(breaker.delay_max));
    for (const ApplicationPlan& application : c.applications)
        if (application.throttle_rate)
            text += fmt::format("  app {}: {} attempts per second\n", application.id.hi,
                                *application.throttle_rate);
    for (std::size_t n = 0; n < c.endpoints.size(); ++n) text += describe(n, c.endpoints[n]);
    return text;
}

}  // namespace posthaste::sim
