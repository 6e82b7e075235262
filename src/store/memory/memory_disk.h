#pragma once

// What a MemoryStore has committed: the part that survives a crash of the process. Plain synchronous transitions on plain
// containers, each of them atomic because nothing interrupts it. A disk belongs to one open store at a time; it outlives
// the store and is handed to the next one. Not thread-safe: the store uses it on its executor only.
//
// A delivery is in exactly one place:
//
//   settled   its StoredDelivery carries a final state
//   parked    it has a row in `parked_` and an entry in the lane's order
//   tail      neither, and its event lies above the watermark
//   lost      neither, and its event lies at or below the watermark: a broken store, found by scan()

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ports/store.h"
#include "ports/store_match.h"
#include "store/memory/memory_config.h"

namespace posthaste {

// Sees every change at the moment it becomes durable. For tests.
class DiskObserver {
public:
    virtual ~DiskObserver() = default;
    virtual void event_stored(const Event& event) = 0;
    virtual void update_applied(const DeliveryUpdate& update) = 0;
    virtual void update_ignored(const DeliveryUpdate& update) = 0;  // repeated or stale
    virtual void tail_parked(EventId event, EndpointId endpoint, Timestamp due) = 0;
    virtual void event_dropped(EventId event) = 0;
};

class MemoryDisk {
public:
    // What an update did to the place of its delivery.
    enum class Effect : std::uint8_t { none, left_tail, left_parked, resent };

    // Why the event, accepted now, cannot be added, if so: its name or its request is known. `index` is left to the caller.
    [[nodiscard]] std::optional<Refusal> refuses(const Event& event) const;
    void add_event(const Event& event);
    // Repeated or stale updates have no effect.
    Effect apply(const DeliveryUpdate& update, Timestamp now);
    // Everything unsettled above the watermark becomes a parked row due `now`. Returns how many.
    std::uint64_t park_tail(Timestamp now);
    // The same for one event, which must be in the tail, or gone.
    std::uint64_t park_event(EventId event, Timestamp now);
    void set_watermark(std::uint64_t hi) { watermark_ = hi; }
    // The endpoint as stored, with its new revision; errors as ports/store.h says. The id must be issued already.
    Result<Endpoint> put_endpoint(Endpoint endpoint);
    [[nodiscard]] MemoryConfig& config() { return config_; }
    [[nodiscard]] const MemoryConfig& config() const { return config_; }
    Result<void> expunge_payload(EventId id);
    Result<void> expunge_response(EventId event, EndpointId endpoint, std::uint32_t number);
    // No id issued later may lie at or below `hi`.
    void raise_last_hi(std::uint64_t hi) { last_hi_ = hi > last_hi_ ? hi : last_hi_; }

    [[nodiscard]] std::vector<ParkedLane> lanes() const;
    [[nodiscard]] ParkedPage load_parked(const ParkedQuery& query) const;
    [[nodiscard]] Result<EventHistory> read_event(EventId id) const;
    [[nodiscard]] std::vector<AttemptOfEndpoint> attempts_of_endpoint(EndpointId id,
                                                                      std::size_t limit) const;
    [[nodiscard]] Result<EventId> find_event(ApplicationId application,
                                             const std::string& uid) const;
    [[nodiscard]] EventPage list_events(const EventQuery& query) const;
    [[nodiscard]] DeliveryPage list_deliveries(const DeliveryQuery& query) const;
    [[nodiscard]] AttemptPage list_attempts(const AttemptQuery& query) const;
    [[nodiscard]] AttemptCounts count_attempts(EndpointId endpoint, Timestamp since,
                                               Timestamp until) const;
    [[nodiscard]] ScanSlice scan(std::uint64_t after_hi, std::size_t limit) const;
    // Drops events whose deliveries are all settled and old enough, and what has a time of its own to go. Returns the number
    // of hours whose events were dropped.
    std::uint64_t expire(const RetentionPolicy& policy, Timestamp now);

    // Null: nobody looks. The observer must outlive the disk or be taken away.
    void observe(DiskObserver* observer) { observer_ = observer; }

    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] std::uint64_t watermark() const { return watermark_; }
    [[nodiscard]] std::uint64_t last_hi() const {
        return last_hi_;
    }  // highest `hi` of any id ever issued and stored
    [[nodiscard]] std::size_t events() const { return events_.size(); }
    // Ids of all events kept, ascending.
    [[nodiscard]] std::vector<EventId> event_ids() const;

    // For tests of the repair scan: forgets a parked row as a faulty store would. False when there is none.
    bool lose_parked(EventId event, EndpointId endpoint);

private:
    struct StoredAttempt {
        AttemptRecord record;
        DeliveryState state_after;
    };
    struct StoredDelivery {
        EndpointId endpoint;
        std::optional<DeliveryState> settled;
        Timestamp settled_at;
        std::vector<StoredAttempt> attempts;  // by number
    };
    struct StoredEvent {
        EventPtr event;
        std::vector<StoredDelivery> deliveries;  // of event->targets, then added ones by id
    };
    // The first event with a request_key; it stays known after the event was dropped.
    struct KnownRequest {
        EventId event;
        Timestamp accepted_at;
    };
    using DeliveryKey = std::pair<EventId, EndpointId>;
    using LaneOrder = std::set<std::pair<Timestamp, EventId>>;

    Effect carry_out(const DeliveryUpdate& update, Timestamp now);
    Effect resend(StoredEvent& event, const DeliveryUpdate& update);
    Effect restart(StoredEvent& event, const DeliveryUpdate& update);
    void park(DeliveryKey key, ParkedState row);
    void unpark(DeliveryKey key);
    void count(DeliveryState settled, std::int64_t by);
    [[nodiscard]] static ManualState manual_of(const StoredDelivery& delivery);
    void expunge(StoredEvent& stored);
    // The delivery's place in a list, if the query wants it.
    [[nodiscard]] std::optional<EventEntry> entry_of(const EventQuery& query,
                                                     const StoredEvent& stored) const;
    // None when the query does not want it.
    [[nodiscard]] std::optional<DeliveryEntry> entry_of(const DeliveryQuery& query,
                                                        const StoredEvent& stored,
                                                        const StoredDelivery& delivery) const;
    [[nodiscard]] bool is_expired(const StoredEvent& stored, const RetentionPolicy& policy,
                                  Timestamp now) const;

    std::map<EventId, StoredEvent> events_;
    std::map<DeliveryKey, ParkedState> parked_;
    std::map<EndpointId, LaneOrder> lanes_;  // no empty lane
    std::map<std::pair<ApplicationId, std::string>, EventId> event_uids_;
    std::map<Id, KnownRequest> requests_;
    MemoryConfig config_;
    Tally tally_;
    std::uint64_t watermark_ = 0;
    std::uint64_t last_event_hi_ = 0;
    std::uint64_t last_hi_ = 0;
    DiskObserver* observer_ = nullptr;
};

}  // namespace posthaste
