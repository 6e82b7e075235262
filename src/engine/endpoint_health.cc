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

std::optional<AttemptNews> EndpointHealth::news_of(const DeliveryUpdate& update) {
    if (!update.attempt) return std::nullopt;
    const AttemptRecord& attempt = *update.attempt;
    if (attempt.outcome == AttemptOutcome::delivered)
        return attempt.number >= kRecoveredAt ? std::optional(AttemptNews::recovered)
                                              : std::nullopt;
    if (attempt.trigger == AttemptTrigger::manual) return std::nullopt;
    if (update.next == DeliveryState::dead) return AttemptNews::exhausted;
    const std::uint32_t scheduled = attempt.number - update.manual.manual_made;
    const bool is_failing = update.next == DeliveryState::parked && scheduled == kFailingAt;
    return is_failing ? std::optional(AttemptNews::failing) : std::nullopt;
}

std::shared_ptr<Event> EndpointHealth::on_decided(const Event& event, const DeliveryUpdate& update,
                                                  const Endpoint& endpoint) {
    if (!listener_ || endpoint.profile != Profile::native || endpoint.is_deleted) return nullptr;
    const std::optional<AttemptNews> news = news_of(update);
    return news ? listener_->on_attempt(*news, event, endpoint, *update.attempt) : nullptr;
}

void EndpointHealth::on_durable(const DeliveryUpdate& update, const PreparedEndpointPtr& endpoint) {
    if (!update.attempt || !endpoint) return;
    const Endpoint& config = endpoint->config;
    if (config.profile != Profile::native || config.is_deleted) return;
    if (update.attempt->outcome == AttemptOutcome::delivered) {
        if (!writing_.empty() && writing_.contains(config.id)) succeeded_.insert(config.id);
        if (config.failing_since) start_change(config.id, Change::recovers, config.failing_since);
    } else if (news_of(update) == AttemptNews::exhausted) {
        note_exhausted(config);
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
