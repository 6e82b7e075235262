#include "store/postgres/log_group.h"

#include <optional>
#include <string>
#include <utility>

#include "store/common/netstring.h"
#include "store/postgres/log_rows.h"

namespace posthaste {

namespace {

// event, attempt: an append to the newest partition, for each index as well.
constexpr char kInsertEvents[] =
    "INSERT INTO event(hi, lo, accepted_at, organization, application, type, targets, payload,"
    " uid, uid_key, request_key, channels, tags, body, payload_expires_at, deliver_at, is_sealed)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::uuid[], $5::uuid[],"
    " $6::text[], $7::bytea[], $8::bytea[], $9::text[], $10::uuid[], $11::uuid[], $12::text[],"
    " $13::text[], $14::bytea[], $15::bigint[], $16::bigint[], $17::boolean[])";
constexpr char kInsertAttempts[] =
    "INSERT INTO attempt(event, endpoint, number, started_at, outcome, status_code, state_after,"
    " trigger, queue_lag, dns, connect, tls, first_byte, total, response, sealed_response, "
    "response_headers)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
    " $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
    " $12::bigint[], $13::bigint[], $14::bigint[], $15::text[], $16::bytea[], $17::bytea[])";
// parked: primary key.
constexpr char kDeleteParked[] =
    "DELETE FROM parked USING unnest($1::bigint[], $2::bigint[]) AS q(event, endpoint)"
    " WHERE parked.event = q.event AND parked.endpoint = q.endpoint";
constexpr char kInsertParked[] =
    "INSERT INTO parked(event, endpoint, endpoint_lo, due, attempts_made, manual_made, trigger,"
    " resume_due) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
    " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])";
// delivery: primary key.
constexpr char kPutDeliveries[] =
    "INSERT INTO delivery(event, endpoint, endpoint_lo, is_added, state, at)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::bigint[],"
    " $6::bigint[]) ON CONFLICT (event, endpoint)"
    " DO UPDATE SET is_added = excluded.is_added, state = excluded.state, at = excluded.at";

constexpr PgType kNumber = PgType::int8;
constexpr PgType kText = PgType::text;
constexpr PgType kBytes = PgType::bytes;
constexpr PgType kUuid = PgType::uuid;

std::string target_bytes(const std::vector<EndpointId>& targets) {
    std::string bytes;
    bytes.reserve(targets.size() * 16);
    for (const EndpointId& target : targets) {
        for (const std::uint64_t half : {target.hi, target.lo}) {
            for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(half >> shift);
        }
    }
    return bytes;
}

std::optional<std::string> list_text(const std::vector<std::string>& list) {
    if (list.empty()) return {};
    return to_netstrings(list);
}

template <class Enum>
std::int64_t number_of(Enum value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

std::string PgPayloadSealer::seal(std::string_view text, const SealedPlace& place) const {
    std::string sealed;
    cipher->seal(sealed, sealer->draw_nonce(), place.view(), text);
    return sealed;
}

PgLogGroup::PgLogGroup()
    : events_{kNumber, kNumber, kNumber, kUuid, kUuid,  kText,   kBytes,  kBytes,         kText,
              kUuid,   kUuid,   kText,   kText, kBytes, kNumber, kNumber, PgType::boolean},
      attempts_{kNumber, kNumber, kNumber, kNumber, kNumber, kNumber, kNumber, kNumber, kNumber,
                kNumber, kNumber, kNumber, kNumber, kNumber, kText,   kBytes,  kBytes},
      parked_{kNumber, kNumber, kNumber, kNumber, kNumber, kNumber, kNumber, kNumber},
      unparked_{kNumber, kNumber},
      deliveries_{kNumber, kNumber, kNumber, PgType::boolean, kNumber, kNumber} {}

void PgLogGroup::add_event(const Event& event, const PgPayloadSealer& sealer) {
    const bool is_sealed = sealer.cipher != nullptr;
    events_.add(event.id.hi).add(event.id.lo).add(to_micros(event.accepted_at));
    events_.add(Id{event.organization}).add(Id{event.application}).add_text(event.type);
    events_.add_bytes(target_bytes(event.targets));
    if (is_sealed)
        events_.add_bytes(sealer.seal(event.payload, SealedPlace::of_payload(event.id)));
    else
        events_.add_bytes(event.payload);
    events_.add_text_or_null(event.uid);
    event.uid ? events_.add(uid_digest(event.application, *event.uid)) : events_.add_null();
    event.request_key ? events_.add(*event.request_key) : events_.add_null();
    events_.add_text_or_null(list_text(event.channels)).add_text_or_null(list_text(event.tags));
    if (!event.body)
        events_.add_null();
    else if (is_sealed)
        events_.add_bytes(sealer.seal(*event.body, SealedPlace::of_body(event.id)));
    else
        events_.add_bytes(*event.body);
    events_.add(event.payload_expires_at).add(event.deliver_at).add(is_sealed);
}

void PgLogGroup::add_attempt(const DeliveryUpdate& update, DeliveryState state_after,
                             const PgPayloadSealer& sealer) {
    const AttemptRecord& attempt = *update.attempt;
    attempts_.add(update.event.hi).add(update.endpoint.hi).add(std::int64_t{attempt.number});
    attempts_.add(to_micros(attempt.started_at)).add(number_of(attempt.outcome));
    attempts_.add(std::int64_t{attempt.status_code}).add(number_of(state_after));
    attempts_.add(number_of(attempt.trigger)).add(std::int64_t{attempt.queue_lag.count()});
    const PhaseTimings& timings = attempt.timings;
    for (const Duration phase :
         {timings.dns, timings.connect, timings.tls, timings.first_byte, timings.total})
        attempts_.add(std::int64_t{phase.count()});
    add_answer(update, sealer);
}

void PgLogGroup::add_answer(const DeliveryUpdate& update, const PgPayloadSealer& sealer) {
    const AttemptRecord& attempt = *update.attempt;
    const std::uint64_t event = update.event.hi;
    const std::uint64_t endpoint = update.endpoint.hi;
    const bool is_sealed = sealer.cipher != nullptr;
    if (is_sealed) {
        const auto place = SealedPlace::of_response(event, endpoint, attempt.number);
        attempts_.add_text({}).add_bytes(sealer.seal(attempt.response, place));
    } else {
        attempts_.add_text(attempt.response).add_null();
    }
    if (!attempt.response_headers) {
        attempts_.add_null();
    } else if (is_sealed) {
        const auto place = SealedPlace::of_response_headers(event, endpoint, attempt.number);
        attempts_.add_bytes(sealer.seal(*attempt.response_headers, place));
    } else {
        attempts_.add_bytes(*attempt.response_headers);
    }
}

void PgLogGroup::change(EventId event, EndpointId endpoint, const PgDelivery& before,
                        const PgDelivery& after, Timestamp now) {
    if (before.parked != after.parked) {
        if (before.parked) unparked_.add(event.hi).add(endpoint.hi);
        if (after.parked) add_parked(event, endpoint, *after.parked);
    }
    if (before.ending == after.ending && before.is_added == after.is_added) return;
    deliveries_.add(event.hi).add(endpoint.hi).add(endpoint.lo).add(after.is_added);
    after.ending ? deliveries_.add(number_of(*after.ending)) : deliveries_.add_null();
    deliveries_.add(to_micros(now));
}

void PgLogGroup::add_parked(EventId event, EndpointId endpoint, const ParkedState& row) {
    parked_.add(event.hi).add(endpoint.hi).add(endpoint.lo).add(to_micros(row.due));
    parked_.add(std::int64_t{row.attempts_made}).add(std::int64_t{row.manual.manual_made});
    parked_.add(number_of(row.manual.trigger)).add(row.manual.resume_due);
}

bool PgLogGroup::is_empty() const {
    return events_.is_empty() && attempts_.is_empty() && parked_.is_empty() &&
           unparked_.is_empty() && deliveries_.is_empty();
}

void PgLogGroup::take(std::vector<PgStatement>& statements) {
    const auto write = [&](const char* sql, PgColumns& rows) {
        if (!rows.is_empty()) statements.push_back({sql, rows.take()});
    };
    // A row that moves is deleted and inserted.
    write(kDeleteParked, unparked_);
    write(kInsertEvents, events_);
    write(kInsertAttempts, attempts_);
    write(kInsertParked, parked_);
    write(kPutDeliveries, deliveries_);
}

}  // namespace posthaste
