#pragma once

// The endpoints' side of the simulated network: decides, for each request, what comes of it and when.

#include <map>

#include "ports/transport.h"
#include "sim/random.h"
#include "sim/world_config.h"

namespace posthaste::sim {

struct Answer {
    Duration latency{};
    TransportResult result;
};

class Receivers {
public:
    explicit Receivers(std::uint64_t seed) : random_(seed, "receivers") {}
    void add(EndpointId endpoint, const ReceiverPlan& plan) { plans_[endpoint] = plan; }
    // From now on every receiver answers 2xx at once.
    void heal() { healed_ = true; }
    // What will come of a request that leaves now.
    [[nodiscard]] Answer answer(EndpointId endpoint, Duration timeout, Duration steady);

private:
    [[nodiscard]] bool fails(const ReceiverPlan& plan, Duration steady);
    [[nodiscard]] TransportResult failure(const ReceiverPlan& plan);

    Random random_;
    std::map<EndpointId, ReceiverPlan> plans_;
    bool healed_ = false;
};

}  // namespace posthaste::sim
