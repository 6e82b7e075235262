#pragma once

// Rows of the log's tables as objects, and the questions that the writer and the readers share.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/postgres/pg_connection.h"
#include "store/postgres/pg_delivery.h"

namespace posthaste {

// The events of a span of time: hi within [first_hi, end_hi).
struct PgPartition {
    std::uint64_t first_hi = 0;
    std::uint64_t end_hi = 0;
};

// The smallest hi of an id that is issued at `at`.
[[nodiscard]] constexpr std::uint64_t hi_at(Timestamp at) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(at), 0)) << 16;
}

// Column uid_key: names application and uid. Stored, so it never changes.
[[nodiscard]] Id uid_digest(ApplicationId application, std::string_view uid);

// Columns of `event`, in the order that read_event_row() expects; the second ones are behind the first.
inline constexpr char kEventHead[] =
    "hi, lo, accepted_at, organization, application, type, targets, uid, request_key, channels,"
    " tags, payload_expires_at, deliver_at, is_expunged";
inline constexpr char kEventContent[] = "is_sealed, payload, body";
inline constexpr int kEventHeadColumns = 14;
// Everything but payload and body.
[[nodiscard]] std::shared_ptr<Event> read_event_row(const PgResult& rows, int row);
[[nodiscard]] std::vector<EndpointId> read_targets(std::string_view bytes);

// Columns of `attempt`, in the order that read_attempt_row() expects.
inline constexpr char kAttemptColumns[] =
    "event, endpoint, number, started_at, outcome, status_code, state_after, trigger, queue_lag,"
    " dns, connect, tls, first_byte, total, response, sealed_response, response_headers";
inline constexpr int kSealedResponseColumn = 15;
inline constexpr int kResponseHeadersColumn = 16;
// With the response and its headers, as they are stored.
[[nodiscard]] AttemptRecord read_attempt_row(const PgResult& rows, int row);
[[nodiscard]] DeliveryState state_after(const PgResult& rows, int row);

// One delivery that is asked for.
struct PgDeliveryKey {
    std::uint64_t event = 0;
    std::uint64_t endpoint = 0;  // upper halves of the ids
    friend constexpr auto operator<=>(const PgDeliveryKey&, const PgDeliveryKey&) = default;
};
// What the tables say of deliveries, in the order of `keys`. Of a delivery nobody knows: pending.
[[nodiscard]] Result<std::vector<PgDelivery>> read_deliveries(PgConnection& connection,
                                                              std::span<const PgDeliveryKey> keys);

// Targets that resends have added to these events, by event, then id.
struct PgAddedTarget {
    std::uint64_t event = 0;
    EndpointId endpoint;
};
[[nodiscard]] Result<std::vector<PgAddedTarget>> read_added_targets(
    PgConnection& connection, std::span<const std::uint64_t> events);

// The row of `parked` at `row`, whose columns are due, attempts_made, manual_made, trigger, resume_due from `column` on.
[[nodiscard]] ParkedState read_parked_state(const PgResult& rows, int row, int column);

[[nodiscard]] PgArray event_array(std::span<const std::uint64_t> events);

}  // namespace posthaste
