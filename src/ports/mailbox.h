#pragma once

#include <cstddef>
#include <vector>

#include "domain/model.h"

namespace posthaste {

struct PendingDelivery {
    EventPtr event;
    EndpointId endpoint;
};

// Hands committed deliveries to the reactor that owns their lanes: one message per reactor and commit, never one per event.
class Mailboxes {
public:
    virtual ~Mailboxes() = default;
    virtual void hand_over(std::size_t reactor, std::vector<PendingDelivery> deliveries) = 0;
};

// The reactor that owns an endpoint's lane.
[[nodiscard]] inline std::size_t owner_of(EndpointId endpoint, std::size_t reactors) {
    return IdHash{}(endpoint) % reactors;
}

}  // namespace posthaste
