#include "sim/sim_ports.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "ports/suspend.h"
#include "sim/marks.h"

namespace posthaste::sim {

// --- transport --------------------------------------------------------------------------------------------------------

Task<TransportResult> SimTransport::send(OutboundRequest request) {
    const EndpointId endpoint = request.endpoint->config.id;
    const std::uint64_t number = auditor_.sent(reactor_, request);
    Answer answer = receivers_.answer(endpoint, request.timeout, time_.steady());
    if (stopped_) {
        answer.result = TransportResult{};
        answer.result.outcome = AttemptOutcome::interrupted;
        answer.latency = Duration{0};
    }
    if (answer.latency == Duration{0}) {
        auditor_.answered(number, answer.result);
        co_return std::move(answer.result);
    }
    auto start = [this, number, &answer](Resume resume) {
        under_way_.emplace(number, std::move(resume));
        auto arrive = [this, weak = std::weak_ptr<int>(alive_), number,
                       result = std::move(answer.result)]() mutable {
            if (weak.lock()) finish(number, std::move(result));
        };
        time_.after(answer.latency, std::move(arrive));
    };
    co_return co_await suspend<TransportResult>(std::move(start));
}

void SimTransport::finish(std::uint64_t send, TransportResult result) {
    auto it = under_way_.find(send);
    if (it == under_way_.end()) return;
    Resume resume = std::move(it->second);
    under_way_.erase(it);
    auditor_.answered(send, result);
    resume(std::move(result));
}

void SimTransport::stop() {
    stopped_ = true;
    while (!under_way_.empty()) {
        REACHED(stop_interrupted);
        TransportResult result;
        result.outcome = AttemptOutcome::interrupted;
        finish(under_way_.begin()->first, std::move(result));
    }
}

// --- store ------------------------------------------------------------------------------------------------------------

void SimStorePolicy::schedule(StoreStep step, std::move_only_function<void()> run) {
    if (!luck_.healed && (step == StoreStep::write || step == StoreStep::answer) &&
        luck_.random.chance(luck_.crash_at_commit)) {
        luck_.crash_wanted = true;
        step == StoreStep::write ? REACHED(crash_before_write) : REACHED(crash_before_answer);
    }
    const bool prompt =
        luck_.healed || luck_.trouble.delay_max == Duration{} || luck_.random.chance(0.5);
    if (prompt) {
        asio::post(executor_, std::move(run));
    } else {
        time_.after(luck_.random.between(Duration{1}, luck_.trouble.delay_max), std::move(run));
    }
}

CommitFate SimStorePolicy::next_commit() {
    if (luck_.healed) return CommitFate::applied;
    const double draw = luck_.random.draw();
    const StoreTrouble& trouble = luck_.trouble;
    if (luck_.outage || draw < trouble.refused) {
        REACHED(commit_refused);
        return CommitFate::refused;
    }
    if (draw < trouble.refused + trouble.unknown_applied) {
        REACHED(commit_unknown_applied);
        return CommitFate::unknown_applied;
    }
    if (draw < trouble.refused + trouble.unknown_applied + trouble.unknown_lost) {
        REACHED(commit_unknown_lost);
        return CommitFate::unknown_lost;
    }
    return CommitFate::applied;
}

bool SimStorePolicy::next_read_works() {
    if (luck_.healed || !luck_.random.chance(luck_.trouble.read_refused)) return true;
    REACHED(read_refused);
    return false;
}

// --- mailboxes --------------------------------------------------------------------------------------------------------

void SimMailboxes::deliver(std::move_only_function<void()> message) {
    if (random_.chance(late_)) {
        time_.after(random_.between(Duration{1}, 200ms), std::move(message));
    } else {
        asio::post(executor_, std::move(message));
    }
}

void SimMailboxes::hand_over(std::size_t reactor, std::vector<PendingDelivery> deliveries) {
    REACHED(cross_reactor);
    deliver([this, reactor, deliveries = std::move(deliveries)]() mutable {
        if (!engines_.empty()) engines_[reactor]->receive(std::move(deliveries));
    });
}

void SimMailboxes::announce_parked(std::size_t reactor, EndpointId endpoint, Timestamp due) {
    deliver([this, reactor, endpoint, due] {
        if (!engines_.empty()) engines_[reactor]->announce_parked(endpoint, due);
    });
}

void SimMailboxes::post(std::size_t reactor, std::move_only_function<void(Engine&)> run) {
    deliver([this, reactor, run = std::move(run)]() mutable {
        if (!engines_.empty()) run(*engines_[reactor]);
    });
}

// --- telemetry --------------------------------------------------------------------------------------------------------

void SimTelemetry::on_attempt(const Event& event, const Endpoint& endpoint,
                              const AttemptRecord& attempt, DeliveryState next) {
    trace_.add({time_.steady(), -1, "decided", event.id, endpoint.id,
                static_cast<std::int64_t>(attempt.number) * 10 + static_cast<std::int64_t>(next)});
}

void SimTelemetry::on_notice(Severity severity, std::string_view, std::string_view sentence) {
    trace_.add(
        {time_.steady(),
         -1,
         "notice",
         {},
         {},
         static_cast<std::int64_t>(severity) * 1000 + static_cast<std::int64_t>(sentence.size())});
}

// --- news of endpoints -----------------------------------------------------------------------------------------------

std::shared_ptr<Event> SimNews::on_attempt(AttemptNews news, const Event& event,
                                           const Endpoint& endpoint, const AttemptRecord& attempt) {
    auditor_.announced(event.id, endpoint.id, attempt, news);
    return nullptr;
}

void SimNews::on_disabled(const Endpoint& endpoint, Timestamp) {
    REACHED(endpoint_given_up);
    if (endpoint.is_active) auditor_.fail("an endpoint was given up but is active");
}

}  // namespace posthaste::sim
