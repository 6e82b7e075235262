#include "sim/world.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/assert.h"
#include "sim/marks.h"

namespace posthaste::sim {

namespace {

constexpr Duration kSettleBound = 3h;
constexpr std::uint64_t kHandlersMax = 2'000'000;

}  // namespace

World::World(WorldConfig config, Sabotage sabotage)
    : config_(std::move(config)),
      sabotage_(sabotage),
      workload_(config_.seed, "workload"),
      entropy_(config_.seed, "entropy"),
      customers_(config_.seed, "customer workload"),
      restarts_(config_.seed, "restart workload"),
      jobs_(config_.seed, "job workload"),
      network_(config_.seed, "network"),
      fate_(config_.seed, "fate"),
      disk_(std::make_shared<MemoryDisk>()),
      auditor_(config_, time_, trace_, *disk_),
      receivers_(config_.seed),
      luck_(config_.store, config_.seed),
      news_(auditor_),
      crashes_left_(config_.crashes) {
    luck_.crash_at_commit = config_.crash_at_commit;
    add_applications();
    add_endpoints();
    write_script();
}

World::~World() { discard_cluster(); }

void World::print_trace() {
    trace_.print_all([this](EndpointId id) { return auditor_.name_of(id); });
}

// --- the cluster ------------------------------------------------------------------------------------------------------

void World::start() {
    ASSERT(life_ == Life::down);
    context_ = std::make_unique<asio::io_context>(1);
    time_.attach(context_->get_executor());
    const Executor executor = context_->get_executor();
    std::vector<ReactorPost> posts(config_.reactors,
                                   [executor](std::move_only_function<void()> function) {
                                       asio::post(executor, std::move(function));
                                   });
    auto policy = std::make_unique<SimStorePolicy>(executor, time_, luck_);
    store_ = std::make_unique<MemoryStore>(executor, time_, entropy_, std::move(posts), disk_,
                                           std::move(policy));
    life_ = Life::starting;
    if (crashes_left_ > 0 && !healed_)
        crash_after_ = handlers_ + 1 + fate_.below(fate_.chance(0.1) ? 8 : 3000);
    asio::co_spawn(executor, boot(), [](std::exception_ptr error) { ASSERT(!error); });
}

Task<void> World::boot() {
    Result<Recovery> recovery = co_await store_->recover();
    ASSERT(recovery);
    if (!recovery->lanes.empty()) REACHED(recovery_found_lanes);
    Result<Directory::Contents> contents = co_await load_contents(store_.get());
    while (!contents) contents = co_await load_contents(store_.get());  // reads may be refused
    make_engines(*recovery, std::move(*contents));
    life_ = Life::running;
    trace_.add({time_.steady(),
                -1,
                "running",
                {},
                {},
                static_cast<std::int64_t>(recovery->deliveries_parked)});
}

void World::make_engines(const Recovery& recovery, Directory::Contents contents) {
    const Executor executor = context_->get_executor();
    directory_ = std::make_unique<DirectoryHolder>(Directory::holding(std::move(contents)));
    directory_->on_change([this, executor](EndpointId id) {
        asio::post(executor, [this, id] {
            if (!engines_.empty()) engines_[owner_of(id, config_.reactors)]->endpoint_changed(id);
        });
    });
    telemetry_ = std::make_unique<SimTelemetry>(time_, trace_);
    mailboxes_ =
        std::make_unique<SimMailboxes>(executor, time_, network_, config_.mailbox_delay, engines_);
    for (std::size_t reactor = 0; reactor < config_.reactors; ++reactor) {
        transports_.push_back(std::make_unique<SimTransport>(reactor, time_, receivers_, auditor_));
        const Engine::Ports ports{*store_,  *transports_[reactor], time_,       time_,
                                  entropy_, *telemetry_,           *mailboxes_, *directory_};
        engines_.push_back(std::make_unique<Engine>(executor, reactor, config_.reactors, ports,
                                                    config_.limits, config_.rules, sabotage_));
        engines_.back()->report_to(&news_);
    }
    for (auto& engine : engines_) engine->start(recovery);
    engines_[0]->start_maintenance(config_.maintenance);
    make_jobs();
}

void World::make_jobs() {
    JobRunner::Ports ports{*store_,
                           time_,
                           time_,
                           *telemetry_,
                           *directory_,
                           [this](EventId event, EndpointId endpoint) {
                               auditor_.job_resends(event, endpoint);
                               return engines_[0]->resend(event, endpoint, Asker::job);
                           },
                           [this](EventId event) { return engines_[0]->expunge(event); },
                           [this](const Job& job) { auditor_.job_ended(job); }};
    job_runner_ = std::make_unique<JobRunner>(context_->get_executor(), std::move(ports),
                                              config_.job_limits, sabotage_);
    job_service_ = std::make_unique<JobService>(*store_, time_, [this](const Job& job) {
        mailboxes_->post(0, [this, job](Engine&) { job_runner_->take(job); });
    });
    job_runner_->resume();
}

void World::check_repairs() {
    for (const auto& engine : engines_) {
        if (engine->metrics().repaired.value() != 0)
            auditor_.fail("the repair scan had to repair a delivery");
    }
}

void World::discard_cluster() {
    // Whoever holds a suspended coroutine goes first, while the executor that unwinds it still exists; the executor, with all
    // frames it holds, goes last.
    job_service_.reset();
    job_runner_.reset();
    engines_.clear();
    transports_.clear();
    mailboxes_.reset();
    store_.reset();
    time_.detach();
    context_.reset();
    directory_.reset();
    telemetry_.reset();
    edits_under_way_ = 0;
    accepts_under_way_ = 0;
    resends_under_way_ = 0;
    expunges_under_way_ = 0;
    job_starts_under_way_ = 0;
    crash_after_ = 0;
    life_ = Life::down;
}

void World::crash() {
    if (life_ == Life::starting) REACHED(crash_in_recovery);
    check_repairs();
    auditor_.crashed();
    luck_.crash_wanted = false;
    discard_cluster();
    at(time_.steady() + fate_.between(Duration{0}, 3s), [this] { start(); });
}

void World::begin_stop(Duration deadline) {
    if (life_ != Life::running) return;
    trace_.add({time_.steady(), -1, "stopping", {}, {}, deadline.count()});
    life_ = Life::stopping;
    engines_stopping_ = engines_.size();
    for (std::size_t reactor = 0; reactor < engines_.size(); ++reactor) {
        asio::co_spawn(context_->get_executor(), stop_reactor(reactor, deadline),
                       [this](std::exception_ptr error) {
                           ASSERT(!error);
                           engines_stopping_ -= 1;
                       });
    }
}

Task<void> World::stop_reactor(std::size_t reactor, Duration deadline) {
    if (reactor == 0) {
        job_runner_->stop();
        co_await job_runner_->join();
    }
    co_await engines_[reactor]->stop(deadline);
}

void World::finish_stop() {
    REACHED(clean_stop);
    check_repairs();
    if (auditor_.in_flight() > 0)
        auditor_.fail("a request is under way although the engines have stopped");
    store_->close();
    context_->poll();  // the last answers of the store
    auditor_.stopped();
    trace_.add({time_.steady(), -1, "stopped", {}, {}, 0});
    discard_cluster();
    at(time_.steady() + fate_.between(Duration{0}, 1s), [this] { start(); });
}

// --- the loop ---------------------------------------------------------------------------------------------------------

void World::handler_done() {
    handlers_ += 1;
    auditor_.check_tally();
    if (handlers_ > kHandlersMax) auditor_.fail("the world does not come to rest");
    if (luck_.crash_wanted ||
        (crash_after_ != 0 && handlers_ >= crash_after_ && crashes_left_ > 0)) {
        if (!luck_.crash_wanted) crashes_left_ -= 1;
        crash();
    } else if (life_ == Life::stopping && engines_stopping_ == 0) {
        finish_stop();
    }
}

// False: nothing happens before `end`.
bool World::advance(Duration end) {
    std::optional<Duration> next = time_.next();
    if (!script_.empty() && (!next || script_.begin()->first <= *next))
        next = script_.begin()->first;
    if (!next || *next > end) {
        time_.advance_to(end);
        return false;
    }
    time_.advance_to(std::max(*next, time_.steady()));
    while (!script_.empty() && script_.begin()->first <= time_.steady()) {
        auto act = std::move(script_.begin()->second);
        script_.erase(script_.begin());
        act();
    }
    return true;
}

void World::run_until(Duration end, const std::function<bool()>& done) {
    while (auditor_.is_well() && !done()) {
        if (context_) {
            if (context_->stopped()) context_->restart();
            if (context_->poll_one() > 0) {
                handler_done();
                continue;
            }
        }
        if (!advance(end)) return;
    }
}

void World::heal() {
    trace_.add({time_.steady(), -1, "healed", {}, {}, 0});
    healed_ = true;
    luck_.healed = true;
    luck_.outage = false;
    crash_after_ = 0;
    receivers_.heal();
    time_.heal();
    auditor_.forget_rates();
    reactivate_all();
}

bool World::has_settled() const {
    return life_ == Life::running && auditor_.pending() == 0 && auditor_.in_flight() == 0 &&
           accepts_under_way_ == 0 && edits_under_way_ == 0 && resends_under_way_ == 0 &&
           expunges_under_way_ == 0 && job_starts_under_way_ == 0 &&
           !auditor_.has_running(Auditor::Jobs::promised);
}

void World::check_gauges() {
    for (const auto& engine : engines_) {
        const EngineMetrics& metrics = engine->metrics();
        if (metrics.in_flight.value() != 0)
            auditor_.fail("a settled engine counts requests in flight");
        if (metrics.window.value() != 0)
            auditor_.fail(fmt::format("a settled engine counts {} deliveries in memory",
                                      metrics.window.value()));
        if (metrics.window_bytes.value() != 0)
            auditor_.fail("a settled engine counts payload bytes in memory");
    }
}

void World::settle() {
    const Duration bound = time_.steady() + kSettleBound;
    run_until(bound, [this] { return has_settled(); });
    if (auditor_.is_well() && !has_settled()) {
        auditor_.fail(
            fmt::format("the world did not settle within {} h: {} deliveries pending, {} in flight",
                        kSettleBound / 1h, auditor_.pending(), auditor_.in_flight()));
    }
    // One more second lets the last answers of the store arrive and the scan pass over everything.
    run_until(time_.steady() + 5s, [] { return false; });
    if (!auditor_.is_well()) return;
    check_gauges();
    check_repairs();
    auditor_.check_settled(Auditor::Jobs::promised);
    begin_stop(10s);
    run_until(time_.steady() + 1min, [this] { return life_ == Life::down; });
    if (auditor_.is_well() && life_ != Life::down) auditor_.fail("a settled cluster does not stop");
    // The new cluster finds nothing left to do but jobs that nobody was promised.
    const auto is_over = [this] {
        return has_settled() && !auditor_.has_running(Auditor::Jobs::all);
    };
    run_until(time_.steady() + kSettleBound, is_over);
    if (auditor_.is_well()) auditor_.check_settled(Auditor::Jobs::all);
}

Outcome World::run() {
    start();
    run_until(config_.safety, [] { return false; });
    if (auditor_.is_well()) heal();
    if (auditor_.is_well()) settle();
    Outcome outcome;
    outcome.violation = auditor_.violation();
    outcome.trace_hash = trace_.hash();
    outcome.handlers = handlers_;
    outcome.virtual_time = time_.steady();
    if (!outcome.violation.empty()) {
        outcome.trace_tail = trace_.tail(120, [this](EndpointId id) {
            return auditor_.name_of(id);
        }) + auditor_.describe_pending();
    }
    return outcome;
}

}  // namespace posthaste::sim
