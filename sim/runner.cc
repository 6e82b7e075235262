#include "sim/runner.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace posthaste::sim {

void run_worlds(SeedRange seeds, unsigned jobs,
                const std::function<WorldConfig(std::uint64_t)>& draw,
                const std::function<bool(std::uint64_t, const Outcome&)>& seen) {
    std::atomic<std::uint64_t> next{seeds.first};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    const auto work = [&] {
        for (std::uint64_t seed = next++; seed <= seeds.last && !stop; seed = next++) {
            const Outcome outcome = World(draw(seed)).run();
            const std::lock_guard lock(mutex);
            if (!seen(seed, outcome)) stop = true;
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned job = 1; job < jobs; ++job) threads.emplace_back(work);
    work();
}

std::uint64_t first_seed_noticing(Sabotage sabotage, SeedRange seeds) {
    for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
        if (!World(draw_world(seed), sabotage).run().violation.empty()) return seed;
    }
    return 0;
}

}  // namespace posthaste::sim
