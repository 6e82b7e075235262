#pragma once

// A world drawn from one seed, swarm style (Groce et al. 2012): each kind of trouble is switched on or off as a whole, and
// limits are small, so that different worlds go through very different corners.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/job_runner.h"
#include "sim/random.h"

namespace posthaste::sim {

// How a receiver answers during the safety phase. Afterwards every receiver is well.
struct ReceiverPlan {
    enum class Kind : std::uint8_t { well, mixed, flapping, hanging, slow };
    Kind kind = Kind::well;
    Duration latency_min = 1ms;
    Duration latency_max = 50ms;
    double failure = 0;      // of a mixed receiver: chance of anything but 2xx
    double retry_after = 0;  // chance that a refusal carries Retry-After
    Duration up = 5s;        // of a flapping receiver
    Duration down = 5s;
};

struct EndpointPlan {
    ApplicationId application;
    ReceiverPlan receiver;
    RetryPolicy retry;
    Duration timeout = 5s;
    std::uint32_t in_flight_max = 0;
    std::optional<std::uint32_t> throttle_rate;
    bool has_header = false;  // one of its own, X-Simulated: yes
};

struct ApplicationPlan {
    ApplicationId id;
    std::optional<std::uint32_t> throttle_rate;
};

struct StoreTrouble {
    Duration delay_max{};  // of each step of a commit and of each read
    double refused = 0;    // chances per commit
    double unknown_applied = 0;
    double unknown_lost = 0;
    double read_refused = 0;
    std::uint32_t outages = 0;  // periods in which every commit is refused
    Duration outage_length = 2s;
};

struct WorldConfig {
    std::uint64_t seed = 0;
    std::size_t reactors = 1;
    EngineLimits limits;
    MaintenanceOptions maintenance;
    EngineRules rules;
    std::vector<ApplicationPlan> applications;
    std::vector<EndpointPlan> endpoints;
    StoreTrouble store;
    Duration safety{};         // how long troubles last
    std::uint32_t events = 0;  // accepted one by one, spread over the safety phase
    std::uint32_t bursts = 0;  // many events at once, half of them to one endpoint
    std::uint32_t burst_size = 0;
    std::size_t payload_max = 0;
    std::uint32_t resends = 0;   // of any event to any endpoint
    std::uint32_t restarts = 0;  // of any delivery, dead ones preferred
    std::uint32_t expunges = 0;  // of the payload of any event
    std::uint32_t jobs = 0;      // recover, replay-missing, bulk-replay of any endpoint
    double purge_share = 0;      // of the jobs: they delete all payloads of an application
    JobLimits job_limits;
    double named_share = 0;     // of the events: they have a uid and a request key
    double repeat_share = 0;    // of these: they repeat an earlier request, or take its uid
    std::uint32_t edits = 0;    // deactivate, reactivate, change policy, change URL, delete
    double delete_share = 0;    // of the edits
    std::uint32_t crashes = 0;  // at a drawn handler
    double crash_at_commit =
        0;  // chance per commit: between ids issued and written, or written and answered
    std::uint32_t stops = 0;  // clean stops
    std::uint32_t clock_jumps = 0;
    Duration clock_jump_max{};
    double mailbox_delay = 0;  // chance that a message to another reactor is late
    // One endpoint hangs, nothing else is wrong and there are slots enough: deliveries to the others must be prompt.
    bool is_calm = false;
};

[[nodiscard]] WorldConfig draw_world(std::uint64_t seed);
// A world for the isolation rule: one endpoint hangs under a flood, the others are well.
[[nodiscard]] WorldConfig draw_calm_world(std::uint64_t seed);
[[nodiscard]] std::string describe(const WorldConfig& config);

}  // namespace posthaste::sim
