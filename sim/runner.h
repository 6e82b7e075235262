#pragma once

// Runs many worlds, on several threads; worlds share nothing.

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/world.h"

namespace posthaste::sim {

struct SeedRange {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
};

// Runs the world of every seed; `seen` is called for each under a lock and answers whether to go on.
void run_worlds(SeedRange seeds, unsigned jobs,
                const std::function<WorldConfig(std::uint64_t)>& draw,
                const std::function<bool(std::uint64_t, const Outcome&)>& seen);

// The first seed in the range whose world notices the sabotage; 0: none does.
[[nodiscard]] std::uint64_t first_seed_noticing(Sabotage sabotage, SeedRange seeds);

}  // namespace posthaste::sim
