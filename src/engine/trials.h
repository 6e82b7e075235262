#pragma once

// Sends an event to one endpoint now, for somebody who waits to see what comes of it. Nothing is stored, repeated or counted:
// this tries an endpoint out. Guarded and signed as every attempt is. One per reactor, on its executor.

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "domain/directory.h"
#include "domain/model.h"
#include "ports/clock.h"
#include "ports/task.h"
#include "ports/transport.h"

namespace posthaste {

struct TrialLimits {
    Duration timeout = 10s;
    std::size_t at_once_max = 16;  // on this reactor
};

class Trials {
public:
    Trials(Transport& transport, Clock& clock, TrialLimits limits = {})
        : transport_(transport), clock_(clock), limits_(limits) {}

    // The event needs an id. overloaded: too many are being tried.
    Task<Result<TransportResult>> send(PreparedEndpointPtr endpoint, std::shared_ptr<Event> event);

private:
    Transport& transport_;
    Clock& clock_;
    const TrialLimits limits_;
    std::size_t running_ = 0;
};

}  // namespace posthaste
