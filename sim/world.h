#pragma once

// One simulated world: a cluster of engines over one store that crashes, its producers, its receivers, and the auditor.
// Everything runs on one io_context, handler by handler. When no handler is left, virtual time jumps to the next timer.
//
//   safety phase   troubles as drawn; the auditor's rules must hold after every handler
//   heal           clock, store and receivers are well, endpoints are reactivated
//   liveness       within a bound of virtual time everything must settle, drain and be found settled by a new cluster

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/job_service.h"
#include "sim/auditor.h"
#include "sim/receivers.h"
#include "sim/sim_ports.h"
#include "sim/sim_time.h"
#include "sim/trace.h"
#include "sim/world_config.h"
#include "store/memory/memory_store.h"

namespace posthaste::sim {

struct Outcome {
    std::string violation;  // empty: all rules held
    std::uint64_t trace_hash = 0;
    std::uint64_t handlers = 0;
    std::uint64_t requests = 0;
    Duration virtual_time{};
    std::string trace_tail;  // only after a violation
};

class World {
public:
    explicit World(WorldConfig config, Sabotage sabotage = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void print_trace();
    [[nodiscard]] Outcome run();

private:
    struct NamedRequest {
        ApplicationId application;
        std::string uid;
        Id key;
    };
    enum class Life : std::uint8_t { down, starting, running, stopping };

    // --- the cluster (world.cc)
    void start();
    Task<void> boot();
    void make_engines(const Recovery& recovery, Directory::Contents contents);
    void crash();
    void begin_stop(Duration deadline);
    void finish_stop();
    void discard_cluster();
    void check_repairs();
    void make_jobs();
    Task<void> stop_reactor(std::size_t reactor, Duration deadline);
    // --- the loop (world.cc)
    void run_until(Duration end, const std::function<bool()>& done);
    void handler_done();
    bool advance(Duration end);
    void heal();
    [[nodiscard]] bool has_settled() const;
    void check_gauges();
    void settle();
    // --- the script (workload.cc)
    void write_script();
    void script_store_troubles();
    void at(Duration when, std::function<void()> act);
    void add_applications();
    void add_endpoints();
    void delay_event(Event& event);
    void name_event(Event& event);
    void resend_something();
    void restart_something();
    void begin_to_send_again(Task<Result<void>> asking, std::optional<std::uint64_t> ask);
    void expunge_something();
    void produce(bool burst_at_one);
    void accept(std::shared_ptr<Event> event);
    void edit_something();
    void edit(EndpointId id, std::function<void(Endpoint&)> change);
    void reactivate_all();
    // --- the script's jobs (workload_jobs.cc)
    void script_jobs();
    [[nodiscard]] Job draw_job();
    void start_job();
    [[nodiscard]] Engine& some_engine() { return *engines_[workload_.below(engines_.size())]; }

    WorldConfig config_;
    Sabotage sabotage_;
    Random workload_;
    Random entropy_;
    Random customers_;
    Random restarts_;
    Random jobs_;
    Random network_;
    Random fate_;
    SimTime time_;
    Trace trace_;
    std::shared_ptr<MemoryDisk> disk_;
    Auditor auditor_;
    Receivers receivers_;
    StoreLuck luck_;
    std::vector<EndpointId> endpoint_ids_;
    std::multimap<Duration, std::function<void()>> script_;

    // One life of the cluster. Destroyed in discard_cluster(), in an order of its own.
    std::unique_ptr<asio::io_context> context_;
    std::unique_ptr<MemoryStore> store_;
    std::unique_ptr<DirectoryHolder> directory_;
    std::vector<std::unique_ptr<SimTransport>> transports_;
    std::unique_ptr<SimMailboxes> mailboxes_;
    std::unique_ptr<SimTelemetry> telemetry_;
    SimNews news_;
    std::vector<std::unique_ptr<Engine>> engines_;
    std::unique_ptr<JobRunner> job_runner_;  // on the first reactor
    std::unique_ptr<JobService> job_service_;
    Life life_ = Life::down;
    std::size_t engines_stopping_ = 0;
    std::uint64_t crash_after_ = 0;  // handlers; 0: not planned
    std::uint64_t crashes_left_ = 0;
    std::uint64_t handlers_ = 0;
    std::uint64_t edits_under_way_ = 0;
    std::uint64_t accepts_under_way_ = 0;
    std::uint64_t resends_under_way_ = 0;
    std::uint64_t expunges_under_way_ = 0;
    std::uint64_t job_starts_under_way_ = 0;
    std::vector<NamedRequest> named_requests_;
    bool healed_ = false;
};

}  // namespace posthaste::sim
