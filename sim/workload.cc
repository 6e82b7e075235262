// What the world's people do: accept events, flood one endpoint, edit endpoints, stop the cluster, set the clock.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/assert.h"
#include "engine/catalog.h"
#include "sim/marks.h"
#include "sim/world.h"

namespace posthaste::sim {

void World::at(Duration when, std::function<void()> act) { script_.emplace(when, std::move(act)); }

void World::add_applications() {
    ConfigChange change;
    for (const ApplicationPlan& plan : config_.applications) {
        Application application;
        application.id = plan.id;
        application.name = "simulated";
        application.throttle_rate = plan.throttle_rate;
        change.records.push_back(to_record(application));
        auditor_.application_known(application);
    }
    ASSERT(disk_->config().change(std::move(change)));
}

// The endpoints are there before the world begins, so that every drawn endpoint exists in it.
void World::add_endpoints() {
    for (std::size_t n = 0; n < config_.endpoints.size(); ++n) {
        const EndpointPlan& plan = config_.endpoints[n];
        Endpoint endpoint;
        endpoint.id = EndpointId{0x0190'0000'0000'7000ULL + n, entropy_.next() | (1ULL << 63)};
        endpoint.application = plan.application;
        endpoint.url = "http://receiver.test/";
        endpoint.retry = plan.retry;
        endpoint.timeout = plan.timeout;
        endpoint.in_flight_max = plan.in_flight_max;
        endpoint.throttle_rate = plan.throttle_rate;
        if (plan.has_header) endpoint.headers = {{"X-Simulated", "yes"}};
        endpoint.created_at = time_.now();
        if (n % 2 == 1) endpoint.secret = "secret";
        const Result<Endpoint> stored = disk_->put_endpoint(std::move(endpoint));
        ASSERT(stored);
        endpoint_ids_.push_back(stored->id);
        auditor_.endpoint_known(*stored, plan.receiver);
        receivers_.add(stored->id, plan.receiver);
    }
}

void World::write_script() {
    const auto some_time = [this] { return workload_.between(Duration{0}, config_.safety); };
    for (std::uint32_t n = 0; n < config_.events; ++n) at(some_time(), [this] { produce(false); });
    for (std::uint32_t n = 0; n < config_.bursts; ++n) {
        at(some_time(), [this, at_one = n % 2 == 0] {
            for (std::uint32_t i = 0; i < config_.burst_size; ++i) produce(at_one);
        });
    }
    for (std::uint32_t n = 0; n < config_.edits; ++n) at(some_time(), [this] { edit_something(); });
    for (std::uint32_t n = 0; n < config_.stops; ++n) {
        at(some_time(), [this] {
            begin_stop(workload_.chance(0.5) ? Duration(30s) : workload_.between(Duration{0}, 1s));
        });
    }
    for (std::uint32_t n = 0; n < config_.clock_jumps; ++n) {
        at(some_time(), [this] {
            const Duration by = workload_.between(-config_.clock_jump_max, config_.clock_jump_max);
            by > Duration{} ? REACHED(clock_forward) : REACHED(clock_back);
            trace_.add({time_.steady(), -1, "clock jumps", {}, {}, by.count()});
            auditor_.clock_jumps();
            time_.jump(by);
        });
    }
    for (std::uint32_t n = 0; n < config_.resends; ++n)
        at(customers_.between(Duration{0}, config_.safety), [this] { resend_something(); });
    for (std::uint32_t n = 0; n < config_.restarts; ++n)
        at(restarts_.between(Duration{0}, config_.safety), [this] { restart_something(); });
    script_jobs();
    script_store_troubles();
}

void World::script_store_troubles() {
    for (std::uint32_t n = 0; n < config_.store.outages; ++n) {
        const Duration begin = workload_.between(Duration{0}, config_.safety);
        at(begin, [this] { luck_.outage = !healed_; });
        at(begin + config_.store.outage_length, [this] { luck_.outage = false; });
    }
}

void World::produce(bool burst_at_one) {
    if (life_ != Life::running && life_ != Life::stopping) return;
    auto event = std::make_shared<Event>();
    event->type = "order.created";
    event->payload.assign(workload_.between(1, config_.payload_max), 'x');
    Engine& engine = some_engine();
    if (burst_at_one) {
        event->targets.push_back(endpoint_ids_[0]);
        const PreparedEndpointPtr target = engine.directory().current()->find(endpoint_ids_[0]);
        event->application = target->config.application;
    } else {
        event->application =
            config_.endpoints[workload_.below(config_.endpoints.size())].application;
        event->targets = engine.directory().current()->match(event->application, event->type);
    }
    delay_event(*event);
    name_event(*event);
    accepts_under_way_ += 1;
    const std::optional<Id> key = event->request_key;
    asio::co_spawn(context_->get_executor(), engine.accept(std::move(event)),
                   [this, key](std::exception_ptr error, Result<Accepted> accepted) {
                       ASSERT(!error);
                       accepts_under_way_ -= 1;
                       if (accepted && accepted->is_repeat)
                           return auditor_.repeated(*key, accepted->id);
                       if (accepted) return auditor_.acknowledged(accepted->id);
                       if (accepted.error().code == ErrorCode::exists) REACHED(uid_taken);
                       if (accepted.error().code == ErrorCode::overloaded)
                           REACHED(accept_overloaded);
                       if (accepted.error().code == ErrorCode::stopping) REACHED(accept_stopping);
                       if (accepted.error().code == ErrorCode::commit_unknown)
                           REACHED(ambiguous_event);
                   });
}

// Some wait for up to a quarter of an hour. Nothing is drawn for that: worlds of old seeds stay what they were.
void World::delay_event(Event& event) {
    const std::size_t size = event.payload.size();
    if (!config_.is_calm && size % 16 == 0)
        event.deliver_at = time_.now() + std::chrono::seconds(size % 900);
}

void World::name_event(Event& event) {
    if (!customers_.chance(config_.named_share)) return;
    if (!named_requests_.empty() && customers_.chance(config_.repeat_share)) {
        const NamedRequest& first = named_requests_[customers_.below(named_requests_.size())];
        // The same request again, or another one that wants the same name.
        if (customers_.chance(0.5)) event.request_key = first.key;
        event.uid = first.uid;
        return;
    }
    NamedRequest request;
    request.application = event.application;
    request.uid = "uid" + std::to_string(named_requests_.size());
    request.key = Id{customers_.next(), customers_.next()};
    event.uid = request.uid;
    event.request_key = request.key;
    named_requests_.push_back(std::move(request));
}

void World::resend_something() {
    if (life_ != Life::running && life_ != Life::stopping) return;
    const std::vector<EventId> events = disk_->event_ids();
    if (events.empty()) return;
    const EventId event = events[customers_.below(events.size())];
    EndpointId endpoint = endpoint_ids_[customers_.below(endpoint_ids_.size())];
    const Result<EventHistory> history = disk_->read_event(event);
    if (!history->deliveries.empty() && customers_.chance(0.9))
        endpoint = history->deliveries[customers_.below(history->deliveries.size())].endpoint;
    const std::uint64_t ask = auditor_.resend_asked(event, endpoint);
    Engine& engine = *engines_[customers_.below(engines_.size())];
    begin_to_send_again(engine.resend(event, endpoint), ask);
}

void World::restart_something() {
    if (life_ != Life::running && life_ != Life::stopping) return;
    const std::vector<EventId> events = disk_->event_ids();
    if (events.empty()) return;
    const EventId event = events[restarts_.below(events.size())];
    const Result<EventHistory> history = disk_->read_event(event);
    if (history->deliveries.empty()) return;
    EndpointId endpoint = history->deliveries[restarts_.below(history->deliveries.size())].endpoint;
    const auto dead =
        std::ranges::find(history->deliveries, DeliveryState::dead, &DeliveryHistory::state);
    if (dead != history->deliveries.end()) endpoint = dead->endpoint;
    const std::optional<std::uint64_t> ask = auditor_.restart_asked(event, endpoint);
    Engine& engine = *engines_[restarts_.below(engines_.size())];
    begin_to_send_again(engine.restart(event, endpoint), ask);
}

void World::begin_to_send_again(Task<Result<void>> asking, std::optional<std::uint64_t> ask) {
    resends_under_way_ += 1;
    asio::co_spawn(context_->get_executor(), std::move(asking),
                   [this, ask](std::exception_ptr error, Result<void> done) {
                       ASSERT(!error);
                       resends_under_way_ -= 1;
                       if (!done) return REACHED(resend_failed);
                       if (ask) auditor_.resend_acknowledged(*ask);
                   });
}

void World::edit(EndpointId id, std::function<void(Endpoint&)> change) {
    auto apply = [this, change = std::move(change)](Endpoint& endpoint) -> Result<void> {
        change(endpoint);
        auditor_.edit_requested(endpoint);
        return {};
    };
    edits_under_way_ += 1;
    asio::co_spawn(context_->get_executor(), some_engine().directory().change(id, std::move(apply)),
                   [this](std::exception_ptr error, Result<Endpoint> stored) {
                       ASSERT(!error);
                       edits_under_way_ -= 1;
                       if (stored) return auditor_.edit_acknowledged(*stored);
                       REACHED(edit_conflict_or_doubt);
                   });
}

void World::edit_something() {
    if (life_ != Life::running) return;
    const EndpointId id = endpoint_ids_[workload_.below(endpoint_ids_.size())];
    if (workload_.chance(config_.delete_share)) {
        return edit(
            id, [](Endpoint& endpoint) { endpoint.is_active = false, endpoint.is_deleted = true; });
    }
    switch (workload_.below(4)) {
        case 0: return edit(id, [](Endpoint& endpoint) { endpoint.is_active = false; });
        case 1: return edit(id, [](Endpoint& endpoint) { endpoint.is_active = true; });
        case 2: return edit(id, [](Endpoint& endpoint) { endpoint.url += "x"; });
        default: break;
    }
    const auto attempts_max = static_cast<std::uint32_t>(workload_.between(1, 6));
    const Duration base = workload_.between(100ms, 5s);
    edit(id, [attempts_max, base](Endpoint& endpoint) {
        endpoint.retry.attempts_max = attempts_max;
        endpoint.retry.gaps.clear();
        endpoint.retry.base = base;
    });
}

// Repeats until the world has settled: a paused endpoint never would, and the engine itself may make some inactive.
void World::reactivate_all() {
    if (has_settled()) return;
    if (life_ == Life::running && edits_under_way_ == 0) {
        for (const EndpointId id : endpoint_ids_) {
            const PreparedEndpointPtr held = directory_->load()->find(id);
            if (held->config.is_active || held->config.is_deleted) continue;
            REACHED(paused_with_backlog);
            edit(id, [](Endpoint& endpoint) { endpoint.is_active = true; });
        }
    }
    at(time_.steady() + 1s, [this] { reactivate_all(); });
}

}  // namespace posthaste::sim
