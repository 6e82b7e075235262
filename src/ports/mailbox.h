#pragma once

// Messages between the reactors of one process: one per reactor and commit, never one per event.

#include <cstddef>
#include <functional>
#include <vector>

#include "base/time.h"
#include "domain/model.h"

namespace posthaste {

class Engine;

struct PendingDelivery {
    EventPtr event;
    EndpointId endpoint;
};

class Mailboxes {
public:
    virtual ~Mailboxes() = default;
    // Committed deliveries for lanes of that reactor; calls Engine::receive there, in a later turn.
    virtual void hand_over(std::size_t reactor, std::vector<PendingDelivery> deliveries) = 0;
    // A parked row was committed for a lane of that reactor; calls Engine::announce_parked there, in a later turn.
    virtual void announce_parked(std::size_t reactor, EndpointId endpoint, Timestamp due) = 0;
    // Runs the function on that reactor, in a later turn, with its engine. For rare things only.
    virtual void post(std::size_t reactor, std::move_only_function<void(Engine&)> run) = 0;
};

// The reactor that owns an endpoint's lane.
[[nodiscard]] inline std::size_t owner_of(EndpointId endpoint, std::size_t reactors) {
    return IdHash{}(endpoint) % reactors;
}

}  // namespace posthaste
