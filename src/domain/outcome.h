#pragma once

// What one HTTP attempt came to. Transports report a TransportResult (ports/transport.h);
// classify() turns it into one of these words, which are spelled the same in SQL, metrics, logs and
// APIs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace posthaste {

enum class AttemptOutcome : std::uint8_t {
    delivered = 0,       // a complete 2xx answer
    rejected = 1,        // a complete answer with any other status; redirects are not followed
    timed_out = 2,       // a deadline passed; the receiver may have seen the request
    connect_failed = 3,  // no connection: refused, unreachable, reset while connecting
    dns_failed = 4,      // the name does not resolve
    tls_failed = 5,      // handshake or certificate
    blocked = 6,         // the address may not be reached (domain/address_guard.h)
    broken = 7,          // lost or malformed after sending; the receiver may have seen the request
    interrupted = 8,     // we stopped; never counted as an attempt
};

// Why an attempt was made. Stored by number: append only.
enum class AttemptTrigger : std::uint8_t {
    scheduled = 0,
    manual = 1,  // somebody asked for it; such an attempt is not retried
};

[[nodiscard]] std::string_view to_string(AttemptOutcome outcome);
[[nodiscard]] std::optional<AttemptOutcome> parse_attempt_outcome(std::string_view text);

// `status` of a complete answer. REQUIRES: 100 ≤ status ≤ 999.
[[nodiscard]] constexpr AttemptOutcome classify_status(int status) {
    return status >= 200 && status <= 299 ? AttemptOutcome::delivered : AttemptOutcome::rejected;
}

// Parses a Retry-After value (RFC 9110 §10.2.3): delay seconds (fractions are rounded up) or an
// HTTP date. Empty when it is neither; a date in the past is zero. At most 7 days.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now);

}  // namespace posthaste
