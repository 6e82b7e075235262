#pragma once

// Stops calling an endpoint that only fails, and finds out by itself when it is well again. Pure: the caller holds back what the
// breaker stops.
//
//                 `failures` different deliveries in a row, over `lasting`
//      closed ─────────────────────────────────────────────────────────────▶ open ◀──┐ the probe failed:
//        ▲                                                                    │      │ pause twice as long
//        │ any success                          the pause is over: one probe  ▼      │
//        └──────────────────────────────────────────────────────────────── half open ┘
//
// Deliveries are counted, not attempts: the retries of a single one never open it, whatever their schedule. Neither does a
// moment in which everything fails, for it must last. Whoever opens it soon after it closed, does so without lasting, and for
// longer, until as many deliveries in a row have succeeded as it takes failures.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/model.h"

namespace posthaste {

struct BreakerRules {
    std::uint32_t failures = 10;  // different deliveries in a row; 0: it never opens
    Duration lasting = 30s;       // the first of them is at least that old
    Duration pause = 30s;         // before the first probe; doubled by each that fails
    Duration pause_max = 10min;   // both are up to a quarter longer by chance
    Duration delay_max = 1h;      // nothing is held back for longer than this after it was due

    friend bool operator==(const BreakerRules&, const BreakerRules&) = default;
};

class Breaker {
public:
    enum class State : std::uint8_t { closed, open, half_open };

    explicit Breaker(BreakerRules rules) : rules_(rules) {}

    [[nodiscard]] State state() const {
        if (!next_probe_) return State::closed;
        return probe_ ? State::half_open : State::open;
    }
    [[nodiscard]] bool is_closed() const { return !next_probe_; }
    [[nodiscard]] const BreakerRules& rules() const { return rules_; }

    // An attempt of this delivery leaves. While open it becomes the probe, unless one is under way.
    void started(EventId delivery) {
        if (next_probe_ && !probe_) probe_ = delivery;
    }
    void succeeded();
    // `draw` is uniform in [0, 1).
    void failed(EventId delivery, Timestamp now, double draw);
    // It ended, and says nothing about the endpoint.
    void passed(EventId delivery);
    // As if nothing had ever failed.
    void reset();

    // When a probe may leave; none: the breaker is closed, or one is under way.
    [[nodiscard]] std::optional<Timestamp> probe_at() const {
        return probe_ ? std::nullopt : next_probe_;
    }
    // A probe further away than any pause was planned before the clock was set back.
    void mind_clock(Timestamp now);
    // When the failures began that count; none: there are none.
    [[nodiscard]] std::optional<Timestamp> failing_since() const { return failing_since_; }

private:
    void open(Timestamp now, double draw);

    BreakerRules rules_;
    std::vector<EventId> failed_;  // different ones since the last success, while closed
    std::optional<Timestamp> failing_since_;
    std::optional<Timestamp> next_probe_;  // none: closed
    std::optional<EventId> probe_;
    std::uint32_t pauses_ = 0;     // since it was last known to be well
    std::uint32_t successes_ = 0;  // in a row, while pauses_ > 0 and closed
};

[[nodiscard]] std::string_view to_string(Breaker::State state);

}  // namespace posthaste
