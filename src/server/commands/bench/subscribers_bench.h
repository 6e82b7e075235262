#pragma once

// posthaste bench subscribers: adds many contacts to one user's list at once, as the load generator of the contacts API's
// original does, and tells how evenly the server's event loops shared the work.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/commands/commands.h"

namespace CLI {
class App;
}

namespace posthaste {

struct SubscribersBenchOptions {
    ServerAddress server;
    std::string user;  // whose list, a UUID
    unsigned count = 500;
    unsigned at_once = 100;
    Duration patience = 10s;  // for the deliveries to have left
};

// 1 when any contact was not created.
int run_subscribers_bench(const SubscribersBenchOptions& options);
void add_subscribers_bench(CLI::App& bench, int& exit_code);

// What one event loop has done since the server's start.
struct LoopWork {
    std::uint64_t requests = 0;
    std::uint64_t attempts = 0;
    friend bool operator==(const LoopWork&, const LoopWork&) = default;
};
// Of all loops, in their order; as the page of GET /metrics has it.
[[nodiscard]] std::vector<LoopWork> work_of_loops(std::string_view metrics_page);
// How far the busiest loop is above an even share, in per cent; 0 when nothing was done.
[[nodiscard]] double unevenness(const std::vector<std::uint64_t>& shares);

}  // namespace posthaste
