#pragma once

// Which lane sends next. Deficit round robin (Shreedhar & Varghese 1995) over applications, then
// over the ready lanes of the chosen application. One delivery costs one unit. Memory is O(lanes),
// work per call O(1); nothing is kept per pending delivery. A lane is ready when it has something
// to send now and a free in-flight slot; the owner says so by set_ready, so an idle, waiting or
// capped lane costs nothing.
//
// Deterministic: the order depends only on the sequence of calls. Not thread-safe; one per reactor.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/id.h"

namespace posthaste {

using LaneIndex = std::uint32_t;

class FairScheduler {
public:
    // `application_quantum`: deliveries an application may send before the next ready application's
    // turn; `lane_quantum`: the same for a lane within its application. Both ≥ 1.
    explicit FairScheduler(std::uint32_t application_quantum = 16, std::uint32_t lane_quantum = 4);

    // Indexes are dense and are reused after remove_lane. `weight` ≥ 1 multiplies the lane's
    // quantum.
    LaneIndex add_lane(ApplicationId application, std::uint32_t weight = 1);
    void remove_lane(LaneIndex lane);

    // Idempotent. A lane that becomes ready joins the end of its application's round, and the
    // application, if this is its first ready lane, the end of the round of applications.
    void set_ready(LaneIndex lane, bool ready);
    [[nodiscard]] bool is_ready(LaneIndex lane) const;

    // While an application is held none of its lanes is chosen; they keep their places among each other. Idempotent; an
    // application without lanes is not held.
    void hold(ApplicationId application);
    void release(ApplicationId application);

    // The lane to send one delivery from, charged at once; empty when no lane is ready. The lane
    // stays ready until set_ready(lane, false).
    [[nodiscard]] std::optional<LaneIndex> next();

    [[nodiscard]] std::size_t ready_lanes() const { return ready_count_; }

    // Asserts everything this class believes about itself. O(lanes); for tests.
    void check_invariants() const;

private:
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    // A round is a list threaded through the nodes' own links, so that leaving it from the middle
    // costs no search and leaves nothing behind that could be mistaken for a reused index.
    struct Links {
        std::uint32_t before = kNone;
        std::uint32_t after = kNone;
    };
    struct Round {
        std::uint32_t front = kNone;
        std::uint32_t back = kNone;
    };
    struct Lane {
        std::uint32_t application = kNone;  // kNone: a free index
        std::uint32_t quantum = 0;
        std::uint32_t deficit = 0;  // 0 between turns
        bool ready = false;         // = in its application's round
        Links links;
    };
    struct Application {
        ApplicationId id;
        std::uint32_t lanes = 0;    // 0: a free index
        std::uint32_t deficit = 0;  // 0 between turns
        bool held = false;
        Round round;  // of its ready lanes; in round_ exactly while this has any and is not held
        Links links;
    };

    template <class Node>
    static void push_back(Round& round, std::vector<Node>& nodes, std::uint32_t index);
    template <class Node>
    static void erase(Round& round, std::vector<Node>& nodes, std::uint32_t index);

    std::uint32_t application_slot(ApplicationId application);
    void check_application(std::uint32_t index) const;

    std::uint32_t application_quantum_;
    std::uint32_t lane_quantum_;
    std::vector<Lane> lanes_;
    std::vector<LaneIndex> free_lanes_;
    std::vector<Application> applications_;
    std::vector<std::uint32_t> free_applications_;
    // Looked up only, never iterated: its order is not ours.
    std::unordered_map<ApplicationId, std::uint32_t> application_index_;
    Round round_;  // of the applications with ready lanes
    std::size_t ready_count_ = 0;
};

}  // namespace posthaste
