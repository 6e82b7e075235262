// The auditor's rules about what customers of the native API ask for: rates, manual attempts, names of events.

#include <fmt/format.h>

#include <algorithm>

#include "sim/auditor.h"
#include "sim/marks.h"

namespace posthaste::sim {

// --- rates ------------------------------------------------------------------------------------------------------------

void Auditor::application_known(const Application& application) {
    applications_[application.id].per_second = application.throttle_rate;
}

void Auditor::check_rate(Rate& rate, const char* whose) {
    if (!rate.per_second) return;
    rate.sends.push_back(time_.steady());
    if (rate.sends.size() == *rate.per_second && rate.sends.back() - rate.sends.front() <= 1s)
        REACHED(rate_used_up);
    if (rate.sends.size() <= *rate.per_second) return;
    if (rate.sends.back() - rate.sends.front() < 1s)
        fail(fmt::format("more requests left within a second than {}'s rate allows", whose));
    rate.sends.pop_front();
}

void Auditor::forget_rates() {
    for (auto& [id, rate] : applications_) rate.sends.clear();
    for (auto& [id, known] : endpoints_) known.rate.sends.clear();
}

// --- names ------------------------------------------------------------------------------------------------------------

void Auditor::repeated(Id request_key, EventId event) {
    REACHED(request_repeated);
    const auto first = requests_.find(request_key);
    if (first == requests_.end() || first->second != event)
        fail("a producer was told that a request was repeated, but not of its first event");
}

// --- manual attempts --------------------------------------------------------------------------------------------------

std::uint64_t Auditor::resend_asked(EventId event, EndpointId endpoint) {
    trace("resend asked", event, endpoint);
    resends_asked_.insert({event, endpoint});
    const Delivery* delivery = find(event, endpoint);
    asks_.push_back({event, endpoint, last_send_, delivery && delivery->open, false});
    return asks_.size() - 1;
}

void Auditor::resend_acknowledged(std::uint64_t ask) {
    trace("resend promised", asks_[ask].event, asks_[ask].endpoint);
    asks_[ask].is_acknowledged = true;
}

void Auditor::resend_applied(const DeliveryUpdate& update) {
    trace("resent", update.event, update.endpoint);
    const Key key{update.event, update.endpoint};
    if (!resends_asked_.contains(key)) fail("a delivery was resent that nobody had asked for");
    if (!deliveries_.contains(key)) {
        REACHED(resend_to_new_target);
        Delivery delivery;
        delivery.accepted_at = events_.at(update.event).accepted_at;
        delivery.accepted_steady = time_.steady();
        delivery.is_added = true;
        deliveries_.emplace(key, std::move(delivery));
        tally_.accepted += 1;
    }
    Delivery& delivery = deliveries_.at(key);
    if (delivery.open) fail("a delivery was resent while an attempt of it was open");
    if (delivery.waits_for_manual) fail("a delivery waits for two manual attempts at once");
    delivery.resume_due.reset();
    if (delivery.state == DeliveryState::parked) {
        REACHED(resend_of_parked);
        delivery.resume_due = delivery.stored_due;
    } else if (is_settled(delivery.state)) {
        REACHED(resend_of_settled);
    }
    delivery.waits_for_manual = true;
    delivery.not_before.reset();
    delivery.due = update.due;
    delivery.stored_due = update.due;
    move(delivery, DeliveryState::parked);
}

std::optional<std::uint64_t> Auditor::restart_asked(EventId event, EndpointId endpoint) {
    trace("restart asked", event, endpoint);
    restarts_asked_.insert({event, endpoint});
    const Delivery* delivery = find(event, endpoint);
    if (!delivery || delivery->state != DeliveryState::dead) return std::nullopt;
    asks_.push_back({event, endpoint, last_send_, false, false});
    return asks_.size() - 1;
}

void Auditor::restart_applied(const DeliveryUpdate& update) {
    trace("restarted", update.event, update.endpoint);
    REACHED(restarted);
    Delivery* delivery = find(update.event, update.endpoint);
    if (!delivery || delivery->state != DeliveryState::dead)
        return fail("a delivery was restarted that was not dead");
    if (!restarts_asked_.contains({update.event, update.endpoint}))
        fail("a delivery was restarted that nobody had asked for");
    delivery->manual_made = delivery->attempts;
    delivery->is_restarted = true;
    delivery->not_before.reset();
    delivery->due = update.due;
    delivery->stored_due = update.due;
    move(*delivery, DeliveryState::parked);
}

// A manual attempt is over.
void Auditor::check_manual(const DeliveryUpdate& update, Delivery& delivery) {
    delivery.waits_for_manual = false;
    delivery.manual_made += 1;
    const std::optional<Timestamp> resume = std::exchange(delivery.resume_due, std::nullopt);
    switch (update.next) {
        case DeliveryState::pending: break;
        case DeliveryState::delivered: REACHED(manual_delivered); break;
        case DeliveryState::cancelled: break;
        case DeliveryState::dead:
            REACHED(manual_failed);
            if (resume) fail("a manual attempt ended a schedule that had attempts left");
            break;
        case DeliveryState::parked:
            REACHED(schedule_resumed);
            if (!resume) return fail("a manual attempt was retried");
            delivery.not_before = std::max(*resume, delivery.answered_at);
            if (update.due != *delivery.not_before)
                fail("a manual attempt moved the schedule's own retry");
            break;
    }
}

void Auditor::check_resends() {
    for (const Ask& ask : asks_) {
        if (!ask.is_acknowledged || ask.was_open || dropped_.contains(ask.event)) continue;
        const Delivery* delivery = find(ask.event, ask.endpoint);
        if (endpoints_.at(ask.endpoint).deletion_requested || expunge_asked_of(ask.event)) continue;
        if (!delivery || delivery->last_send <= ask.sends_before)
            fail("a manual attempt was promised and not made");
    }
}

// --- news -------------------------------------------------------------------------------------------------------------

void Auditor::announced(EventId event, EndpointId endpoint, const AttemptRecord& attempt,
                        AttemptNews news) {
    Delivery* delivery = find(event, endpoint);
    if (!delivery || delivery->attempts + 1 != attempt.number)
        return fail("there is news of an attempt that was not the last one");
    delivery->news = news;
}

// The update of the attempt that there was news of.
void Auditor::check_news(const DeliveryUpdate& update, Delivery& delivery) {
    const std::optional<AttemptNews> news = std::exchange(delivery.news, std::nullopt);
    if (news && is_settled(update.next) == (*news == AttemptNews::failing))
        fail("the news are something else than what became of a delivery");
}

}  // namespace posthaste::sim
