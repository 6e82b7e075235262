// The auditor's model of the breakers: an endpoint that only failed is left alone, but for probes.

#include <algorithm>
#include <array>

#include "sim/auditor.h"
#include "sim/marks.h"

namespace posthaste::sim {

void Auditor::open_breaker(BreakerWatch& watch) {
    const BreakerRules& rules = config_.rules.breaker;
    watch.pause = rules.pause;
    for (std::uint32_t i = 0; i < watch.pauses && watch.pause < rules.pause_max; ++i)
        watch.pause = std::min(2 * watch.pause, rules.pause_max);
    watch.pauses += 1;
    watch.successes = 0;
    watch.opened_at = time_.now();
    watch.probe.reset();
    watch.failed.clear();
}

void Auditor::close_breaker(BreakerWatch& watch) {
    if (watch.pauses > 0 && ++watch.successes >= config_.rules.breaker.failures) watch.pauses = 0;
    watch.failed.clear();
    watch.opened_at.reset();
    watch.probe.reset();
}

void Auditor::watch_answer(BreakerWatch& watch, EventId event, const TransportResult& result) {
    constexpr std::array kAboutPayload = {400, 409, 413, 415, 422};
    const BreakerRules& rules = config_.rules.breaker;
    const bool is_open = watch.opened_at.has_value();
    const bool is_bad_payload =
        result.outcome == AttemptOutcome::rejected &&
        std::ranges::find(kAboutPayload, result.status) != kAboutPayload.end();
    if (result.outcome == AttemptOutcome::delivered || (is_open && is_bad_payload)) {
        if (is_open) REACHED(breaker_closed);
        return close_breaker(watch);
    }
    if (result.outcome == AttemptOutcome::interrupted || is_bad_payload) return;
    if (is_open) {
        if (watch.probe != event) return;
        REACHED(breaker_opened_again);
        return open_breaker(watch);
    }
    watch.successes = 0;
    if (watch.failed.empty()) watch.first_failure = time_.now();
    watch.failed.insert(event);
    const bool has_lasted = watch.pauses > 0 || time_.now() - watch.first_failure >= rules.lasting;
    if (rules.failures == 0 || watch.failed.size() < rules.failures || !has_lasted) return;
    REACHED(breaker_opened);
    open_breaker(watch);
}

void Auditor::check_breaker(BreakerWatch& watch, EventId event, const Delivery& delivery) {
    if (!watch.opened_at || watch.is_in_doubt) return;
    const bool is_overdue = delivery.state == DeliveryState::parked &&
                            time_.now() - delivery.stored_due >= config_.rules.breaker.delay_max;
    const bool is_restart = delivery.is_restarted && delivery.attempts == delivery.manual_made;
    const bool is_asked_for = delivery.waits_for_manual || is_restart;
    if (is_overdue) REACHED(breaker_let_overdue);
    if (is_asked_for) REACHED(breaker_let_manual);
    if (!is_overdue && !is_asked_for) {
        if (time_.now() < *watch.opened_at + watch.pause)
            fail("a request left to an endpoint that was to be left alone");
        if (watch.probe) fail("a request left although a probe was under way");
        REACHED(breaker_probed);
    }
    if (!watch.probe) watch.probe = event;
}

}  // namespace posthaste::sim
