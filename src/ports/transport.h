#pragma once

// One outgoing HTTP request. The transport resolves, checks the address actually connected to (domain/address_guard.h),
// sends, reads a capped answer, and always finishes within `timeout`: it reports what happened as a value and never throws.

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "domain/directory.h"
#include "domain/model.h"
#include "domain/outcome.h"
#include "ports/task.h"

namespace posthaste {

struct OutboundRequest {
    PreparedEndpointPtr endpoint;  // keeps the target alive
    EventPtr event;                // keeps the body alive; its body is body_of(*event)
    // "Name: value\r\n" lines, already valid. The transport adds Host, Content-Length, User-Agent, Accept, Authorization.
    std::string headers;
    Duration timeout = 10s;  // whole attempt
};

// Time spent in each phase; zero when the phase did not happen (a reused connection has no dns, connect, tls).
struct PhaseTimings {
    Duration dns{};
    Duration connect{};
    Duration tls{};
    Duration first_byte{};  // request written -> first byte of the answer
    Duration total{};
};

struct TransportResult {
    AttemptOutcome outcome = AttemptOutcome::broken;
    int status = 0;       // 0 without a complete answer head
    std::string body;     // first bytes of the answer's body, at most the transport's cap; raw
    std::string headers;  // of the answer, as they are kept (domain/kept_headers.h)
    std::string error;    // a sentence when outcome is neither delivered nor rejected
    std::optional<Duration> retry_after;
    PhaseTimings timings;
    bool reused_connection = false;
};

class Transport {
public:
    virtual ~Transport() = default;
    // Runs on the reactor's executor. Cancelling the task, or stop(), ends it soon with `interrupted`.
    virtual Task<TransportResult> send(OutboundRequest request) = 0;
    // Ends requests in flight with `interrupted` and closes idle connections.
    virtual void stop() = 0;
};

}  // namespace posthaste
