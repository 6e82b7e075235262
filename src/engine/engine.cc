#include "engine/engine.h"

#include <map>
#include <memory>
#include <vector>

#include "engine/commit_queue.h"
#include "engine/dispatcher.h"
#include "engine/live_feed.h"
#include "engine/maintenance.h"
#include "ports/suspend.h"

namespace posthaste {

struct Engine::Impl {
    Impl(Executor on, std::size_t own_reactor, std::size_t all_reactors, Ports all_ports,
         EngineLimits limits, EngineRules rules, Sabotage sabotage, EngineMetrics& all_metrics,
         DirectoryService& directory)
        : executor(on),
          reactor(own_reactor),
          reactors(all_reactors),
          ports(all_ports),
          metrics(all_metrics),
          outboxes(all_reactors),
          own_audience(all_reactors),
          live(std::make_shared<LiveFeed>(on, own_reactor,
                                          all_ports.audience ? *all_ports.audience : own_audience,
                                          LiveFeed::Ports{all_ports.store, all_ports.clock,
                                                          all_ports.alarms, all_ports.mailboxes})),
          commits(on, own_reactor, all_ports, limits, all_metrics,
                  [this](auto& events, auto& updates) { on_durable(events, updates); }),
          dispatcher(on, all_ports, limits, rules, sabotage, all_metrics, directory, commits,
                     *live) {
        commits.on_recovered([this](const std::vector<EndpointId>& doubtful) {
            for (const EndpointId endpoint : doubtful) announce_parked(endpoint, ports.clock.now());
            dispatcher.pump();
        });
    }

    void on_durable(std::vector<std::shared_ptr<Event>>& events,
                    std::vector<DeliveryUpdate>& updates) {
        for (const std::shared_ptr<Event>& event : events) {
            metrics.deliveries_accepted.add(event->targets.size());
            for (const EndpointId endpoint : event->targets) {
                const std::size_t owner = owner_of(endpoint, reactors);
                if (owner == reactor)
                    dispatcher.admit(event, endpoint);
                else
                    outboxes[owner].push_back(PendingDelivery{event, endpoint});
            }
        }
        metrics.events_accepted.add(events.size());
        if (live->is_watched())
            for (const std::shared_ptr<Event>& event : events) live->publish(*event);
        for (std::size_t owner = 0; owner < reactors; ++owner)
            if (!outboxes[owner].empty())
                ports.mailboxes.hand_over(owner, std::exchange(outboxes[owner], {}));
        for (const DeliveryUpdate& update : updates) {
            if (owner_of(update.endpoint, reactors) == reactor)
                dispatcher.on_durable(update);
            else  // a repair; attempts only ever run on the lane's own reactor
                announce_parked(update.endpoint, update.due);
        }
        dispatcher.pump();
    }

    void announce_parked(EndpointId endpoint, Timestamp due) {
        const std::size_t owner = owner_of(endpoint, reactors);
        if (owner == reactor)
            dispatcher.announce_parked(endpoint, due);
        else
            ports.mailboxes.announce_parked(owner, endpoint, due);
    }

    void repark(const LostDelivery& lost) {
        DeliveryUpdate update;
        update.event = lost.event;
        update.endpoint = lost.endpoint;
        update.next = DeliveryState::parked;
        update.due = ports.clock.now();
        update.attempts_made = lost.attempts_made;
        commits.add(std::move(update));
    }

    void resend(EventId event, EndpointId endpoint, UpdateKind kind, Asker asker,
                Dispatcher::Resent done) {
        const std::size_t owner = owner_of(endpoint, reactors);
        if (owner == reactor) {
            dispatcher.resend(event, endpoint, kind, asker, std::move(done));
            return dispatcher.pump();
        }
        auto bring_back = [&mailboxes = ports.mailboxes, home = reactor,
                           done = std::move(done)](Result<void> result) mutable {
            auto tell = [done = std::move(done), result = std::move(result)](Engine&) mutable {
                done(std::move(result));
            };
            mailboxes.post(home, std::move(tell));
        };
        auto ask = [event, endpoint, kind, asker,
                    bring_back = std::move(bring_back)](Engine& there) mutable {
            there.impl_->resend(event, endpoint, kind, asker, std::move(bring_back));
        };
        ports.mailboxes.post(owner, std::move(ask));
    }

    // Calls `done` when every reactor with a lane among them has forgotten the payload.
    void forget_payload(EventId event, const std::vector<EndpointId>& endpoints,
                        std::move_only_function<void(Result<void>)> done) {
        std::map<std::size_t, std::vector<EndpointId>> by_owner;
        for (const EndpointId endpoint : endpoints)
            by_owner[owner_of(endpoint, reactors)].push_back(endpoint);
        for (const EndpointId endpoint : by_owner[reactor])
            dispatcher.forget_payload(event, endpoint);
        dispatcher.pump();
        by_owner.erase(reactor);
        if (by_owner.empty()) return done({});
        auto left = std::make_shared<std::size_t>(by_owner.size());
        auto shared_done = std::make_shared<decltype(done)>(std::move(done));
        for (auto& [owner, theirs] : by_owner) {
            auto tell = [left, shared_done](Engine&) {
                if (--*left == 0) (*shared_done)({});
            };
            auto ask = [event, home = reactor, lanes = std::move(theirs),
                        tell = std::move(tell)](Engine& there) mutable {
                for (const EndpointId endpoint : lanes)
                    there.impl_->dispatcher.forget_payload(event, endpoint);
                there.impl_->dispatcher.pump();
                there.impl_->ports.mailboxes.post(home, std::move(tell));
            };
            ports.mailboxes.post(owner, std::move(ask));
        }
    }

    Executor executor;
    std::size_t reactor;
    std::size_t reactors;
    Ports ports;
    EngineMetrics& metrics;
    std::vector<std::vector<PendingDelivery>> outboxes;
    LiveAudience own_audience;
    std::shared_ptr<LiveFeed> live;
    CommitQueue commits;
    Dispatcher dispatcher;
    std::unique_ptr<Maintenance> maintenance;
};

Engine::Engine(Executor executor, std::size_t reactor, std::size_t reactors, Ports ports,
               EngineLimits limits, EngineRules rules, Sabotage sabotage)
    : rules_(rules),
      directory_(ports.directory, ports.store),
      impl_(std::make_unique<Impl>(std::move(executor), reactor, reactors, ports, limits, rules,
                                   sabotage, metrics_, directory_)) {}

Engine::~Engine() = default;

Task<Result<Accepted>> Engine::accept(std::shared_ptr<Event> event) {
    return impl_->commits.add(std::move(event));
}

Task<Result<void>> Engine::resend(EventId event, EndpointId endpoint, Asker asker) {
    return send_again(event, endpoint, UpdateKind::resend, asker);
}

Task<Result<void>> Engine::restart(EventId event, EndpointId endpoint) {
    return send_again(event, endpoint, UpdateKind::restart, Asker::person);
}

Task<Result<void>> Engine::send_again(EventId event, EndpointId endpoint, UpdateKind kind,
                                      Asker asker) {
    if (impl_->commits.is_refusing())
        co_return fail(ErrorCode::stopping, "the server is shutting down");
    const PreparedEndpointPtr known = directory_.current()->find(endpoint);
    if (!known || known->config.is_deleted)
        co_return fail(ErrorCode::not_found, "no such endpoint");
    const Result<EventHistory> history = co_await impl_->ports.store.read_event(event);
    if (!history) co_return std::unexpected(history.error());
    if (history->event->is_expunged)
        co_return fail(ErrorCode::invalid, "the event's payload was deleted");
    auto start = [this, event, endpoint, kind, asker](Dispatcher::Resent done) {
        impl_->resend(event, endpoint, kind, asker, std::move(done));
    };
    co_return co_await suspend<Result<void>>(std::move(start));
}

Task<Result<bool>> Engine::expunge(EventId event) {
    Store& store = impl_->ports.store;
    ASSIGN_OR_CO_RETURN(EventHistory history, co_await store.read_event(event));
    const bool was_there = !history.event->is_expunged;
    if (was_there) {
        const Result<void> gone = co_await store.expunge_payload(event);
        if (!gone) co_return std::unexpected(gone.error());
        // Looked at again: a resend may have added a delivery. Whoever resends from now on finds nothing to send.
        ASSIGN_OR_CO_RETURN(history, co_await store.read_event(event));
    }
    std::vector<EndpointId> waiting;
    for (const DeliveryHistory& delivery : history.deliveries)
        if (!is_settled(delivery.state)) waiting.push_back(delivery.endpoint);
    auto start = [this, event, &waiting](std::move_only_function<void(Result<void>)> done) {
        impl_->forget_payload(event, waiting, std::move(done));
    };
    const Result<void> forgotten = co_await suspend<Result<void>>(std::move(start));
    if (!forgotten) co_return std::unexpected(forgotten.error());
    co_return was_there;
}

const std::shared_ptr<LiveFeed>& Engine::live() const { return impl_->live; }

void Engine::report_to(EndpointNews* listener) { impl_->dispatcher.report_to(listener); }

void Engine::start(const Recovery& recovery) {
    for (const ParkedLane& lane : recovery.lanes)
        if (owner_of(lane.endpoint, impl_->reactors) == impl_->reactor)
            impl_->dispatcher.announce_parked(lane.endpoint, lane.earliest_due);
    impl_->dispatcher.pump();
}

void Engine::receive(std::vector<PendingDelivery> deliveries) {
    for (PendingDelivery& delivery : deliveries)
        impl_->dispatcher.admit(std::move(delivery.event), delivery.endpoint);
    impl_->dispatcher.pump();
}

void Engine::announce_parked(EndpointId endpoint, Timestamp due) {
    impl_->dispatcher.announce_parked(endpoint, due);
    impl_->dispatcher.pump();
}

void Engine::start_maintenance(MaintenanceOptions options) {
    impl_->maintenance = std::make_unique<Maintenance>(
        impl_->executor, impl_->ports, options, metrics_,
        [impl = impl_.get()](const LostDelivery& lost) { impl->repark(lost); });
}

void Engine::endpoint_changed(EndpointId id) { impl_->dispatcher.endpoint_changed(id); }

Task<void> Engine::stop(Duration deadline) {
    impl_->commits.refuse_events();
    impl_->dispatcher.stop_starting();
    if (impl_->maintenance) impl_->maintenance->stop();
    const std::unique_ptr<Alarm> give_up =
        impl_->ports.alarms.make([this] { impl_->ports.transport.stop(); });
    give_up->arm(impl_->ports.clock.now() + deadline);
    co_await impl_->dispatcher.join();
    if (impl_->maintenance) co_await impl_->maintenance->join();
    co_await impl_->commits.drain();
    co_await impl_->live->stop();
    co_await impl_->dispatcher.join();  // the last outcomes may have changed an endpoint
    impl_->ports.transport.stop();
}

}  // namespace posthaste
