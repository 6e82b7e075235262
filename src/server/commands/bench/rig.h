#pragma once

// What every scenario stands on: a server (started here, or an existing one), subscriptions for the sink's origins, the
// generator, the sink, and the ledger between them; and measuring over a window of time.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/result.h"
#include "server/commands/api_client.h"
#include "server/commands/bench/generator.h"
#include "server/commands/bench/ledger.h"
#include "server/commands/bench/percentiles.h"
#include "server/commands/bench/probe.h"
#include "server/commands/bench/scratch_schema.h"
#include "server/commands/bench/server_process.h"
#include "server/commands/bench/sink.h"
#include "server/commands/commands.h"

namespace posthaste {

// One look at all counters.
struct RigSnapshot {
    std::int64_t at_ns = 0;
    std::int64_t generator_cpu_us = 0;
    std::int64_t sink_cpu_us = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t received = 0;
    std::optional<ProcessUsage> server;  // empty for an existing server
    double fsyncs = 0;
    double commits = 0;
    double committed = 0;  // events and updates
};

struct LedgerWindow {
    std::int64_t from_ns = INT64_MIN;
    std::int64_t until_ns = INT64_MAX;
    std::uint32_t target_min = 0;  // targets before this one are left out
};

class BenchRig {
public:
    // One subscription per origin of the sink; target i is origin i. `endpoints` origins answer.
    static Result<std::unique_ptr<BenchRig>> create(const BenchOptions& options, unsigned origins);
    ~BenchRig();
    BenchRig(const BenchRig&) = delete;
    BenchRig& operator=(const BenchRig&) = delete;

    [[nodiscard]] LoadGenerator& generator() { return *generator_; }
    [[nodiscard]] DeliverySink& sink() { return *sink_; }
    [[nodiscard]] Ledger& ledger() { return *ledger_; }
    [[nodiscard]] const ApiClient& api() const { return *api_; }
    [[nodiscard]] std::optional<ServerProcess>& server() { return server_; }
    [[nodiscard]] const std::string& data_dir() const { return data_dir_; }
    // Starts the child on the same port and data again, without waiting for it.
    Result<void> restart_server();
    Result<void> await_health(Duration patience);

    [[nodiscard]] RigSnapshot snapshot() const;
    // Latency from due to received, of events due within the window.
    [[nodiscard]] LatencySamples latencies(const LedgerWindow& window) const;
    // Latency from due to acknowledged.
    [[nodiscard]] LatencySamples accept_latencies(const LedgerWindow& window) const;
    // Acknowledged but not received.
    [[nodiscard]] std::uint64_t outstanding(const LedgerWindow& window) const;
    // Waits until nothing is outstanding or nothing has arrived for `stall`; returns what is left: lost.
    std::uint64_t drain(const LedgerWindow& window, Duration stall);

    // The fields that all scenarios report for a window between two snapshots.
    void report_window(boost::json::object& out, const RigSnapshot& from,
                       const RigSnapshot& to) const;
    void report_counts(boost::json::object& out) const;

private:
    explicit BenchRig(const BenchOptions& options) : options_(options) {}
    Result<void> prepare_data_dir();
    Result<void> choose_database();
    Result<void> open_server();
    Result<void> make_subscriptions(unsigned origins, std::vector<std::string>& paths);
    Result<void> make_applications(unsigned origins, std::vector<std::string>& paths);
    [[nodiscard]] std::string sink_url(unsigned origin) const;
    template <class Use>
    void for_each_line(const LedgerWindow& window, Use use) const;

    const BenchOptions options_;
    std::string data_dir_;
    bool remove_data_dir_ = false;
    ServerAddress address_;
    std::vector<std::string> serve_arguments_;
    std::unique_ptr<ScratchSchema> schema_;  // null: files
    std::optional<ServerProcess> server_;
    std::optional<ApiClient> api_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<DeliverySink> sink_;
    std::unique_ptr<LoadGenerator> generator_;
};

// A progress line on stderr.
void say(const std::string& line);

}  // namespace posthaste
