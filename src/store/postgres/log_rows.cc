#include "store/postgres/log_rows.h"

#include <algorithm>

#include "domain/digest.h"
#include "store/common/netstring.h"

namespace posthaste {

namespace {

// parked, delivery: primary keys; attempt: a range of its primary key. The bounds of `event` let PostgreSQL leave out the
// partitions that none of them can be in, before it plans.
constexpr char kReadDeliveries[] =
    "SELECT d.is_added, d.state, p.due, p.attempts_made, p.manual_made, p.trigger, p.resume_due,"
    " a.numbers, a.manual, a.received, a.settled, a.last_at, a.last_code"
    " FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS q(event, endpoint, n)"
    " LEFT JOIN delivery d ON d.event = q.event AND d.endpoint = q.endpoint"
    " AND d.event BETWEEN $3 AND $4"
    " LEFT JOIN parked p ON p.event = q.event AND p.endpoint = q.endpoint"
    " LEFT JOIN LATERAL (SELECT array_agg(number ORDER BY number) AS numbers,"
    " count(*) FILTER (WHERE trigger = 1) AS manual,"
    " coalesce(bool_or(outcome = 0), false) AS received,"
    " coalesce(bool_or(state_after = 2), false) AS settled,"
    " (array_agg(started_at ORDER BY number DESC))[1] AS last_at,"
    " (array_agg(status_code ORDER BY number DESC))[1] AS last_code"
    " FROM attempt WHERE event = q.event AND endpoint = q.endpoint AND event BETWEEN $3 AND $4"
    ") a ON true ORDER BY q.n";
// delivery: primary key.
constexpr char kReadAdded[] =
    "SELECT event, endpoint, endpoint_lo FROM delivery WHERE event = ANY($1::bigint[])"
    " AND is_added ORDER BY event, endpoint";

PgDelivery read_delivery_row(const PgResult& rows, int row) {
    PgDelivery delivery;
    delivery.is_added = rows.boolean(row, 0);
    if (!rows.is_null(row, 1)) delivery.ending = static_cast<DeliveryState>(rows.integer(row, 1));
    if (!rows.is_null(row, 2)) delivery.parked = read_parked_state(rows, row, 2);
    delivery.numbers = rows.integers(row, 7);
    delivery.manual_attempts = static_cast<std::uint32_t>(rows.integer(row, 8));
    delivery.was_received = rows.boolean(row, 9);
    delivery.is_settled_by_attempt = rows.boolean(row, 10);
    delivery.last_attempt_at = rows.optional_time(row, 11);
    delivery.last_status_code = static_cast<int>(rows.integer(row, 12));
    return delivery;
}

std::vector<std::string> read_list(const PgResult& rows, int row, int column) {
    const auto text = rows.optional_text(row, column);
    return text ? from_netstrings(*text) : std::vector<std::string>{};
}

}  // namespace

Id uid_digest(ApplicationId application, std::string_view uid) {
    return digest_id(to_uuid(application) + " " + std::string(uid));
}

std::vector<EndpointId> read_targets(std::string_view bytes) {
    std::vector<EndpointId> targets;
    for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
        std::uint64_t halves[2] = {};
        for (std::size_t i = 0; i < 16; ++i)
            halves[i / 8] = halves[i / 8] << 8 | static_cast<unsigned char>(bytes[i]);
        targets.emplace_back(halves[0], halves[1]);
    }
    return targets;
}

std::shared_ptr<Event> read_event_row(const PgResult& rows, int row) {
    auto event = std::make_shared<Event>();
    event->id = EventId{rows.number(row, 0), rows.number(row, 1)};
    event->accepted_at = rows.time(row, 2);
    event->organization = OrganizationId{rows.id(row, 3)};
    event->application = ApplicationId{rows.id(row, 4)};
    event->type = rows.text(row, 5);
    event->targets = read_targets(rows.bytes(row, 6));
    event->uid = rows.optional_text(row, 7);
    if (!rows.is_null(row, 8)) event->request_key = rows.id(row, 8);
    event->channels = read_list(rows, row, 9);
    event->tags = read_list(rows, row, 10);
    event->payload_expires_at = rows.optional_time(row, 11);
    event->deliver_at = rows.optional_time(row, 12);
    event->is_expunged = rows.boolean(row, 13);
    return event;
}

AttemptRecord read_attempt_row(const PgResult& rows, int row) {
    AttemptRecord attempt;
    attempt.number = static_cast<std::uint32_t>(rows.integer(row, 2));
    attempt.started_at = rows.time(row, 3);
    attempt.outcome = static_cast<AttemptOutcome>(rows.integer(row, 4));
    attempt.status_code = static_cast<int>(rows.integer(row, 5));
    attempt.trigger = static_cast<AttemptTrigger>(rows.integer(row, 7));
    attempt.queue_lag = Duration{rows.integer(row, 8)};
    attempt.timings.dns = Duration{rows.integer(row, 9)};
    attempt.timings.connect = Duration{rows.integer(row, 10)};
    attempt.timings.tls = Duration{rows.integer(row, 11)};
    attempt.timings.first_byte = Duration{rows.integer(row, 12)};
    attempt.timings.total = Duration{rows.integer(row, 13)};
    attempt.response = rows.text(row, 14);
    if (!rows.is_null(row, kResponseHeadersColumn))
        attempt.response_headers = rows.bytes(row, kResponseHeadersColumn);
    return attempt;
}

DeliveryState state_after(const PgResult& rows, int row) {
    return static_cast<DeliveryState>(rows.integer(row, 6));
}

ParkedState read_parked_state(const PgResult& rows, int row, int column) {
    ParkedState state;
    state.due = rows.time(row, column);
    state.attempts_made = static_cast<std::uint32_t>(rows.integer(row, column + 1));
    state.manual.manual_made = static_cast<std::uint32_t>(rows.integer(row, column + 2));
    state.manual.trigger = static_cast<AttemptTrigger>(rows.integer(row, column + 3));
    state.manual.resume_due = rows.optional_time(row, column + 4);
    return state;
}

PgArray event_array(std::span<const std::uint64_t> events) {
    PgArray array(PgType::int8);
    for (const std::uint64_t event : events) array.add(event);
    return array;
}

Result<std::vector<PgDelivery>> read_deliveries(PgConnection& connection,
                                                std::span<const PgDeliveryKey> keys) {
    std::vector<PgDelivery> deliveries;
    if (keys.empty()) return deliveries;
    PgArray events(PgType::int8);
    PgArray endpoints(PgType::int8);
    for (const PgDeliveryKey& key : keys) {
        events.add(key.event);
        endpoints.add(key.endpoint);
    }
    const auto [lowest, highest] = std::ranges::minmax(keys, {}, &PgDeliveryKey::event);
    PgParams params;
    params.add(std::move(events)).add(std::move(endpoints)).add(lowest.event).add(highest.event);
    ASSIGN_OR_RETURN(const auto rows, connection.query(kReadDeliveries, params));
    for (int row = 0; row < rows.rows(); ++row) deliveries.push_back(read_delivery_row(rows, row));
    return deliveries;
}

Result<std::vector<PgAddedTarget>> read_added_targets(PgConnection& connection,
                                                      std::span<const std::uint64_t> events) {
    std::vector<PgAddedTarget> added;
    if (events.empty()) return added;
    PgParams params;
    params.add(event_array(events));
    ASSIGN_OR_RETURN(const auto rows, connection.query(kReadAdded, params));
    for (int row = 0; row < rows.rows(); ++row)
        added.push_back(
            {rows.number(row, 0), EndpointId{rows.number(row, 1), rows.number(row, 2)}});
    return added;
}

}  // namespace posthaste
