#pragma once

// A lane is one endpoint's queue: what of it is in memory, what it knows about its parked rows, and how many attempts it
// may have in flight. Pure: callers carry out what it decides. Memory is bounded by the window, however much is parked.
//
//   admit() ──▶ queue ──take()──▶ in flight ──finished()──▶ (update committed) settled() / parked(due)
//     │ no room, or older rows are parked and due
//     └──▶ the caller parks it                 ▲
//                                              │ end_page()
//   parked rows on disk ──begin_page()──▶ (store read)
//
// The in-flight cap adapts: it halves when an attempt fails and grows by one with each success, so a dead endpoint soon
// holds only a few slots. A lane whose last attempt failed is *suspect*; all suspect lanes together get a bounded share.
// A lane that must not send before some time is *held*: it is not ready until it is released.
//
// While its breaker is open (breaker.h) a lane keeps nothing in memory: fresh deliveries are parked, and of the parked rows only
// those are read that may leave, which are the oldest one as a probe, one that somebody asked for, and those held back for too
// long. When it closes, one attempt at a time leaves at first, and with each success one more.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/time.h"
#include "domain/breaker.h"
#include "domain/decision.h"
#include "domain/model.h"

namespace posthaste {

struct LaneLimits {
    std::size_t window = 512;        // deliveries in memory while healthy
    std::size_t window_suspect = 8;  // the same while suspect
    std::uint32_t in_flight_initial = 16;
    std::uint32_t in_flight_max = 64;
    std::uint32_t in_flight_min = 4;  // never below, so that a recovered endpoint is noticed
    std::size_t page = 64;            // parked rows read at once
    BreakerRules breaker;
};

// A delivery in memory. `parked_due` is set when it was read from a parked row, which stays until the delivery settles.
struct QueuedDelivery {
    EventPtr event;
    std::optional<Timestamp> parked_due;
    std::uint32_t attempts_made = 0;
    ManualState manual{};
    [[nodiscard]] Timestamp due() const { return parked_due ? *parked_due : first_due(*event); }
};

class Lane {
public:
    enum class Mode : std::uint8_t {
        live,
        paused,      // the endpoint is inactive: nothing is sent, nothing kept in memory
        cancelling,  // the endpoint is deleted: what is pending is cancelled
    };

    Lane(EndpointId endpoint, LaneLimits limits);

    // May a fresh delivery from the tail join the queue? If not, the caller parks it, due now.
    [[nodiscard]] bool has_room(Timestamp now) const;
    // REQUIRES: has_room(now).
    void admit(QueuedDelivery delivery);

    // Something to send and a free slot.
    [[nodiscard]] bool is_ready() const;
    // REQUIRES: is_ready(). Takes a slot.
    [[nodiscard]] QueuedDelivery take();
    // The attempt ended; frees its slot, adapts the cap and tells the breaker. `draw` is uniform in [0, 1).
    enum class Verdict : std::uint8_t {
        success,
        failure,  // the endpoint cannot take more
        refused,  // it answers, but refuses whatever it is sent
        neutral,  // it refused this payload
        unknown,  // the attempt was interrupted
    };
    void finished(EventId event, Verdict verdict, Timestamp now, double draw);

    // What leaves memory now, because the lane became suspect, paused or cancelling, or its breaker opened, oldest first. When
    // cancelling, the caller cancels all of it. Otherwise it parks those of the tail; those that have a
    // parked row are merely forgotten, for the row still stands and is read again.
    [[nodiscard]] std::vector<QueuedDelivery> shed();
    // The delivery of this event leaves memory, if it is queued, as shed() lets go of those of a live lane.
    [[nodiscard]] std::optional<QueuedDelivery> withdraw(EventId event);

    // A row of this lane is now parked on disk, due then.
    void parked(Timestamp due);
    // The update of a delivery that had been read from a parked row is committed.
    void settled(EventId event);

    // Somebody asks for a manual attempt of this event.
    enum class Place : std::uint8_t {
        queued,    // it leaves anyway, soon
        reading,   // a page is being read that may bring it: ask again when it is there
        settling,  // a change of it is on its way to the store: ask again when that is durable
        absent,  // not in memory: its parked row may be changed, between begin_resend() and end_resend()
    };
    [[nodiscard]] Place place_of(EventId event) const;
    // REQUIRES: place_of(event) == absent. Until end_resend() no page brings the event. After that its row, changed or not, is
    // looked for from `due` on: a page that was read meanwhile does not tell of it.
    void begin_resend(EventId event);
    void end_resend(EventId event, Timestamp due);
    // This row, which a resend has just made, leaves although the breaker is open; one such row at a time.
    void let_pass(EventId event, Timestamp due);

    // Reading parked rows. A page is wanted when rows are due, the queue runs low and no read is under way.
    [[nodiscard]] bool wants_page(Timestamp now) const;
    struct PageRequest {
        std::optional<Timestamp> due_from;
        Timestamp due_until;
        std::size_t limit = 0;
        std::vector<EventId> exclude;
    };
    [[nodiscard]] PageRequest begin_page(Timestamp now);
    // `next_due`: of the first row the read left out. Deliveries join the queue's end; those the lane has no use for any
    // more (it was paused meanwhile) are forgotten again.
    // `leaving`: rows that the caller settles at once instead.
    void end_page(std::vector<QueuedDelivery> rows, std::optional<Timestamp> next_due,
                  const std::vector<EventId>& leaving = {});
    // The read failed; `retry_at` is when to try again.
    void fail_page(Timestamp retry_at);

    // When this lane wants to be looked at again because of a parked row; none while a read is under way or when paused.
    [[nodiscard]] std::optional<Timestamp> wake_at() const;

    void set_mode(Mode mode);
    // Whatever failed was another endpoint, or the same before somebody mended it.
    void forget_failures();
    // For lanes that wait for a time: the clock may have been set back.
    void mind_clock(Timestamp now) { breaker_.mind_clock(now); }
    [[nodiscard]] const Breaker& breaker() const { return breaker_; }
    void set_in_flight_max(std::uint32_t in_flight_max);
    // Deliveries in memory while healthy; what exceeds it is shed.
    void set_window(std::size_t window) { limits_.window = window; }
    void hold(Timestamp until) { held_until_ = until; }
    void release() { held_until_.reset(); }
    [[nodiscard]] std::optional<Timestamp> held_until() const { return held_until_; }
    [[nodiscard]] Mode mode() const { return mode_; }
    [[nodiscard]] EndpointId endpoint() const { return endpoint_; }
    [[nodiscard]] bool is_suspect() const { return suspect_; }
    [[nodiscard]] bool is_reading() const { return page_under_way_; }
    [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
    [[nodiscard]] std::uint32_t in_flight_cap() const { return cap_; }
    [[nodiscard]] std::size_t queued() const { return queue_.size(); }
    // Rows are parked that are due and not in memory.
    [[nodiscard]] bool is_backlogged(Timestamp now) const {
        return earliest_parked_ && *earliest_parked_ <= now;
    }
    // Nothing in memory, nothing known to be parked: a tombstone's lane may go.
    [[nodiscard]] bool is_empty() const;

private:
    [[nodiscard]] std::size_t window() const {
        return suspect_ ? std::min(limits_.window_suspect, limits_.window) : limits_.window;
    }
    // Which parked rows may be read although the breaker is open.
    enum class Exception : std::uint8_t { passing, overdue, probe };
    [[nodiscard]] std::optional<Exception> exception_at(Timestamp now) const;
    [[nodiscard]] std::optional<Timestamp> next_exception() const;
    [[nodiscard]] PageRequest request_for(Exception exception, Timestamp now) const;
    void learn(EventId event, Verdict verdict, Timestamp now, double draw);
    void let_in(std::vector<QueuedDelivery>& rows);
    [[nodiscard]] std::size_t page_size() const;
    void forget_row(const QueuedDelivery& leaving);

    EndpointId endpoint_;
    LaneLimits limits_;
    std::deque<QueuedDelivery> queue_;
    std::unordered_set<EventId>
        loaded_;  // read from parked rows and not yet settled; looked up and copied only
    std::vector<EventId> resending_;            // their parked rows are being changed
    std::optional<Timestamp> earliest_parked_;  // lower bound for parked rows not in memory
    std::optional<Timestamp> parked_during_page_;
    std::uint32_t in_flight_ = 0;
    std::uint32_t cap_;
    Mode mode_ = Mode::live;
    bool suspect_ = false;
    std::optional<Timestamp> held_until_;
    std::optional<Timestamp> page_not_before_;  // after a failed read
    bool page_under_way_ = false;
    Breaker breaker_;
    std::size_t let_in_ = 0;  // of the queue, while the breaker is open
    struct Pass {
        EventId event;
        Timestamp due;
    };
    std::optional<Pass> pass_;
    bool page_is_exception_ = false;  // the one under way
    bool page_is_for_pass_ = false;
};

// What an answer says about the endpoint.
[[nodiscard]] Lane::Verdict verdict_on(AttemptOutcome outcome, int status);

}  // namespace posthaste
