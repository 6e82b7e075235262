// The part of Dispatcher that shows how endpoints fare.

#include <fmt/format.h>

#include "engine/dispatcher.h"

namespace posthaste {

namespace {

using State = Breaker::State;

Health health_of(const Breaker& breaker) {
    if (!breaker.is_closed()) return Health::unhealthy;
    return breaker.failing_since() ? Health::suspect : Health::healthy;
}

void add(Counter& gauge, int change) {
    gauge.set(gauge.value() + static_cast<std::uint64_t>(change));
}

}  // namespace

// Looked at after every change of a lane, and nearly always the same.
void Dispatcher::show_condition(Entry& entry) {
    const Breaker& breaker = entry.lane.breaker();
    const State state = breaker.state();
    const bool is_failing = breaker.failing_since().has_value();
    if (state == entry.shown && is_failing == entry.is_shown_failing) return;

    const auto is_suspect = [](State shown, bool failing) {
        return shown == State::closed && failing;
    };
    add(metrics_.suspect_endpoints,
        int{is_suspect(state, is_failing)} - int{is_suspect(entry.shown, entry.is_shown_failing)});
    if (state != entry.shown) count_breaker(entry, state);
    entry.shown = state;
    entry.is_shown_failing = is_failing;
    if (!entry.route.endpoint) return;
    entry.route.endpoint->condition->put(
        {health_of(breaker), breaker.failing_since(), breaker.probe_at()});
}

void Dispatcher::count_breaker(const Entry& entry, State now) {
    add(metrics_.unhealthy_endpoints,
        int{now != State::closed} - int{entry.shown != State::closed});
    switch (now) {
        case State::closed: metrics_.breaker_closed.add(); break;
        case State::open: metrics_.breaker_opened.add(); break;
        case State::half_open: metrics_.breaker_half_opened.add(); break;
    }
    const Breaker& breaker = entry.lane.breaker();
    const std::string name = "endpoint " + to_base62("ep", entry.lane.endpoint());
    if (now == State::half_open || entry.lane.mode() != Lane::Mode::live) return;
    if (now == State::closed)
        return ports_.telemetry.on_notice(Severity::info, "endpoint",
                                          name + " is not unhealthy any more: deliveries go on");
    const std::string next = format_rfc3339(*breaker.probe_at());
    if (entry.shown == State::half_open)
        return ports_.telemetry.on_notice(
            Severity::debug, "endpoint",
            fmt::format("{} is still unhealthy: the next probe leaves at {}", name, next));
    ports_.telemetry.on_notice(
        Severity::warning, "endpoint",
        fmt::format("{} is unhealthy: {} different deliveries in a row have failed since {}; "
                    "deliveries to it wait, and a probe leaves at {}",
                    name, breaker.rules().failures, format_rfc3339(*breaker.failing_since()),
                    next));
}

}  // namespace posthaste
