#include "engine/endpoint_health.h"

namespace posthaste {

namespace {

constexpr std::uint32_t kFailingAt = 4;    // attempts of the schedule
constexpr std::uint32_t kRecoveredAt = 5;  // attempts

std::unexpected<Error> no_longer_so() {
    return fail(ErrorCode::invalid, "the endpoint has changed meanwhile");
}

}  // namespace

EndpointHealth::EndpointHealth(Executor executor, Engine::Ports ports, EngineRules rules,
                               DirectoryService& directory)
    : ports_(ports), rules_(rules), directory_(directory), tasks_(std::move(executor)) {}

EndpointHealth::Kind EndpointHealth::kind_of(const DeliveryUpdate& update) {
    if (!update.attempt) return Kind::nothing;
    const AttemptRecord& attempt = *update.attempt;
    if (attempt.outcome == AttemptOutcome::delivered)
        return attempt.number >= kRecoveredAt ? Kind::recovered : Kind::nothing;
    if (attempt.trigger == AttemptTrigger::manual) return Kind::nothing;
    if (update.next == DeliveryState::dead) return Kind::exhausted;
    const std::uint32_t scheduled = attempt.number - update.manual.manual_made;
    return update.next == DeliveryState::parked && scheduled == kFailingAt ? Kind::failing
                                                                           : Kind::nothing;
}

void EndpointHealth::on_decided(const EventPtr& event, const DeliveryUpdate& update,
                                const Endpoint& endpoint) {
    if (!listener_ || endpoint.profile != Profile::native) return;
    if (kind_of(update) != Kind::nothing) untold_[{update.event, update.endpoint}] = event;
}

void EndpointHealth::on_durable(const DeliveryUpdate& update, const PreparedEndpointPtr& endpoint) {
    if (!update.attempt) return;
    const Kind kind = kind_of(update);
    const EventPtr event = kind == Kind::nothing ? nullptr : take_untold(update);
    if (!endpoint) return;
    const Endpoint& config = endpoint->config;
    if (config.profile != Profile::native || config.is_deleted) return;
    if (event) tell(kind, *event, config, *update.attempt);
    if (update.attempt->outcome == AttemptOutcome::delivered) {
        if (!writing_.empty() && writing_.contains(config.id)) succeeded_.insert(config.id);
        if (config.failing_since) start_change(config.id, Change::recovers, config.failing_since);
    } else if (kind == Kind::exhausted) {
        note_exhausted(config);
    }
}

EventPtr EndpointHealth::take_untold(const DeliveryUpdate& update) {
    const auto found = untold_.find({update.event, update.endpoint});
    if (found == untold_.end()) return nullptr;
    EventPtr event = std::move(found->second);
    untold_.erase(found);
    return event;
}

void EndpointHealth::tell(Kind kind, const Event& event, const Endpoint& endpoint,
                          const AttemptRecord& attempt) {
    if (!listener_) return;
    switch (kind) {
        case Kind::nothing: break;
        case Kind::failing: listener_->on_failing(event, endpoint, attempt); break;
        case Kind::exhausted: listener_->on_exhausted(event, endpoint, attempt); break;
        case Kind::recovered: listener_->on_recovered(event, endpoint, attempt); break;
    }
}

void EndpointHealth::note_exhausted(const Endpoint& endpoint) {
    if (rules_.disable_after <= Duration{}) return;
    const Duration lasts =
        endpoint.failing_since ? ports_.clock.now() - *endpoint.failing_since : Duration{};
    // A failure so old says nothing about now: nothing ran out of attempts for as long again.
    const bool is_outdated = lasts / 2 > rules_.disable_after;
    if (!endpoint.failing_since || is_outdated)
        start_change(endpoint.id, Change::begins_to_fail, endpoint.failing_since);
    else if (lasts > rules_.disable_after && endpoint.is_active)
        start_change(endpoint.id, Change::is_given_up, endpoint.failing_since);
}

void EndpointHealth::start_change(EndpointId endpoint, Change change,
                                  std::optional<Timestamp> seen) {
    if (writing_.insert(endpoint).second) tasks_.spawn(write(endpoint, change, seen));
}

Task<void> EndpointHealth::write(EndpointId id, Change change, std::optional<Timestamp> seen) {
    const Timestamp now = ports_.clock.now();
    auto apply = [change, seen, now](Endpoint& endpoint) -> Result<void> {
        if (endpoint.failing_since != seen) return no_longer_so();
        endpoint.failing_since.reset();
        if (change == Change::begins_to_fail) endpoint.failing_since = now;
        if (change == Change::is_given_up) {
            if (!endpoint.is_active) return no_longer_so();
            // Whoever switches it on again gives it a new start.
            endpoint.is_active = false;
            endpoint.updated_at = now;
        }
        return {};
    };
    const Result<Endpoint> stored = co_await directory_.change(id, std::ref(apply));
    writing_.erase(id);
    // A success that came while the failure was being written.
    const bool has_succeeded = succeeded_.erase(id) > 0;
    if (has_succeeded && stored && stored->failing_since)
        start_change(id, Change::recovers, stored->failing_since);
    // What could not be written is written by the next outcome that says the same.
    if (!stored || change != Change::is_given_up) co_return;
    ports_.telemetry.on_notice(Severity::warning, "endpoint",
                               "endpoint " + to_base62("ep", id) +
                                   " is inactive now: deliveries to it have been running out of "
                                   "attempts without one success");
    if (listener_ && seen) listener_->on_disabled(*stored, *seen);
}

}  // namespace posthaste
