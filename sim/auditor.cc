#include "sim/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ports/mailbox.h"
#include "sim/marks.h"

namespace posthaste::sim {

std::pair<Duration, Duration> retry_bounds(const RetryPolicy& policy, std::uint32_t failures) {
    double micros = 0;
    if (policy.gaps.empty()) {
        const double grown =
            static_cast<double>(policy.base.count()) * std::pow(policy.factor, failures - 1.0);
        micros = std::min(grown, static_cast<double>(policy.delay_max.count()));
    } else {
        micros = static_cast<double>(
            policy.gaps[std::min<std::size_t>(failures, policy.gaps.size()) - 1].count());
    }
    double least = 1;
    double most = 1;
    if (policy.jitter == Jitter::positive || policy.jitter == Jitter::symmetric)
        most += policy.jitter_fraction;
    if (policy.jitter == Jitter::symmetric) least -= policy.jitter_fraction;
    if (policy.jitter == Jitter::full) least = 0.5;
    // One microsecond for rounding; the most is doubled by Retry-After; the hard ceiling is two delays_max.
    const double ceiling = 2.0 * static_cast<double>(policy.delay_max.count());
    const double low = std::min(micros, ceiling) * least - 1;
    const double high = 2 * std::min(micros * most, ceiling) + 1;
    return {Duration{static_cast<std::int64_t>(std::floor(low))},
            Duration{static_cast<std::int64_t>(std::ceil(high))}};
}

Auditor::Auditor(const WorldConfig& config, SimTime& time, Trace& trace, MemoryDisk& disk)
    : config_(config),
      time_(time),
      trace_(trace),
      disk_(disk),
      reactor_in_flight_(config.reactors),
      reactor_open_(config.reactors) {
    disk_.observe(this);
}

void Auditor::fail(std::string sentence) {
    if (violation_.empty()) violation_ = std::move(sentence);
}

void Auditor::trace(const char* what, EventId event, EndpointId endpoint, std::int64_t value,
                    int reactor) {
    trace_.add({time_.steady(), reactor, what, event, endpoint, value});
}

std::string Auditor::name_of(EndpointId endpoint) const {
    auto known = endpoints_.find(endpoint);
    return known == endpoints_.end() ? "ep?" : fmt::format("ep{}", known->second.number);
}

Auditor::Delivery* Auditor::find(EventId event, EndpointId endpoint) {
    auto it = deliveries_.find({event, endpoint});
    return it == deliveries_.end() ? nullptr : &it->second;
}

void Auditor::acknowledged(EventId event) {
    if (!events_.contains(event)) fail("an event was acknowledged that is not durable");
    acknowledged_.insert(event);
}

void Auditor::endpoint_known(const Endpoint& endpoint, const ReceiverPlan& receiver) {
    Known known;
    known.number = endpoints_.size();
    known.always_well = receiver.kind == ReceiverPlan::Kind::well;
    known.in_flight_max = endpoint.in_flight_max;
    known.rate.per_second = endpoint.throttle_rate;
    known.has_header = !endpoint.headers.empty();
    known.policies.push_back(endpoint.retry);
    known.revision = endpoint.revision;
    endpoints_[endpoint.id] = std::move(known);
}

void Auditor::edit_requested(const Endpoint& wanted) {
    Known& known = endpoints_.at(wanted.id);
    known.policies.push_back(wanted.retry);
    if (wanted.is_deleted) known.deletion_requested = true;
    if (!wanted.is_active) known.was_inactive = true;
    known.breaker.is_in_doubt = true;
}

void Auditor::edit_acknowledged(const Endpoint& stored) {
    Known& known = endpoints_.at(stored.id);
    known.revision = std::max(known.revision, stored.revision);
    trace(stored.is_deleted ? "endpoint deleted" : "endpoint edited", {}, stored.id,
          static_cast<std::int64_t>(stored.revision));
}

// --- requests ---------------------------------------------------------------------------------------------------------

void Auditor::check_may_send(const Key& key, const Delivery& delivery, const Known& known,
                             const OutboundRequest& request) {
    const Endpoint& config = request.endpoint->config;
    if (config.revision < known.revision)
        fail("a request left under a configuration that an acknowledged edit had replaced");
    if (!config.is_active || config.is_deleted)
        fail("a request left to an endpoint that is inactive or deleted");
    if (is_settled(delivery.state)) fail("a request left for a delivery that is settled");
    if (delivery.open) fail("a request left while the outcome of the previous one was not durable");
    if (delivery.state == DeliveryState::parked && time_.now() < delivery.due)
        fail("a request left before it was due");
    if (!delivery.waits_for_manual &&
        is_early(*request.event, std::max(time_.now(), delivery.furthest)))
        fail("a request left before the time that its producer named");
    if (delivery.not_before && time_.now() < *delivery.not_before)
        fail("a request left before the policy's delay had passed");
    const auto attempts_max =
        std::ranges::max(known.policies, {}, &RetryPolicy::attempts_max).attempts_max;
    if (!delivery.waits_for_manual && delivery.attempts - delivery.manual_made >= attempts_max)
        fail("a request left beyond the maximum number of attempts");
    if (delivery.state == DeliveryState::parked) REACHED(page_in);
    if (delivery.successes > 0) REACHED(duplicate_after_crash);
    if (known.has_header != (request.headers.find("X-Simulated: yes\r\n") != std::string::npos))
        fail("a request left without its endpoint's headers, or with another's");
    if (events_.at(key.first).is_expunged)
        fail("a request left for an event whose payload had been deleted");
}

std::uint64_t Auditor::sent(std::size_t reactor, const OutboundRequest& request) {
    const Key key{request.event->id, request.endpoint->config.id};
    const std::uint64_t number = ++last_send_;
    trace("request", key.first, key.second, static_cast<std::int64_t>(number),
          static_cast<int>(reactor));
    Delivery* delivery = find(key.first, key.second);
    if (!delivery) {
        fail("a request left for a delivery that is not durable");
        return number;
    }
    Known& known = endpoints_.at(key.second);
    check_may_send(key, *delivery, known, request);
    if (owner_of(key.second, config_.reactors) != reactor)
        fail("a request left from a reactor that does not own the lane");

    check_breaker(known.breaker, key.first, *delivery);
    check_rate(known.rate, "an endpoint");
    check_rate(applications_[request.endpoint->config.application], "an application");
    delivery->last_send = number;
    delivery->news.reset();  // that of an attempt which a crash made undone
    const std::size_t cap =
        known.in_flight_max > 0 ? known.in_flight_max : config_.limits.lane_in_flight_max;
    if (++known.in_flight > cap) fail("more requests to one endpoint are in flight than its cap");
    if (known.in_flight == cap) REACHED(cap_reached);
    if (++reactor_in_flight_[reactor] > config_.limits.in_flight_max)
        fail("more requests are in flight than the reactor's cap");
    // What a crash may duplicate is what has started and is not yet durable.
    if (++reactor_open_[reactor] > config_.limits.in_flight_max)
        fail("more attempts wait to become durable than the cap");
    delivery->open = true;
    delivery->under_way = true;
    delivery->reactor = reactor;
    delivery->answer.reset();
    sends_[number] = {key, reactor};
    return number;
}

void Auditor::answered(std::uint64_t send, const TransportResult& result) {
    auto it = sends_.find(send);
    if (it == sends_.end()) return;
    const auto [key, reactor] = it->second;
    sends_.erase(it);
    trace("answer", key.first, key.second,
          static_cast<std::int64_t>(result.outcome) * 1000 + result.status,
          static_cast<int>(reactor));
    Delivery& delivery = deliveries_.at(key);
    endpoints_.at(key.second).in_flight -= 1;
    watch_answer(endpoints_.at(key.second).breaker, key.first, result);
    reactor_in_flight_[reactor] -= 1;
    delivery.under_way = false;
    delivery.answer = result;
    delivery.answered_at = time_.now();
    delivery.furthest = time_.now();
    if (result.outcome == AttemptOutcome::delivered) delivery.successes += 1;
    if (result.outcome == AttemptOutcome::timed_out) REACHED(timed_out);
    if (result.retry_after) REACHED(retry_after);
}

// --- durable changes --------------------------------------------------------------------------------------------------

void Auditor::event_stored(const Event& event) {
    trace("event durable", event.id, {}, static_cast<std::int64_t>(event.targets.size()));
    const KnownEvent known{event.application, event.accepted_at, false, false};
    if (!events_.emplace(event.id, known).second) fail("an event became durable twice");
    if (events_.rbegin()->first != event.id) fail("ids are not in commit order");
    if (event.request_key && !requests_.emplace(*event.request_key, event.id).second)
        fail("a repeated request became a second event");
    if (event.uid && !uids_.emplace(std::pair{event.application, *event.uid}, event.id).second)
        fail("two events of an application have one uid");
    tally_.events += 1;
    tally_.accepted += event.targets.size();
    for (const EndpointId target : event.targets) {
        Delivery delivery;
        delivery.accepted_at = event.accepted_at;
        delivery.accepted_steady = time_.steady();
        deliveries_.emplace(Key{event.id, target}, std::move(delivery));
    }
}

void Auditor::move(Delivery& delivery, DeliveryState next) {
    switch (delivery.state) {
        case DeliveryState::pending: break;
        case DeliveryState::parked: tally_.parked -= 1; break;
        case DeliveryState::delivered: tally_.delivered -= 1; break;
        case DeliveryState::dead: tally_.dead -= 1; break;
        case DeliveryState::cancelled: tally_.cancelled -= 1; break;
    }
    delivery.state = next;
    switch (next) {
        case DeliveryState::pending: break;
        case DeliveryState::parked: tally_.parked += 1; break;
        case DeliveryState::delivered: tally_.delivered += 1; break;
        case DeliveryState::dead: tally_.dead += 1; break;
        case DeliveryState::cancelled: tally_.cancelled += 1; break;
    }
}

void Auditor::update_applied(const DeliveryUpdate& update) {
    if (update.kind == UpdateKind::resend) return resend_applied(update);
    if (update.kind == UpdateKind::restart) return restart_applied(update);
    trace(to_string(update.next).data(), update.event, update.endpoint, update.attempts_made);
    Delivery* delivery = find(update.event, update.endpoint);
    if (!delivery) return fail("an update of an unknown delivery was applied");
    check_step(update, *delivery);
    if (update.attempt) {
        check_attempt(update, *delivery, endpoints_.at(update.endpoint));
        check_news(update, *delivery);
    }
    if (is_settled(update.next)) delivery->waits_for_manual = false;
    // What was received once stays received.
    const bool stays_delivered = delivery->received && update.next == DeliveryState::dead;
    move(*delivery, stays_delivered ? DeliveryState::delivered : update.next);
    delivery->due = update.due;
    delivery->stored_due = update.due;
    // Moved for lack of room: it might have gone at once. Or the clock had been past the due time before this was durable.
    if (!update.attempt || update.due <= delivery->furthest) {
        delivery->due = Timestamp{};
        delivery->not_before.reset();
    }
    if (update.next == DeliveryState::delivered)
        check_prompt({update.event, update.endpoint}, *delivery, endpoints_.at(update.endpoint));
}

void Auditor::check_step(const DeliveryUpdate& update, Delivery& delivery) {
    if (is_settled(delivery.state)) fail("a settled delivery was changed");
    if (!update.attempt) {
        if (update.next == DeliveryState::parked) REACHED(parked_for_room);
        if (delivery.open) fail("a delivery was moved while an attempt of it was open");
        if (update.next == DeliveryState::delivered || update.next == DeliveryState::dead) {
            fail("a delivery settled without an attempt");
        }
        if (update.attempts_made != delivery.attempts)
            fail("a move changed the number of attempts");
    }
    if (update.next == DeliveryState::cancelled) {
        REACHED(cancelled);
        if (update.attempt) REACHED(cancelled_in_flight);
        if (expunge_asked_of(update.event))
            REACHED(expunged_before_sent);
        else if (!endpoints_.at(update.endpoint).deletion_requested)
            fail("a delivery was cancelled although its endpoint lives and its payload is there");
    }
}

void Auditor::check_attempt(const DeliveryUpdate& update, Delivery& delivery, const Known& known) {
    const AttemptRecord& attempt = *update.attempt;
    if (!delivery.open || delivery.under_way || !delivery.answer)
        return fail("an attempt was recorded that was not made");
    if (attempt.number != delivery.attempts + 1 || update.attempts_made != attempt.number)
        fail("attempts are not numbered in order");
    if (attempt.outcome != delivery.answer->outcome ||
        attempt.status_code != delivery.answer->status) {
        fail("the recorded outcome is not the one that came");
    }
    if (attempt.response_headers.value_or("") != delivery.answer->headers)
        fail("the recorded headers are not those that came");
    if ((attempt.outcome == AttemptOutcome::delivered) !=
        (update.next == DeliveryState::delivered)) {
        fail("a delivery counts as delivered without a 2xx, or the other way round");
    }
    delivery.attempts = attempt.number;
    if (attempt.outcome == AttemptOutcome::delivered) delivery.received = true;
    delivery.open = false;
    reactor_open_[delivery.reactor] -= 1;
    if (update.next == DeliveryState::delivered && attempt.number > 1) REACHED(retried_to_success);
    if ((attempt.trigger == AttemptTrigger::manual) != delivery.waits_for_manual)
        fail("a manual attempt is recorded as a scheduled one, or the other way round");
    if (delivery.waits_for_manual) return check_manual(update, delivery);

    const std::uint32_t scheduled = attempt.number - delivery.manual_made;
    Duration least = Duration::max();
    Duration most{};
    std::uint32_t attempts_max = UINT32_MAX;
    std::optional<Duration> age_max;
    for (const RetryPolicy& policy : known.policies) {
        const auto [low, high] = retry_bounds(policy, scheduled);
        least = std::min(least, low);
        most = std::max(most, high);
        attempts_max = std::min(attempts_max, policy.attempts_max);
        if (policy.age_max) age_max = std::min(age_max.value_or(Duration::max()), *policy.age_max);
    }
    if (update.next == DeliveryState::parked) {
        REACHED(parked_for_retry);
        if (delivery.is_restarted) REACHED(retried_after_restart);
        delivery.not_before = delivery.answered_at + least;
        if (update.due < *delivery.not_before)
            fail("a retry is due earlier than its policy allows");
        if (update.due > delivery.answered_at + most)
            fail("a retry is due later than its policy allows");
    }
    if (update.next == DeliveryState::dead) {
        const bool exhausted = scheduled >= attempts_max;
        const bool too_old =
            age_max && delivery.answered_at + most - delivery.accepted_at > *age_max;
        if (!exhausted && !too_old)
            fail("a delivery is dead although it had attempts and age left");
        exhausted ? REACHED(dead_exhausted) : REACHED(dead_too_old);
    }
}

void Auditor::check_prompt(const Key& key, const Delivery& delivery, const Known& known) {
    if (!config_.is_calm || !known.always_well) return;
    // Long before the flood of the hanging endpoint has drained: it may take the slots once, before it is known to hang.
    Duration bound = 10s;
    for (const EndpointPlan& plan : config_.endpoints)
        bound = std::max(bound, plan.timeout * 2 + 10s);
    if (time_.steady() - delivery.accepted_steady > bound) {
        fail(fmt::format("{} is well, but a delivery to it took {} s", name_of(key.second),
                         (time_.steady() - delivery.accepted_steady) / 1s));
    }
}

void Auditor::update_ignored(const DeliveryUpdate& update) {
    trace("repeated", update.event, update.endpoint, update.attempts_made);
    switch (update.kind) {
        case UpdateKind::step: REACHED(update_repeated); break;
        case UpdateKind::resend: REACHED(resend_not_needed); break;
        case UpdateKind::restart: REACHED(restart_not_needed); break;
    }
}

void Auditor::tail_parked(EventId event, EndpointId endpoint, Timestamp due) {
    trace("recovered", event, endpoint);
    Delivery* delivery = find(event, endpoint);
    if (!delivery || delivery->state != DeliveryState::pending)
        return fail("recovery parked what was not in the tail");
    move(*delivery, DeliveryState::parked);
    delivery->due = due;
    delivery->stored_due = due;
    REACHED(recovery_parked);
}

void Auditor::event_dropped(EventId event) {
    trace("dropped", event, {});
    dropped_.insert(event);
    std::erase_if(uids_, [event](const auto& named) { return named.second == event; });
    REACHED(event_dropped);
    for (auto it = deliveries_.lower_bound({event, EndpointId{}});
         it != deliveries_.end() && it->first.first == event; ++it) {
        if (!is_settled(it->second.state)) fail("retention dropped a pending delivery");
    }
}

// --- the cluster ------------------------------------------------------------------------------------------------------

void Auditor::crashed() {
    trace("crash", {}, {}, static_cast<std::int64_t>(sends_.size()));
    if (!sends_.empty()) REACHED(crash_in_flight);
    stopped();
}

void Auditor::stopped() {
    for (auto& [number, send] : sends_) {
        Delivery& delivery = deliveries_.at(send.key);
        // The receiver may well have had it.
        delivery.successes += 1;
        delivery.under_way = false;
    }
    sends_.clear();
    life_ += 1;
    for (auto& [id, known] : endpoints_) {
        known.in_flight = 0;
        known.breaker = BreakerWatch{};
    }
    for (auto& [key, delivery] : deliveries_) delivery.open = false;
    std::ranges::fill(reactor_in_flight_, 0);
    std::ranges::fill(reactor_open_, 0);
    forget_rates();
}

void Auditor::clock_jumps() {
    forget_rates();
    for (auto& [id, known] : endpoints_) known.breaker.is_in_doubt = true;
    for (auto& [key, delivery] : deliveries_) {
        delivery.furthest = std::max(delivery.furthest, time_.now());
        if (delivery.due <= time_.now()) delivery.due = Timestamp{};
        if (delivery.not_before && *delivery.not_before <= time_.now()) delivery.not_before.reset();
    }
}

void Auditor::check_tally() {
    const Tally& t = disk_.tally();
    const bool same = t.events == tally_.events && t.accepted == tally_.accepted &&
                      t.delivered == tally_.delivered && t.dead == tally_.dead &&
                      t.cancelled == tally_.cancelled && t.parked == tally_.parked;
    if (!same) fail("the store's tally is not what became durable");
}

std::string Auditor::describe_pending() const {
    std::string text;
    int listed = 0;
    for (const auto& [key, delivery] : deliveries_) {
        if (is_settled(delivery.state) || ++listed > 10) continue;
        text += fmt::format("pending: event {:08x} {} {} due in {} s, {} attempts{}\n",
                            key.first.hi & 0xFFFFFFFF, name_of(key.second),
                            to_string(delivery.state), (delivery.due - time_.now()) / 1s,
                            delivery.attempts, delivery.open ? ", attempt open" : "");
    }
    return text;
}

void Auditor::check_settled(Jobs which) {
    if (!sends_.empty()) fail("requests are under way in a settled world");
    for (const auto& [key, delivery] : deliveries_) {
        if (!is_settled(delivery.state))
            fail("a delivery is neither delivered nor dead nor cancelled");
        if (delivery.open) fail("the outcome of an attempt never became durable");
        if (delivery.state == DeliveryState::delivered && delivery.successes == 0)
            fail("delivered without a 2xx");
    }
    for (const EventId event : acknowledged_) {
        if (!events_.contains(event)) fail("an acknowledged event is lost");
    }
    if (!disk_.scan(0, SIZE_MAX).lost.empty()) fail("the scan finds lost deliveries");
    check_jobs(which);
    check_resends();
    check_tally();
}

}  // namespace posthaste::sim
