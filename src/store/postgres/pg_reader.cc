#include "store/postgres/pg_reader.h"

#include <algorithm>
#include <utility>

namespace posthaste {

namespace {

// parked_by_due, in order.
constexpr char kParkedOfEndpoint[] =
    "SELECT event, due, attempts_made, manual_made, trigger, resume_due FROM parked"
    " WHERE endpoint = $1 AND due >= $3 ORDER BY due, event LIMIT $2";
// event_by_uid.
constexpr char kFindUid[] =
    "SELECT hi, lo FROM event WHERE uid_key = $1 AND uid_key IS NOT NULL ORDER BY hi DESC LIMIT 1";
// event: primary key, in order.
constexpr char kScan[] =
    "SELECT hi, lo, targets FROM event WHERE hi > $1"
    " AND hi <= (SELECT watermark FROM writer WHERE shard = 0) ORDER BY hi LIMIT $2";

constexpr std::size_t kEventsAtOnce = 16;  // with payloads

std::string select_events(bool with_content) {
    return "SELECT " + std::string(kEventHead) +
           (with_content ? ", " + std::string(kEventContent) : "") +
           " FROM event WHERE hi = ANY($1::bigint[])";
}

// attempt: a range of its primary key, in order.
std::string select_attempts_of_event() {
    return "SELECT " + std::string(kAttemptColumns) +
           " FROM attempt WHERE event = $1 ORDER BY endpoint, number";
}

}  // namespace

// What several statements find is of one moment. Ends without a word: nothing was written.
class PgReader::Snapshot {
public:
    explicit Snapshot(PgConnection& connection)
        : connection_(connection),
          begun_(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")) {}
    ~Snapshot() {
        if (begun_ && !connection_.is_lost()) static_cast<void>(connection_.run_script("COMMIT"));
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    [[nodiscard]] const Result<void>& begun() const { return begun_; }

private:
    PgConnection& connection_;
    Result<void> begun_;
};

Result<void> PgReader::connect() {
    if (connection_ && !connection_->is_lost()) return {};
    connection_.reset();
    ASSIGN_OR_RETURN(connection_, PgConnection::open(options_.url));
    return {};
}

// ---- configuration ---------------------------------------------------------------------------------------------------

Result<std::vector<Endpoint>> PgReader::load_endpoints() {
    return with_connection<std::vector<Endpoint>>(
        [&] { return read_pg_endpoints(*connection_, sealer_); });
}

Result<std::vector<Record>> PgReader::read_records(const RecordQuery& query) {
    return with_connection<std::vector<Record>>(
        [&] { return read_pg_records(*connection_, &sealer_, query); });
}

Result<std::uint64_t> PgReader::count_records(const RecordQuery& query) {
    return with_connection<std::uint64_t>([&] { return count_pg_records(*connection_, query); });
}

Result<std::vector<AuditEntry>> PgReader::read_audit(const AuditQuery& query) {
    return with_connection<std::vector<AuditEntry>>(
        [&] { return read_pg_audit(*connection_, query); });
}

// ---- events and attempts as objects ----------------------------------------------------------------------------------

Result<PgReader::EventMap> PgReader::fetch_events(std::span<const std::uint64_t> events,
                                                  Content content) {
    EventMap found;
    if (events.empty()) return found;
    PgParams params;
    params.add(event_array(events));
    const std::string sql = select_events(content == Content::read);
    ASSIGN_OR_RETURN(const auto rows, connection_->query(sql.c_str(), params));
    for (int row = 0; row < rows.rows(); ++row) {
        auto event = read_event_row(rows, row);
        if (content == Content::read) {
            if (auto done = read_content(rows, row, *event); !done)
                return std::unexpected(std::move(done).error());
        }
        found.emplace(event->id.hi, std::move(event));
    }
    return found;
}

// The columns behind the head: is_sealed, payload, body.
Result<void> PgReader::read_content(const PgResult& rows, int row, Event& event) {
    constexpr int kSealed = kEventHeadColumns;
    constexpr int kPayload = kSealed + 1;
    constexpr int kBody = kSealed + 2;
    if (!rows.boolean(row, kSealed)) {
        event.payload = rows.bytes(row, kPayload);
        if (!rows.is_null(row, kBody)) event.body = rows.bytes(row, kBody);
        return {};
    }
    ASSIGN_OR_RETURN(event.payload,
                     ciphers_.open(*connection_, event.id.hi, rows.bytes(row, kPayload),
                                   SealedPlace::of_payload(event.id)));
    if (rows.is_null(row, kBody)) return {};
    ASSIGN_OR_RETURN(event.body, ciphers_.open(*connection_, event.id.hi, rows.bytes(row, kBody),
                                               SealedPlace::of_body(event.id)));
    return {};
}

Result<void> PgReader::read_response(const PgResult& rows, int row, AttemptRecord& attempt) {
    if (rows.is_null(row, kSealedResponseColumn)) return {};
    const std::uint64_t event = rows.number(row, 0);
    const std::uint64_t endpoint = rows.number(row, 1);
    ASSIGN_OR_RETURN(attempt.response,
                     ciphers_.open(*connection_, event, rows.bytes(row, kSealedResponseColumn),
                                   SealedPlace::of_response(event, endpoint, attempt.number)));
    if (!attempt.response_headers) return {};
    ASSIGN_OR_RETURN(
        attempt.response_headers,
        ciphers_.open(*connection_, event, *attempt.response_headers,
                      SealedPlace::of_response_headers(event, endpoint, attempt.number)));
    return {};
}

// ---- parked rows -----------------------------------------------------------------------------------------------------

Result<ParkedPage> PgReader::load_parked(const ParkedQuery& query) {
    return with_connection<ParkedPage>([&] { return load_parked_now(query); });
}

Result<ParkedPage> PgReader::load_parked_now(const ParkedQuery& query) {
    PgParams params;
    params.add(query.endpoint.hi);
    params.add(static_cast<std::int64_t>(query.limit + query.exclude.size() + 1));
    params.add(query.due_from ? to_micros(*query.due_from) : INT64_MIN);
    ASSIGN_OR_RETURN(const auto rows, connection_->query(kParkedOfEndpoint, params));
    ParkedPage page;
    std::vector<int> wanted;
    for (int row = 0; row < rows.rows(); ++row) {
        const std::uint64_t event = rows.number(row, 0);
        if (std::ranges::count(query.exclude, event, &EventId::hi) > 0) continue;
        const Timestamp due = rows.time(row, 1);
        if (wanted.size() >= query.limit || due > query.due_until) {
            page.next_due = due;
            break;
        }
        wanted.push_back(row);
    }
    std::size_t bytes = 0;
    for (std::size_t begin = 0; begin < wanted.size(); begin += kEventsAtOnce) {
        const std::size_t end = std::min(begin + kEventsAtOnce, wanted.size());
        std::vector<std::uint64_t> ids;
        for (std::size_t i = begin; i < end; ++i) ids.push_back(rows.number(wanted[i], 0));
        ASSIGN_OR_RETURN(auto events, fetch_events(ids, Content::read));
        for (std::size_t i = begin; i < end; ++i) {
            const ParkedState state = read_parked_state(rows, wanted[i], 1);
            if (bytes >= query.bytes_max && !page.rows.empty()) {
                page.next_due = state.due;
                return page;
            }
            const auto event = events.find(rows.number(wanted[i], 0));
            if (event == events.end()) continue;
            bytes += event->second->payload.size();
            page.rows.push_back({std::move(event->second), query.endpoint, state.due,
                                 state.attempts_made, state.manual});
        }
    }
    return page;
}

// ---- one event -------------------------------------------------------------------------------------------------------

Result<EventHistory> PgReader::read_event(EventId id) {
    return with_connection<EventHistory>([&] { return read_event_now(id); });
}

Result<EventHistory> PgReader::read_event_now(EventId id) {
    const Snapshot snapshot(*connection_);
    if (!snapshot.begun()) return std::unexpected(snapshot.begun().error());
    ASSIGN_OR_RETURN(auto events, fetch_events({&id.hi, 1}, Content::read));
    const auto found = events.find(id.hi);
    if (found == events.end() || found->second->id != id)
        return fail(ErrorCode::not_found, "No such event is kept.");
    EventHistory history;
    history.event = found->second;
    std::vector<EndpointId> targets = history.event->targets;
    std::vector<std::uint64_t> own{id.hi};
    ASSIGN_OR_RETURN(const auto added, read_added_targets(*connection_, own));
    for (const PgAddedTarget& one : added) targets.push_back(one.endpoint);

    std::vector<PgDeliveryKey> keys;
    for (const EndpointId& target : targets) keys.push_back({id.hi, target.hi});
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
    std::map<std::uint64_t, std::size_t> place_of;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        DeliveryHistory& delivery = history.deliveries.emplace_back();
        delivery.endpoint = targets[i];
        delivery.state = deliveries[i].state();
        if (delivery.state == DeliveryState::parked) delivery.next_due = deliveries[i].parked->due;
        place_of.emplace(targets[i].hi, i);
    }
    PgParams params;
    params.add(id.hi);
    ASSIGN_OR_RETURN(const auto attempts,
                     connection_->query(select_attempts_of_event().c_str(), params));
    for (int row = 0; row < attempts.rows(); ++row) {
        const auto place = place_of.find(attempts.number(row, 1));
        if (place == place_of.end()) continue;
        AttemptRecord& attempt = history.deliveries[place->second].attempts.emplace_back(
            read_attempt_row(attempts, row));
        if (auto done = read_response(attempts, row, attempt); !done)
            return std::unexpected(std::move(done).error());
    }
    return history;
}

Result<EventId> PgReader::find_event(ApplicationId application, std::string_view uid) {
    return with_connection<EventId>([&]() -> Result<EventId> {
        PgParams params;
        params.add(uid_digest(application, uid));
        ASSIGN_OR_RETURN(const auto rows, connection_->query(kFindUid, params));
        if (rows.rows() == 0) return fail(ErrorCode::not_found, "No event with this uid is kept.");
        return EventId{rows.number(0, 0), rows.number(0, 1)};
    });
}

// ---- repair ----------------------------------------------------------------------------------------------------------

Result<ScanSlice> PgReader::scan(std::uint64_t after_hi, std::size_t limit) {
    return with_connection<ScanSlice>([&] { return scan_now(after_hi, limit); });
}

Result<ScanSlice> PgReader::scan_now(std::uint64_t after_hi, std::size_t limit) {
    const Snapshot snapshot(*connection_);
    if (!snapshot.begun()) return std::unexpected(snapshot.begun().error());
    PgParams params;
    params.add(after_hi).add(static_cast<std::int64_t>(limit));
    ASSIGN_OR_RETURN(const auto rows, connection_->query(kScan, params));
    ScanSlice slice;
    std::vector<std::uint64_t> events;
    std::map<std::uint64_t, EventId> id_of;
    std::vector<std::pair<EventId, EndpointId>> targets;
    for (int row = 0; row < rows.rows(); ++row) {
        const EventId event{rows.number(row, 0), rows.number(row, 1)};
        events.push_back(event.hi);
        id_of.emplace(event.hi, event);
        for (const EndpointId& target : read_targets(rows.bytes(row, 2)))
            targets.emplace_back(event, target);
    }
    ASSIGN_OR_RETURN(const auto added, read_added_targets(*connection_, events));
    for (const PgAddedTarget& one : added) targets.emplace_back(id_of.at(one.event), one.endpoint);
    std::vector<PgDeliveryKey> keys;
    for (const auto& [event, endpoint] : targets) keys.push_back({event.hi, endpoint.hi});
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (deliveries[i].state() == DeliveryState::pending)
            slice.lost.push_back({targets[i].first, targets[i].second, deliveries[i].attempts()});
    }
    slice.events_checked = events.size();
    // A full slice may have ended with the last event: the next one finds nothing and starts over.
    if (events.size() == limit && limit != 0) slice.next_hi = events.back();
    return slice;
}

}  // namespace posthaste
