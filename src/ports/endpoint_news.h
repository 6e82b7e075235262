#pragma once

// What the engine tells whoever informs customers about their endpoints. Called on the reactor that owns the endpoint's lane,
// after what happened is durable, and only for endpoints of Profile::native. Implementations neither block nor throw. What
// happens just before a crash may go untold.

#include "domain/model.h"
#include "ports/store.h"

namespace posthaste {

class EndpointNews {
public:
    virtual ~EndpointNews() = default;
    // The 4th attempt of the schedule failed and more follow. `attempt` is the delivery's last one, here and below.
    virtual void on_failing(const Event& event, const Endpoint& endpoint,
                            const AttemptRecord& attempt) = 0;
    // The last attempt of the schedule failed.
    virtual void on_exhausted(const Event& event, const Endpoint& endpoint,
                              const AttemptRecord& attempt) = 0;
    // Delivered by the 5th attempt or a later one.
    virtual void on_recovered(const Event& event, const Endpoint& endpoint,
                              const AttemptRecord& attempt) = 0;
    // The engine made it inactive: nothing could be delivered to it since then.
    virtual void on_disabled(const Endpoint& endpoint, Timestamp failing_since) = 0;
};

}  // namespace posthaste
