#pragma once

// What the engine asks of a store. Two kinds of data:
//
//   configuration   endpoints and records (ports/record.h): small, changed rarely, revisioned
//   the log         events, attempts, parked deliveries: appended in group commits, partitioned by time
//
// The tail is the queue. A committed event's deliveries are *pending* (in the tail, in memory) until a DeliveryUpdate settles
// or parks them. Only what waits has a row of its own. The store keeps the watermark (domain/tail_tracker.h). After a crash
// recover() parks whatever the tail still held, due now, so that the engine has one way to find work: parked rows.
//
// Every semantic here is pinned by tests/conformance/store_suite.h, which every store must pass.

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/audit.h"
#include "domain/decision.h"
#include "domain/model.h"
#include "domain/outcome.h"
#include "ports/record.h"
#include "ports/task.h"
#include "ports/transport.h"

namespace posthaste {

// One HTTP request of a delivery and what came of it. Its id is attempt_id() (domain/attempt_id.h).
struct AttemptRecord {
    std::uint32_t number = 0;  // 1, 2, …
    AttemptTrigger trigger = AttemptTrigger::scheduled;
    Timestamp started_at;  // before the request
    AttemptOutcome outcome = AttemptOutcome::broken;
    int status_code = 0;  // 0: no HTTP answer
    std::string
        response;  // first bytes of the answer's body, or the error's text when there was no answer
    // Of the answer, as they are kept (domain/kept_headers.h); none: no answer, or of a version that kept none.
    std::optional<std::string> response_headers;
    Duration queue_lag{};  // from due (first attempt: from accept) to started_at
    PhaseTimings timings;
};

// Where a delivery was before an update: in the tail, or in the parked row with this due time.
struct DeliveryOrigin {
    std::optional<Timestamp> parked_due;  // none: the tail
};

enum class UpdateKind : std::uint8_t {
    step,    // what the fields below say
    resend,  // asks for a manual attempt, due at `due`; of the other fields only event and endpoint count. The endpoint need
    // not be among the event's targets: it becomes one. Changes nothing when the delivery is in the tail, waits for
    // a manual attempt already, or the event is gone or expunged.
    restart,  // begins the schedule of a dead delivery again, from `due` on; again only event, endpoint and due count. Changes
    // nothing when the delivery is not dead, or the event is gone or expunged.
};

// One step of one delivery. The store applies all of it or nothing. Applying the same update twice is harmless: the second
// time changes nothing (an update is repeated when its commit was ambiguous).
struct DeliveryUpdate {
    UpdateKind kind = UpdateKind::step;
    EventId event;
    EndpointId endpoint;
    DeliveryOrigin origin;
    DeliveryState next = DeliveryState::parked;  // parked, delivered, dead or cancelled
    Timestamp due;                               // next == parked
    std::uint32_t attempts_made = 0;             // next == parked: kept in the row
    ManualState manual;                          // next == parked: kept in the row
    std::optional<AttemptRecord> attempt;  // none: only moved (parked for lack of room, cancelled)
};
// A manual attempt that fails ends with next == dead, or parked when `resume_due` was set. Where an earlier attempt delivered,
// the store makes `delivered` of that `dead`: what was received stays received.

// An event of a batch that was not stored, because its name is taken; its id stays nil. `repeated` goes before uid_taken.
// Events that come earlier in the same batch, or in an earlier one of the same group commit, count as well.
struct Refusal {
    enum class Reason : std::uint8_t {
        uid_taken,  // its application has an event with this uid
        repeated,   // its request_key was seen within kRepeatWindow
    };
    std::size_t index = 0;  // in CommitBatch::events
    Reason reason = Reason::uid_taken;
    EventId existing;
};

struct CommitBatch {
    std::vector<std::shared_ptr<Event>>
        events;  // the store issues id and accepted_at, in commit order
    std::vector<DeliveryUpdate> updates;
    std::vector<Refusal> refusals;  // filled by the store on success, by index
    [[nodiscard]] bool empty() const { return events.empty() && updates.empty(); }
};

// Success: everything in the batch is durable. Failure: nothing of it is, except for commit_unknown. The batch comes back
// either way: on success its events carry their ids, on failure the caller repeats the updates.
using CommitDone = std::move_only_function<void(Result<void>, CommitBatch)>;

struct ParkedDelivery {
    EventPtr event;
    EndpointId endpoint;
    Timestamp due;
    std::uint32_t attempts_made = 0;
    ManualState manual;
};

struct ParkedQuery {
    EndpointId endpoint;
    Timestamp due_until;  // rows with due ≤ this
    std::size_t limit = 64;
    std::size_t bytes_max = 4 << 20;  // stop after this many payload bytes (at least one row comes)
    std::vector<EventId> exclude;     // rows already in memory
    std::optional<Timestamp> due_from =
        std::nullopt;  // rows with due ≥ this; none: from the oldest on
};

struct ParkedPage {
    std::vector<ParkedDelivery> rows;  // by due, then event
    std::optional<Timestamp>
        next_due;  // of the first row from due_from on neither excluded nor returned; none: no such row
};

struct ParkedLane {
    EndpointId endpoint;
    Timestamp earliest_due;
};

struct Recovery {
    std::vector<ParkedLane> lanes;        // every endpoint with parked rows
    std::uint64_t deliveries_parked = 0;  // unsettled tail deliveries that recovery parked
};

// One delivery with its attempts, oldest first.
struct DeliveryHistory {
    EndpointId endpoint;
    DeliveryState state = DeliveryState::pending;
    std::optional<Timestamp> next_due;  // when parked
    std::vector<AttemptRecord> attempts;
};

struct EventHistory {
    EventPtr event;
    std::vector<DeliveryHistory>
        deliveries;  // in the order of event->targets, then those added by resends, by id
};

struct AttemptOfEndpoint {
    EventId event;
    AttemptRecord attempt;
    DeliveryState state_after = DeliveryState::parked;
};

// A page of an application's events, by id. Entries come in reading order; callers that page backwards turn them around.
struct EventQuery {
    ApplicationId application;
    // Only events that have a delivery to one of these, in ascending order; with the summary of the event's first such
    // delivery (in the order of EventHistory). Empty: all events, without summaries.
    std::vector<EndpointId> endpoints;
    // Exclusive bounds; nil: none.
    EventId above;
    EventId below;
    bool oldest_first = false;
    std::size_t limit = 50;
    bool with_payload = true;
    std::vector<std::string> event_types;  // any of these; empty: all
    std::optional<std::string> channel;    // events that name it
    std::optional<std::string> tag;        // likewise
    std::vector<DeliveryState> states;     // of that delivery; empty: all
    std::size_t scan_max = 100'000;  // events looked at; a page may end early, with `more_behind`
};

struct EventEntry {
    EventPtr event;  // payload and body are empty when not asked for
    // With EventQuery::endpoints:
    EndpointId endpoint;
    DeliveryState state = DeliveryState::pending;
    std::optional<Timestamp> next_due;
    std::uint32_t attempts = 0;
    std::optional<Timestamp> last_attempt_at;  // its start
};

struct EventPage {
    std::vector<EventEntry> entries;
    // Set when reading stopped before the bounds' end: nothing up to and including this id is missing. Then there may be more.
    std::optional<EventId> more_behind;
};

// A delivery's place among all of an organization: by event, then endpoint.
struct DeliveryPlace {
    EventId event;
    EndpointId endpoint;

    friend constexpr auto operator<=>(const DeliveryPlace&, const DeliveryPlace&) = default;
};

// A page of an organization's deliveries, whichever API made their endpoints. Of nobody's or everybody's there is no list.
struct DeliveryQuery {
    explicit DeliveryQuery(OrganizationId owner) : organization(owner) {}

    OrganizationId organization;
    std::optional<ApplicationId> application;  // of this one only
    std::optional<EndpointId> endpoint;        // to this one only
    std::optional<DeliveryPlace> above;        // exclusive bounds
    std::optional<DeliveryPlace> below;
    bool oldest_first = false;
    std::size_t limit = 50;
    std::vector<std::string> event_types;  // any of these; empty: all
    std::vector<DeliveryState> states;     // any of these; empty: all
    // What else narrows the list; none: nothing. Called on threads of the store, with events that have no payload.
    std::function<bool(const Event&, EndpointId)> fits;
    // Events and deliveries looked at; a page may end early, with `more_behind`.
    std::size_t scan_max = 20'000;
};

struct DeliveryEntry {
    EventPtr event;  // without its payload
    EndpointId endpoint;
    DeliveryState state = DeliveryState::pending;
    std::optional<Timestamp> next_due;
    std::uint32_t attempts = 0;
    std::optional<Timestamp> last_attempt_at;  // its start
    int last_status_code = 0;                  // 0: no attempt, or no answer
};

struct DeliveryPage {
    std::vector<DeliveryEntry> entries;
    // As in EventPage: nothing up to and including this place is missing.
    std::optional<DeliveryPlace> more_behind;
};

// A page of attempts of one endpoint, by attempt id.
struct AttemptQuery {
    EndpointId endpoint;
    AttemptId above;  // exclusive bounds; nil: none
    AttemptId below;
    bool oldest_first = false;
    std::size_t limit = 50;
    bool with_response = true;
    std::optional<bool> delivered;         // outcome
    std::optional<int> status_class;       // 0 (no answer), 100, 200, … 500
    std::optional<std::string> channel;    // of the event
    std::optional<std::string> tag;        // of the event
    std::vector<std::string> event_types;  // of the event
    std::size_t scan_max = 100'000;
};

struct AttemptEntry {
    AttemptId id;
    EventPtr event;  // without its payload
    EndpointId endpoint;
    AttemptRecord attempt;
    DeliveryState state_after = DeliveryState::parked;
};

struct AttemptPage {
    std::vector<AttemptEntry> entries;
    std::optional<AttemptId> more_behind;  // as in EventPage
};

// Attempts of an endpoint within [since, until), by outcome, and its deliveries that wait now.
struct AttemptCounts {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t waiting = 0;  // parked deliveries of the endpoint, whenever their events came
};

// Objects of configuration that change together: all of them are stored, or none.
struct ConfigChange {
    std::vector<Endpoint> endpoints;
    std::vector<Record> records;
    // What the audit log says of it, appended in the same transaction; the store issues sequences and hashes. An
    // `object` that reads "prefix_*" gets the id that the store issued to the change's first object: "prefix_<base62>".
    std::vector<AuditEntry> audit;
};

// A page of the audit log, by sequence.
struct AuditQuery {
    std::optional<OrganizationId> organization;
    std::uint64_t above = 0;  // exclusive bounds of the sequence; 0: none
    std::uint64_t below = 0;
    bool newest_first = false;
    std::size_t limit = SIZE_MAX;
    std::optional<std::string> actor;
    std::optional<std::string>
        action;  // "endpoint.create", or "endpoint" for all that begin with "endpoint."
    std::optional<std::string> object;
    std::optional<Timestamp> since;  // at ≥ this
    std::optional<Timestamp> until;  // at < this
};

// Conservation (promise 3): accepted = delivered + dead + cancelled + pending, pending = tail + parked. Counted in
// deliveries since the store was made; survives retention.
struct Tally {
    std::uint64_t events = 0;
    std::uint64_t accepted = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dead = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t parked = 0;
    [[nodiscard]] std::uint64_t pending() const { return accepted - delivered - dead - cancelled; }
};

struct LostDelivery {
    EventId event;
    EndpointId endpoint;
    std::uint32_t attempts_made = 0;
};

// The repair scan walks all events up to the watermark, a slice at a time.
struct ScanSlice {
    std::uint64_t next_hi = 0;  // continue behind this event; 0: the end was reached, start over
    std::uint64_t events_checked = 0;
    std::vector<LostDelivery> lost;  // settled by nobody, parked nowhere, not in the tail
};

struct RetentionPolicy {
    Duration finished =
        72h;  // attempts and settled deliveries; a request_key is known for kRepeatWindow whatever this is
    Duration dead = 24h * 30;  // dead letters; pending deliveries are kept for ever
};

struct StoreStats {
    std::uint64_t commits = 0;
    std::uint64_t fsyncs = 0;
    std::uint64_t events = 0;   // committed
    std::uint64_t updates = 0;  // committed
    std::uint64_t bytes_on_disk = 0;
    std::uint64_t partitions = 0;
    std::uint64_t tail = 0;  // events between the watermark and the newest
    bool healthy = true;
    std::string problem;  // a sentence when not healthy
};

class Store {
public:
    virtual ~Store() = default;

    // Called once, before anything else, on a reactor. Parks the tail that a crash left (due now).
    virtual Task<Result<Recovery>> recover() = 0;
    virtual Task<Result<std::vector<Endpoint>>> load_endpoints() = 0;

    // Queues a batch for the next group commit. Callable from any reactor thread; `done` runs exactly
    // once, on the executor of that reactor (see ReactorPost), never from within this call. Batches of
    // one reactor commit in order. An empty batch asks whether the store serves: it succeeds when it
    // does. After commit_unknown the store finds out, before the next commit succeeds, what became
    // durable, and parks (due now) the deliveries of events that did: nobody holds them in memory.
    virtual void commit(std::size_t reactor, CommitBatch batch, CommitDone done) = 0;

    // Adds or replaces an endpoint if its stored revision is `endpoint.revision` (0: it must not exist; then the id may be
    // nil and is issued). Returns the stored object with its new revision; conflict when the revision moved on, exists when
    // another live endpoint of the application has the uid.
    virtual Task<Result<Endpoint>> put_endpoint(Endpoint endpoint) = 0;

    // Adds, replaces and deletes objects, each as put_endpoint does; a record that is_deleted leaves no row. Returns them with
    // ids and revisions issued. Objects change in the order given, endpoints first: a name that one gives up is free for the
    // next. The change's audit entries are appended behind them; a change may consist of entries alone. Errors: conflict (a
    // revision moved on), exists (a live object has the same kind, organization, parent and name; or another live endpoint
    // of the application has the uid).
    virtual Task<Result<ConfigChange>> change_config(ConfigChange change) = 0;
    virtual Task<Result<std::vector<Record>>> read_records(RecordQuery query) = 0;
    // How many records fit; the query's bounds, skip and limit do not count.
    virtual Task<Result<std::uint64_t>> count_records(RecordQuery query) = 0;
    virtual Task<Result<std::vector<AuditEntry>>> read_audit(AuditQuery query) = 0;

    // Parked rows of one endpoint that are due, oldest first. Sees every commit completed before the call.
    virtual Task<Result<ParkedPage>> load_parked(ParkedQuery query) = 0;

    // not_found when no such event is kept.
    virtual Task<Result<EventHistory>> read_event(EventId id) = 0;
    // Newest first (by started_at).
    virtual Task<Result<std::vector<AttemptOfEndpoint>>> attempts_of_endpoint(
        EndpointId id, std::size_t limit) = 0;
    virtual Task<Result<Tally>> tally() = 0;
    // The event with this uid; not_found when none is kept.
    virtual Task<Result<EventId>> find_event(ApplicationId application, std::string uid) = 0;
    virtual Task<Result<EventPage>> list_events(EventQuery query) = 0;
    virtual Task<Result<DeliveryPage>> list_deliveries(DeliveryQuery query) = 0;
    virtual Task<Result<AttemptPage>> list_attempts(AttemptQuery query) = 0;
    virtual Task<Result<AttemptCounts>> count_attempts(EndpointId endpoint, Timestamp since,
                                                       Timestamp until) = 0;
    // Deletes an event's payload and body for good: overwritten, not only unlinked. not_found when no such event is kept.
    virtual Task<Result<void>> expunge_payload(EventId id) = 0;
    // Replaces the kept answer of an attempt by "EXPUNGED", without headers. not_found when there is no such attempt.
    virtual Task<Result<void>> expunge_response(EventId event, EndpointId endpoint,
                                                std::uint32_t number) = 0;

    // Checks up to `limit` events behind `after_hi`.
    virtual Task<Result<ScanSlice>> scan(std::uint64_t after_hi, std::size_t limit) = 0;
    // Drops what the policy lets go, never anything pending; expunges payloads whose time has come; deletes records whose
    // expires_at has passed. Returns partitions dropped or rewritten.
    virtual Task<Result<std::uint64_t>> expire(RetentionPolicy policy, Timestamp now) = 0;

    [[nodiscard]] virtual StoreStats stats() const = 0;  // any thread
    // Commits what is queued, refuses more, closes. Idempotent. Blocks; call after the engines have stopped.
    virtual void close() = 0;
};

// How a store comes back to a reactor: runs the function on that reactor's executor. Thread-safe.
using ReactorPost = std::function<void(std::move_only_function<void()>)>;

}  // namespace posthaste
