#pragma once

// Owns the lanes of one reactor: lets committed deliveries in, parks what has no room, reads parked rows back when they are
// due, and starts attempts in fair order within the in-flight caps.
//
// Two schedulers: lanes whose last attempt failed (suspect) share at most half of the reactor's in-flight slots, so that
// however many endpoints hang, the healthy ones keep the other half.
//
// Throttled lanes wait for their gates (domain/throttle.h) without a place in any scheduler's round. What all of one
// throttled application's lanes keep in memory is bounded, and so is what all throttled lanes together keep.
//
// A lane whose breaker is open keeps nothing in memory and sends probes only (domain/lane.h); whenever its breaker or the
// beginning of failures changes, the directory's entry of the endpoint is told (domain/endpoint_condition.h).

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "domain/fair_scheduler.h"
#include "domain/lane.h"
#include "domain/recent_events.h"
#include "domain/throttle.h"
#include "engine/attempt.h"
#include "engine/commit_queue.h"
#include "engine/endpoint_health.h"
#include "engine/live_feed.h"
#include "engine/task_group.h"

namespace posthaste {

class Dispatcher {
public:
    Dispatcher(Executor executor, Engine::Ports ports, EngineLimits limits, EngineRules rules,
               Sabotage sabotage, EngineMetrics& metrics, DirectoryService& directory,
               CommitQueue& commits, LiveFeed& live);

    // A committed delivery, from this reactor's accept or from another's.
    void admit(EventPtr event, EndpointId endpoint);
    // A parked row is committed that may be unknown here.
    void announce_parked(EndpointId endpoint, Timestamp due);
    // Engine::resend and Engine::restart, for an endpoint whose lane belongs here. `done` is called in this turn or a later one.
    using Resent = std::move_only_function<void(Result<void>)>;
    void resend(EventId event, EndpointId endpoint, UpdateKind kind, Asker asker, Resent done);
    // Engine::expunge, for an endpoint whose lane belongs here: what is in memory of this event goes back to the disk, and so
    // does what is on its way here; it is cancelled when it is read again. Requests under way are not called back.
    void forget_payload(EventId event, EndpointId endpoint);
    // A delivery update is durable.
    void on_durable(const DeliveryUpdate& update);
    void endpoint_changed(EndpointId id);
    // Null: nobody.
    void report_to(EndpointNews* listener) { health_.report_to(listener); }
    // Starts what can start. Called at the end of every turn that changed something.
    void pump();

    // No attempt starts any more.
    void stop_starting() { stopping_ = true; }
    // Returns when no attempt and no read is under way.
    Task<void> join();
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

private:
    struct Resend {
        EventId event;
        UpdateKind kind = UpdateKind::resend;
        Asker asker = Asker::person;
        Resent done;
        bool is_in_order = false;  // whatever was decided before it was asked for is durable
    };
    // What the throttled lanes of one application keep in memory.
    struct Share {
        std::size_t lanes = 0;
        std::size_t in_memory = 0;  // deliveries
    };
    struct Entry {
        explicit Entry(Lane start) : lane(std::move(start)) {}
        Lane lane;
        Route route;
        PreparedApplicationPtr application;   // null: unknown
        std::size_t in_memory = 0;            // deliveries
        Share* share = nullptr;               // null: not throttled
        std::uint64_t directory_version = 0;  // the route was looked up at this version
        bool in_page_queue = false;
        std::optional<Timestamp> wake_at;               // its place in wakes_
        std::vector<EventId> sending;                   // requests under way
        std::vector<Resend> resends;                    // wait for the end of a page read
        std::vector<EventId> expunged;                  // since the page's read began
        Breaker::State shown = Breaker::State::closed;  // to the world; and:
        bool is_shown_failing = false;
    };

    LaneIndex lane_of(EndpointId endpoint);
    void forget_lane(LaneIndex index);
    void refresh_route(Entry& entry);
    void apply_mode(LaneIndex index);
    void apply_throttle(Entry& entry);
    void set_share(Entry& entry, Share* share);
    [[nodiscard]] bool has_room(const Entry& entry) const;
    [[nodiscard]] ThrottleAnswer pass_gates(Entry& entry);
    void release_applications();
    void watch_clock();
    void show_condition(Entry& entry);
    void count_breaker(const Entry& entry, Breaker::State now);
    void after_change(LaneIndex index);
    void shed(LaneIndex index);
    void start_pages();
    void wake_due();
    void arm_alarm();

    [[nodiscard]] std::optional<LaneIndex> choose();
    void start_attempt(LaneIndex index);
    enum class Class : std::uint8_t { healthy, suspect };
    Task<void> attempt(LaneIndex index, OutboundRequest request, QueuedDelivery delivery,
                       Class lane_class);
    void finish_attempt(LaneIndex index, const QueuedDelivery& delivery, TransportResult result,
                        Timestamp started_at);
    void place(EndpointId endpoint, Resend wanted);
    void place_waiting(LaneIndex index);
    void commit_resend(LaneIndex index, Resend wanted);
    Task<void> read_page(LaneIndex index, Lane::PageRequest request);
    void end_page(Entry& entry, ParkedPage page, const std::vector<EventId>& expunged);
    void park(const QueuedDelivery& delivery, EndpointId endpoint);
    // Parks it for its event's time, if that is yet to come.
    [[nodiscard]] bool put_off(const QueuedDelivery& delivery, EndpointId endpoint);
    void cancel(const QueuedDelivery& delivery, EndpointId endpoint);
    void count_in(Entry& entry, const QueuedDelivery& delivery);
    void count_out(Entry& entry, const QueuedDelivery& delivery);
    void account(const DeliveryUpdate& update);

    Executor executor_;
    Engine::Ports ports_;
    EngineLimits limits_;
    EngineRules rules_;
    Sabotage sabotage_;
    EngineMetrics& metrics_;
    DirectoryService& directory_;
    CommitQueue& commits_;
    LiveFeed& live_;
    EndpointHealth health_;

    std::deque<std::unique_ptr<Entry>> entries_;       // by LaneIndex; null where no lane is
    std::unordered_map<EndpointId, LaneIndex> index_;  // looked up only
    FairScheduler healthy_;
    FairScheduler suspect_;
    bool suspects_turn_ = false;
    std::set<std::pair<Timestamp, LaneIndex>> wakes_;
    std::unique_ptr<Alarm> alarm_;
    std::optional<Timestamp> alarm_at_;
    HeldApplications held_;
    Timestamp last_pump_{};
    std::map<ApplicationId, Share> shares_;
    std::size_t throttled_ = 0;  // deliveries in memory of all throttled lanes
    RecentEvents expunged_;
    std::deque<LaneIndex> page_queue_;
    std::deque<LaneIndex> page_queue_without_room_;  // throttled lanes
    bool throttled_left_ = false;                    // since those were looked at
    std::size_t pages_under_way_ = 0;
    std::size_t in_flight_ = 0;          // attempts started whose outcome is not yet durable
    std::size_t in_flight_suspect_ = 0;  // running attempts of suspect lanes
    std::size_t window_ = 0;
    std::size_t window_bytes_ = 0;
    bool stopping_ = false;
    bool pumping_ = false;
    bool pump_again_ = false;
    TaskGroup tasks_;
};

}  // namespace posthaste
