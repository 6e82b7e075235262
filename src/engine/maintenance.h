#pragma once

// Background care for the store: the continuous repair scan (promise 3: nothing accepted is ever forgotten) and retention.
// Runs on one engine of a process; each step is short, so it never holds up deliveries.

#include <functional>
#include <memory>

#include "engine/engine.h"
#include "engine/task_group.h"

namespace posthaste {

class Maintenance {
public:
    // `repark` commits a lost delivery as parked, due now.
    using Repark = std::function<void(const LostDelivery&)>;

    Maintenance(Executor executor, Engine::Ports ports, MaintenanceOptions options,
                EngineMetrics& metrics, Repark repark);
    void stop();
    Task<void> join() { return tasks_.join(); }

private:
    Task<void> scan_slice();
    Task<void> expire();

    Engine::Ports ports_;
    MaintenanceOptions options_;
    EngineMetrics& metrics_;
    Repark repark_;
    std::uint64_t scanned_to_ = 0;
    bool stopping_ = false;
    std::unique_ptr<Alarm> scan_alarm_;
    std::unique_ptr<Alarm> retention_alarm_;
    TaskGroup tasks_;
};

}  // namespace posthaste
