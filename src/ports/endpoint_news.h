#pragma once

// What the engine tells whoever informs customers about their endpoints. Called on the reactor that owns the endpoint's lane,
// and only for endpoints of Profile::native. Implementations neither block nor throw.

#include <cstdint>
#include <memory>

#include "domain/model.h"
#include "ports/store.h"

namespace posthaste {

enum class AttemptNews : std::uint8_t {
    failing,    // the 4th attempt of the schedule failed and more follow
    exhausted,  // the last attempt of the schedule failed
    recovered,  // delivered by the 5th attempt or a later one
};

class EndpointNews {
public:
    virtual ~EndpointNews() = default;
    // Returns the event that tells of `attempt`, the delivery's last one; null: nobody wants to know. It is stored in one
    // commit with the attempt, so neither is ever without the other. It needs a uid, and its targets.
    [[nodiscard]] virtual std::shared_ptr<Event> on_attempt(AttemptNews news, const Event& event,
                                                            const Endpoint& endpoint,
                                                            const AttemptRecord& attempt) = 0;
    // The engine made it inactive: nothing could be delivered to it since then. Called once that is durable; what happens just
    // before a crash may go untold.
    virtual void on_disabled(const Endpoint& endpoint, Timestamp failing_since) = 0;
};

}  // namespace posthaste
