#pragma once

// The oracle of a world. It watches the two ends that cannot lie, the requests that leave and the changes that become
// durable, keeps its own model of every delivery, and says what rule was broken. It knows nothing of the engine's state.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/job.h"
#include "ports/endpoint_news.h"
#include "ports/transport.h"
#include "sim/sim_time.h"
#include "sim/trace.h"
#include "sim/world_config.h"
#include "store/memory/memory_disk.h"

namespace posthaste::sim {

class Auditor final : public DiskObserver {
public:
    Auditor(const WorldConfig& config, SimTime& time, Trace& trace, MemoryDisk& disk);
    ~Auditor() override { disk_.observe(nullptr); }

    // The first broken rule, as a sentence; empty while all is well.
    [[nodiscard]] const std::string& violation() const { return violation_; }
    [[nodiscard]] bool is_well() const { return violation_.empty(); }
    void fail(std::string sentence);

    // --- what the producers know
    void acknowledged(EventId event);
    void repeated(Id request_key, EventId event);
    // --- what those who ask for manual attempts know. Returns the number for `resend_acknowledged`.
    std::uint64_t resend_asked(EventId event, EndpointId endpoint);
    void resend_acknowledged(std::uint64_t ask);
    // --- and those who restart dead deliveries. None: it is not dead, and nothing is promised.
    std::optional<std::uint64_t> restart_asked(EventId event, EndpointId endpoint);
    // --- what those who delete payloads know
    void expunge_asked(EventId event);
    void expunge_acknowledged(EventId event);
    // --- what those who ask for jobs know, and what jobs do
    void job_asked(const Job& job);
    void job_started(const Job& job);
    void job_resends(EventId event, EndpointId endpoint);
    void job_ended(const Job& job);
    // Of those that were promised, or of all: a job whose start was in doubt waits for the next start of the cluster.
    enum class Jobs : std::uint8_t { promised, all };
    [[nodiscard]] bool has_running(Jobs which) const;
    // --- what those who hear of failing endpoints know
    void announced(EventId event, EndpointId endpoint, const AttemptRecord& attempt,
                   AttemptNews news);
    // --- what those who edit know
    void application_known(const Application& application);
    void endpoint_known(const Endpoint& endpoint, const ReceiverPlan& receiver);
    void edit_requested(const Endpoint& wanted);
    void edit_acknowledged(const Endpoint& stored);
    // --- what leaves. Returns the attempt's number for `answered`.
    std::uint64_t sent(std::size_t reactor, const OutboundRequest& request);
    void answered(std::uint64_t send, const TransportResult& result);
    // --- what becomes durable
    void event_stored(const Event& event) override;
    void update_applied(const DeliveryUpdate& update) override;
    void update_ignored(const DeliveryUpdate& update) override;
    void tail_parked(EventId event, EndpointId endpoint, Timestamp due) override;
    void event_dropped(EventId event) override;
    // --- what happens to the cluster
    void crashed();
    void stopped();
    // The wall clock is about to be set: what was due so far stays due.
    void clock_jumps();
    // The gates are new, or were passed at a time that is no longer now.
    void forget_rates();

    // The store's tally agrees with the model. Cheap; checked after every handler.
    void check_tally();
    [[nodiscard]] std::uint64_t pending() const { return tally_.pending(); }
    [[nodiscard]] std::uint64_t in_flight() const { return sends_.size(); }
    // Everything that must hold once the world has settled.
    void check_settled(Jobs which);
    [[nodiscard]] std::string name_of(EndpointId endpoint) const;
    // The first few deliveries that pend, one a line.
    [[nodiscard]] std::string describe_pending() const;

private:
    using Key = std::pair<EventId, EndpointId>;
    struct Delivery {
        DeliveryState state = DeliveryState::pending;
        Timestamp accepted_at;
        Duration accepted_steady{};
        Timestamp due;                // when parked
        std::uint32_t attempts = 0;   // durable
        std::uint32_t successes = 0;  // 2xx answers the receiver has given
        bool open = false;            // started in this life of the cluster, not yet durable
        bool under_way = false;       // the answer is still to come
        std::size_t reactor = 0;
        std::optional<TransportResult> answer;  // of the open attempt
        Timestamp answered_at;
        Timestamp furthest;  // the wall clock has been there since then, whatever it shows now
        // After a durable failure: no attempt before this.
        std::optional<Timestamp> not_before;
        bool received = false;          // an attempt was answered 2xx, durably
        bool waits_for_manual = false;  // the next attempt was asked for
        bool is_added = false;          // by a manual attempt: the event was not for the endpoint
        std::uint32_t manual_made = 0;  // of `attempts`; and all that came before a restart
        bool is_restarted = false;
        Timestamp stored_due;                 // of the parked row
        std::optional<Timestamp> resume_due;  // the retry that stands if the manual attempt fails
        std::uint64_t last_send = 0;
        std::optional<AttemptNews> news;  // of the open attempt
    };
    // How often requests left lately, against a limit per second.
    struct Rate {
        std::optional<std::uint32_t> per_second;
        std::deque<Duration> sends;  // steady times
    };
    struct Ask {
        EventId event;
        EndpointId endpoint;
        std::uint64_t sends_before = 0;
        bool was_open = false;
        bool is_acknowledged = false;
    };
    // Whether an endpoint must be left alone. Says nothing once somebody changed the endpoint, or the clock.
    struct BreakerWatch {
        std::set<EventId> failed;  // since the last success
        Timestamp first_failure;
        std::optional<Timestamp> opened_at;
        Duration pause{};
        std::uint32_t pauses = 0;
        std::uint32_t successes = 0;
        std::optional<EventId> probe;
        bool is_in_doubt = false;
    };
    struct Known {
        std::size_t number = 0;
        bool always_well = false;
        std::uint32_t in_flight_max = 0;
        std::uint32_t in_flight = 0;
        std::vector<RetryPolicy> policies;  // all that may be in force
        std::uint64_t revision = 0;         // acknowledged
        bool deletion_requested = false;
        bool was_inactive = false;  // or may have been
        Rate rate;
        bool has_header = false;
        BreakerWatch breaker;
    };
    struct KnownEvent {
        ApplicationId application;
        Timestamp accepted_at;
        bool expunge_asked = false;
        bool is_expunged = false;
    };
    struct KnownJob {
        std::uint64_t life = 0;         // of the cluster
        std::vector<std::size_t> asks;  // what it promises to resend
        std::vector<EventId> payloads;  // what it promises to delete
    };
    struct Send {
        Key key;
        std::size_t reactor = 0;
    };

    [[nodiscard]] Delivery* find(EventId event, EndpointId endpoint);
    void check_rate(Rate& rate, const char* whose);
    void check_breaker(BreakerWatch& watch, EventId event, const Delivery& delivery);
    void watch_answer(BreakerWatch& watch, EventId event, const TransportResult& result);
    void open_breaker(BreakerWatch& watch);
    void close_breaker(BreakerWatch& watch);
    void resend_applied(const DeliveryUpdate& update);
    void restart_applied(const DeliveryUpdate& update);
    void check_manual(const DeliveryUpdate& update, Delivery& delivery);
    void check_resends();
    void check_jobs(Jobs which);
    void check_ended(const Job& job, const KnownJob& known);
    [[nodiscard]] std::vector<Job> stored_jobs() const;
    [[nodiscard]] bool is_wanted(const Job& job, EventId id, const KnownEvent& event) const;
    [[nodiscard]] bool expunge_asked_of(EventId event) const;
    void check_may_send(const Key& key, const Delivery& delivery, const Known& known,
                        const OutboundRequest& request);
    void check_step(const DeliveryUpdate& update, Delivery& delivery);
    void check_news(const DeliveryUpdate& update, Delivery& delivery);
    void check_attempt(const DeliveryUpdate& update, Delivery& delivery, const Known& known);
    void check_prompt(const Key& key, const Delivery& delivery, const Known& known);
    void move(Delivery& delivery, DeliveryState next);
    void trace(const char* what, EventId event, EndpointId endpoint, std::int64_t value = 0,
               int reactor = -1);

    const WorldConfig& config_;
    SimTime& time_;
    Trace& trace_;
    MemoryDisk& disk_;
    std::string violation_;
    std::map<Key, Delivery> deliveries_;
    std::map<EndpointId, Known> endpoints_;
    std::map<std::uint64_t, Send> sends_;
    std::vector<std::size_t> reactor_in_flight_;
    std::vector<std::size_t> reactor_open_;
    std::set<EventId> acknowledged_;
    std::map<ApplicationId, Rate> applications_;
    std::map<Id, EventId> requests_;                                 // first events by request key
    std::map<std::pair<ApplicationId, std::string>, EventId> uids_;  // of the events kept
    std::vector<Ask> asks_;
    std::set<Key> resends_asked_;
    std::set<Key> restarts_asked_;
    std::map<JobId, KnownJob> jobs_;
    std::set<ApplicationId> purges_asked_;
    std::set<EventId> dropped_;
    std::map<EventId, KnownEvent> events_;  // all that ever became durable
    Tally tally_;
    std::uint64_t last_send_ = 0;
    std::uint64_t life_ = 0;
};

// The least and most that the policy may wait after `failures` failed attempts, worked out apart from domain/retry.
[[nodiscard]] std::pair<Duration, Duration> retry_bounds(const RetryPolicy& policy,
                                                         std::uint32_t failures);

}  // namespace posthaste::sim
