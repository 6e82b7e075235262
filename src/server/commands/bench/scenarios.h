#pragma once

// The benchmark's scenarios. Each sets up a rig of its own, runs once, and returns the figures of that run; what they share
// (machine, probe, options) is added by the command.

#include <boost/json/fwd.hpp>

#include "base/result.h"
#include "server/commands/commands.h"

namespace posthaste {

// Closed loop, as fast as it goes.
[[nodiscard]] Result<boost::json::object> bench_throughput(const BenchOptions& options);
// Open loop at a fixed rate.
[[nodiscard]] Result<boost::json::object> bench_latency(const BenchOptions& options);
// Throughput through the subscriptions API and through the native one, in turn; what an event costs the server by either, and
// the ratio.
[[nodiscard]] Result<boost::json::object> bench_apis(const BenchOptions& options);
// Open loop; one endpoint gets a fifth of the events, and answers in the first half, hangs in the second. The others'
// latencies of both halves are compared.
[[nodiscard]] Result<boost::json::object> bench_isolation(const BenchOptions& options);
// A hanging endpoint with very many pending deliveries: memory, the others' latency, and the time from starting the
// server after kill -9 to the first delivery.
[[nodiscard]] Result<boost::json::object> bench_backlog(const BenchOptions& options);

}  // namespace posthaste
