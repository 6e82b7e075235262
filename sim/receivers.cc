#include "sim/receivers.h"

namespace posthaste::sim {

namespace {

using Kind = ReceiverPlan::Kind;

constexpr AttemptOutcome kFailures[] = {
    AttemptOutcome::rejected,       AttemptOutcome::rejected,   AttemptOutcome::rejected,
    AttemptOutcome::connect_failed, AttemptOutcome::dns_failed, AttemptOutcome::tls_failed,
    AttemptOutcome::blocked,        AttemptOutcome::broken,     AttemptOutcome::timed_out};
constexpr int kRefusals[] = {301, 302, 400, 401, 404, 408, 410, 429, 500, 502, 503, 504};

}  // namespace

bool Receivers::fails(const ReceiverPlan& plan, Duration steady) {
    switch (plan.kind) {
        case Kind::well:
        case Kind::slow: return false;
        case Kind::mixed: return random_.chance(plan.failure);
        case Kind::flapping: return steady % (plan.up + plan.down) >= plan.up;
        case Kind::hanging: return true;
    }
    return false;
}

TransportResult Receivers::failure(const ReceiverPlan& plan) {
    TransportResult result;
    result.outcome = plan.kind == Kind::hanging ? AttemptOutcome::timed_out
                                                : kFailures[random_.below(std::size(kFailures))];
    if (result.outcome == AttemptOutcome::rejected) {
        result.status = kRefusals[random_.below(std::size(kRefusals))];
        result.body = "no";
        result.headers = "Server: unwell\n";
        if (random_.chance(plan.retry_after))
            result.retry_after = random_.between(Duration{0}, 30s);
    } else {
        result.error = "It did not work.";
    }
    return result;
}

Answer Receivers::answer(EndpointId endpoint, Duration timeout, Duration steady) {
    const ReceiverPlan& plan = plans_.at(endpoint);
    Answer answer;
    answer.latency = healed_ ? Duration{100} : random_.between(plan.latency_min, plan.latency_max);
    if (!healed_ && fails(plan, steady)) {
        answer.result = failure(plan);
        // Some failures come in the very turn the request leaves: a name that is known not to resolve, an address refused.
        if (answer.result.status == 0 && random_.chance(0.2)) answer.latency = Duration{0};
    } else {
        answer.result.outcome = AttemptOutcome::delivered;
        answer.result.status = random_.chance(0.5) ? 200 : 204;
    }
    if (answer.latency >= timeout || answer.result.outcome == AttemptOutcome::timed_out) {
        answer.latency = timeout;
        answer.result = TransportResult{};
        answer.result.outcome = AttemptOutcome::timed_out;
        answer.result.error = "No answer in time.";
    }
    answer.result.timings.total = answer.latency;
    return answer;
}

}  // namespace posthaste::sim
