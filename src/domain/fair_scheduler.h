#pragma once

// Which lane sends next. Deficit round robin (Shreedhar & Varghese 1995) over applications, then over the ready lanes of
// the chosen application. One delivery costs one unit. Memory is O(lanes), work per choice O(1) amortised; nothing is kept
// per pending delivery. A lane is ready when it has something to send now and a free in-flight slot; the owner says so by
// set_ready, so an idle, waiting or capped lane costs nothing.
//
// Deterministic: the order depends only on the sequence of calls. Not thread-safe; one per reactor.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/id.h"

namespace posthaste {

using LaneIndex = std::uint32_t;

class FairScheduler {
public:
    // `application_quantum`: deliveries an application may send before the next ready application's turn; `lane_quantum`:
    // the same for a lane within its application. Both ≥ 1.
    explicit FairScheduler(std::uint32_t application_quantum = 16, std::uint32_t lane_quantum = 4);

    // Indexes are dense and are reused after remove_lane. `weight` ≥ 1 multiplies the lane's quantum.
    LaneIndex add_lane(ApplicationId application, std::uint32_t weight = 1);
    void remove_lane(LaneIndex lane);

    // Idempotent. A lane that becomes ready joins the end of its application's round.
    void set_ready(LaneIndex lane, bool ready);
    [[nodiscard]] bool is_ready(LaneIndex lane) const;

    // The lane to send one delivery from, charged at once; empty when no lane is ready. The lane stays ready until
    // set_ready(lane, false).
    [[nodiscard]] std::optional<LaneIndex> next();

    [[nodiscard]] std::size_t ready_lanes() const { return ready_count_; }

private:
    struct Lane {
        std::uint32_t application = 0;
        std::uint32_t weight = 1;
        std::uint32_t deficit = 0;
        bool in_use = false;
        bool ready = false;
        bool queued = false;  // in its application's round; a lane that stopped being ready leaves it lazily
    };
    struct Application {
        ApplicationId id;
        std::deque<LaneIndex> round;
        std::uint32_t deficit = 0;
        std::uint32_t lanes = 0;
        std::uint32_t ready = 0;
        bool queued = false;
    };

    std::uint32_t application_quantum_;
    std::uint32_t lane_quantum_;
    std::vector<Lane> lanes_;
    std::vector<LaneIndex> free_lanes_;
    std::vector<Application> applications_;
    std::vector<std::uint32_t> free_applications_;
    std::unordered_map<ApplicationId, std::uint32_t> application_index_;  // looked up only, never iterated
    std::deque<std::uint32_t> round_;
    std::size_t ready_count_ = 0;
};

}  // namespace posthaste
