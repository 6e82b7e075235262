#pragma once

// The ports of a simulated cluster: a transport over the receivers, a store policy that delays, refuses and doubts commits,
// mailboxes that may be late, and a telemetry that only counts. They live as long as one life of the cluster.

#include <array>
#include <functional>
#include <map>
#include <memory>

#include "engine/engine.h"
#include "ports/endpoint_news.h"
#include "sim/auditor.h"
#include "sim/receivers.h"
#include "sim/sim_time.h"
#include "store/memory/store_policy.h"

namespace posthaste::sim {

// One per reactor.
class SimTransport final : public Transport {
public:
    SimTransport(std::size_t reactor, SimTime& time, Receivers& receivers, Auditor& auditor)
        : reactor_(reactor), time_(time), receivers_(receivers), auditor_(auditor) {}

    Task<TransportResult> send(OutboundRequest request) override;
    void stop() override;

private:
    using Resume = std::move_only_function<void(TransportResult)>;
    void finish(std::uint64_t send, TransportResult result);

    std::size_t reactor_;
    SimTime& time_;
    Receivers& receivers_;
    Auditor& auditor_;
    std::map<std::uint64_t, Resume> under_way_;
    bool stopped_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

// What the store suffers; lives as long as the world, so that a crash does not reset its luck.
struct StoreLuck {
    StoreLuck(const StoreTrouble& plan, std::uint64_t seed)
        : trouble(plan), random(seed, "store") {}
    StoreTrouble trouble;
    Random random;
    double crash_at_commit = 0;
    bool outage = false;
    bool healed = false;
    // A crash wanted right after the running handler.
    bool crash_wanted = false;
};

class SimStorePolicy final : public StorePolicy {
public:
    SimStorePolicy(Executor executor, SimTime& time, StoreLuck& luck)
        : executor_(std::move(executor)), time_(time), luck_(luck) {}
    void schedule(StoreStep step, std::move_only_function<void()> run) override;
    CommitFate next_commit() override;
    bool next_read_works() override;

private:
    Executor executor_;
    SimTime& time_;
    StoreLuck& luck_;
};

class SimMailboxes final : public Mailboxes {
public:
    using Engines = std::vector<std::unique_ptr<Engine>>;
    SimMailboxes(Executor executor, SimTime& time, Random& random, double late, Engines& engines)
        : executor_(std::move(executor)),
          time_(time),
          random_(random),
          late_(late),
          engines_(engines) {}

    void hand_over(std::size_t reactor, std::vector<PendingDelivery> deliveries) override;
    void announce_parked(std::size_t reactor, EndpointId endpoint, Timestamp due) override;
    void post(std::size_t reactor, std::move_only_function<void(Engine&)> run) override;

private:
    void deliver(std::move_only_function<void()> message);

    Executor executor_;
    SimTime& time_;
    Random& random_;
    double late_;
    Engines& engines_;
};

class SimTelemetry final : public Telemetry {
public:
    SimTelemetry(SimTime& time, Trace& trace) : time_(time), trace_(trace) {}
    void on_attempt(const Event& event, const Endpoint& endpoint, const AttemptRecord& attempt,
                    DeliveryState next) override;
    void on_notice(Severity severity, std::string_view area, std::string_view sentence) override;

private:
    SimTime& time_;
    Trace& trace_;
};

// Hears of failing endpoints.
class SimNews final : public EndpointNews {
public:
    explicit SimNews(Auditor& auditor) : auditor_(auditor) {}
    std::shared_ptr<Event> on_attempt(AttemptNews news, const Event& event,
                                      const Endpoint& endpoint,
                                      const AttemptRecord& attempt) override;
    void on_disabled(const Endpoint& endpoint, Timestamp failing_since) override;

private:
    Auditor& auditor_;
};

}  // namespace posthaste::sim
