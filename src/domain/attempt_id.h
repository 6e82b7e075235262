#pragma once

// An attempt has no stored id: it is computed from what identifies the attempt anyway. Ids order attempts by their start (to
// the microsecond, ties by a hash), so that the pages of every list agree on one order.

#include <cstdint>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

// UUIDv7 (RFC 9562 §5.7): 48 bits milliseconds, 12 bits of which the upper 10 are the microseconds within, then 62 bits of a
// hash over event, endpoint and number.
[[nodiscard]] AttemptId attempt_id(Timestamp started_at, EventId event, EndpointId endpoint,
                                   std::uint32_t number);

// The smallest id of an attempt that starts at `at`, and of anything else made in its millisecond.
[[nodiscard]] AttemptId first_attempt_id(Timestamp at);
// When the attempt started. Ids that nobody computed give any time at all.
[[nodiscard]] Timestamp started_at_of(AttemptId id);

}  // namespace posthaste
