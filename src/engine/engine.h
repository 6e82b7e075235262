#pragma once

// One reactor's engine: ingest with group commit, dispatch over fair lanes, attempts, and their recording. Deterministic: it
// reaches the world only through ports and runs on one single-threaded executor. N reactors run N engines over one store;
// an endpoint's lane lives on exactly one of them (ports/mailbox.h).
//
//   accept ─▶ CommitQueue ─▶ Store ─▶ lane ─▶ attempt ─▶ decide ─▶ CommitQueue ─▶ Store
//                                      ▲                                │ parked
//                                      └──────── load_parked ◀──────────┘

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/counter.h"
#include "base/result.h"
#include "domain/breaker.h"
#include "domain/model.h"
#include "engine/directory_service.h"
#include "ports/clock.h"
#include "ports/endpoint_news.h"
#include "ports/entropy.h"
#include "ports/mailbox.h"
#include "ports/store.h"
#include "ports/task.h"
#include "ports/telemetry.h"
#include "ports/transport.h"

namespace posthaste {

struct EngineLimits {
    std::size_t in_flight_max = 1024;  // attempts at once, this reactor
    std::size_t lane_in_flight_max =
        64;  // attempts at once to one endpoint, unless the endpoint says otherwise
    std::size_t lane_window =
        512;                     // deliveries of one lane kept in memory; what exceeds it is parked
    std::size_t window = 16384;  // deliveries kept in memory, this reactor
    std::size_t window_bytes = 24u << 20;  // their payload bytes
    std::size_t page = 64;                 // parked rows read at once
    std::size_t unanswered_bytes_max =
        32u << 20;  // payload bytes accepted but not yet committed; beyond: overloaded
};

// By which names the headers of Standard Webhooks go out (id, timestamp, signature).
enum class HeaderNames : std::uint8_t { webhook, svix, both };

// What the operator decided about deliveries.
struct EngineRules {
    // To endpoints of Profile::native; the others always get `webhook-*`.
    HeaderNames native_headers = HeaderNames::both;
    // A native endpoint at which deliveries have been running out of attempts for longer than this, without one success, is
    // made inactive; 0: never.
    Duration disable_after = 120h;
    BreakerRules breaker;
};

// Background care for the store; one engine of a process does it.
struct MaintenanceOptions {
    RetentionPolicy retention;
    Duration retention_every = 5min;
    Duration scan_every = 1s;       // between slices of the repair scan
    std::size_t scan_limit = 1000;  // events per slice
};

// Rules that a test may break on purpose, to prove that the simulator notices. Production code never sets them.
struct Sabotage {
    bool ignore_due_times = false;  // retries leave at once
    bool forget_parking = false;    // what should be parked is reported as parked but never written
    bool ignore_attempts_max = false;  // a dead delivery is retried instead
    bool ignore_lane_cap = false;      // no in-flight cap per endpoint
    bool ignore_throttle = false;
    bool ignore_breaker = false;
    bool forget_resends = false;         // a manual attempt is promised but never made
    bool forget_expunges = false;        // what is in memory is sent though its payload is deleted
    bool skip_job_events = false;        // a job passes every other event by
    bool ignore_job_window = false;      // a job goes on with what came after it was made
    bool count_manual_attempts = false;  // the schedule takes manual attempts for its own
};

// Written by the engine's thread, read by anyone.
struct EngineMetrics {
    Counter events_accepted;
    Counter deliveries_accepted;
    Counter attempts;
    Counter delivered;
    Counter retried;
    Counter dead;
    Counter cancelled;
    Counter parked_for_room;   // window full or lane backlogged
    Counter refused_overload;  // producers answered 503
    Counter commit_failures;
    Counter resends;    // manual attempts and restarts asked for and durable
    Counter repaired;   // lost deliveries found by the repair scan; must stay 0
    Counter in_flight;  // gauges
    Counter window;
    Counter window_bytes;
    Counter lanes;
    Counter suspect_endpoints;    // their last attempts failed
    Counter unhealthy_endpoints;  // their breakers are open or half open
    Counter breaker_opened;       // transitions
    Counter breaker_half_opened;
    Counter breaker_closed;
    Histogram accept_latency;  // accept() called -> durable
    Histogram queue_lag;       // due -> attempt started
    Histogram attempt_duration;
    Histogram delivery_latency;  // accepted -> delivered
};

struct Accepted {
    EventId id;
    bool is_repeat =
        false;  // its request_key was seen before: this is the first event's id, nothing was stored
};

// Who wants one more attempt. What a person asks for is sent although the endpoint's breaker is open; what a job asks for waits.
enum class Asker : std::uint8_t { person, job };

class LiveAudience;
class LiveFeed;

class Engine {
public:
    struct Ports {
        Store& store;
        Transport& transport;
        Clock& clock;
        AlarmFactory& alarms;
        Entropy& entropy;
        Telemetry& telemetry;
        Mailboxes& mailboxes;
        DirectoryHolder& directory;
        LiveAudience* audience = nullptr;  // of all reactors; null: this is the only one
    };

    Engine(Executor executor, std::size_t reactor, std::size_t reactors, Ports ports,
           EngineLimits limits, EngineRules rules = {}, Sabotage sabotage = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Durable when it returns a value: the event and all its deliveries are committed. The event must have its targets
    // (Directory::match, or one endpoint); no targets is fine. Errors: overloaded (try later), unavailable (the store
    // cannot commit), stopping, commit_unknown, exists (its uid is taken).
    Task<Result<Accepted>> accept(std::shared_ptr<Event> event);

    // Asks for one more attempt of this event to this endpoint, whatever became of the ones before, and though the endpoint
    // need not be among the event's targets. Durable when it returns a value; when the delivery is about to leave anyway,
    // nothing is added. The attempt waits its turn in the endpoint's lane. Errors: not_found (the event or the endpoint is
    // gone), invalid (the event's payload is expunged), and those of accept.
    Task<Result<void>> resend(EventId event, EndpointId endpoint, Asker asker = Asker::person);

    // Begins the schedule of a dead delivery again: as many attempts, with the same gaps, from now on; the attempts so far
    // stay on record. Durable when it returns a value; nothing happens unless the delivery is dead. Errors: as of resend.
    Task<Result<void>> restart(EventId event, EndpointId endpoint);

    // Deletes the event's payload for good; false: it was deleted before. Once it returns a value, no request of this event
    // begins any more, on any reactor: what waited is cancelled. A request that had begun may still end. Errors: not_found,
    // and those of the store; after these the payload may be gone already, and asking again is right.
    Task<Result<bool>> expunge(EventId event);

    // Whom to tell about failing endpoints; null, as at first: nobody. It must outlive the engine or be taken away.
    void report_to(EndpointNews* listener);

    // What happens, for those who watch on this reactor. Nobody may be added once the engine is gone.
    [[nodiscard]] const std::shared_ptr<LiveFeed>& live() const;
    [[nodiscard]] const EngineRules& rules() const { return rules_; }
    [[nodiscard]] DirectoryService& directory() { return directory_; }
    [[nodiscard]] const EngineMetrics& metrics() const { return metrics_; }

    // Lanes that recovery found, for the endpoints this reactor owns; the others are skipped. Before any accept.
    void start(const Recovery& recovery);
    // From Mailboxes: deliveries another reactor's accept committed for lanes of this one.
    void receive(std::vector<PendingDelivery> deliveries);
    // From Mailboxes: a parked row was committed for a lane of this reactor.
    void announce_parked(EndpointId endpoint, Timestamp due);
    // Starts the repair scan and retention on this engine. After start().
    void start_maintenance(MaintenanceOptions options);
    // An endpoint changed: its lane wakes, pauses or cancels accordingly.
    void endpoint_changed(EndpointId id);
    // Starts no attempt any more, lets those in flight finish until `deadline` passes, records them. accept() answers
    // `stopping` from the first moment. What is left in the tail is found again by recover().
    Task<void> stop(Duration deadline);

    // Destroying an engine that was not stopped is a crash: what it held in memory is gone, what was
    // committed is found again by Store::recover(). Its executor must not run any more.

private:
    struct Impl;
    Task<Result<void>> send_again(EventId event, EndpointId endpoint, UpdateKind kind, Asker asker);

    const EngineRules rules_;
    EngineMetrics metrics_;
    DirectoryService directory_;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
