#include "engine/maintenance.h"

namespace posthaste {

Maintenance::Maintenance(Executor executor, Engine::Ports ports, MaintenanceOptions options,
                         EngineMetrics& metrics, Repark repark)
    : ports_(ports),
      options_(options),
      metrics_(metrics),
      repark_(std::move(repark)),
      scan_alarm_(ports.alarms.make([this] { tasks_.spawn(scan_slice()); })),
      retention_alarm_(ports.alarms.make([this] { tasks_.spawn(expire()); })),
      tasks_(executor) {
    scan_alarm_->arm(ports_.clock.now() + options_.scan_every);
    retention_alarm_->arm(ports_.clock.now() + options_.retention_every);
}

void Maintenance::stop() {
    stopping_ = true;
    scan_alarm_->cancel();
    retention_alarm_->cancel();
}

Task<void> Maintenance::scan_slice() {
    Result<ScanSlice> slice = co_await ports_.store.scan(scanned_to_, options_.scan_limit);
    if (slice) {
        scanned_to_ = slice->next_hi;
        for (const LostDelivery& lost : slice->lost) {
            metrics_.repaired.add();
            ports_.telemetry.on_notice(Severity::error, "repair",
                                       "a delivery of event " + to_uuid(lost.event) +
                                           " was neither settled nor parked; it is parked again");
            repark_(lost);
        }
    } else {
        ports_.telemetry.on_notice(Severity::warning, "repair", slice.error().message);
    }
    if (!stopping_) scan_alarm_->arm(ports_.clock.now() + options_.scan_every);
}

Task<void> Maintenance::expire() {
    const Timestamp now = ports_.clock.now();
    const Result<std::uint64_t> dropped = co_await ports_.store.expire(options_.retention, now);
    if (!dropped)
        ports_.telemetry.on_notice(Severity::warning, "retention", dropped.error().message);
    if (!stopping_) retention_alarm_->arm(ports_.clock.now() + options_.retention_every);
}

}  // namespace posthaste
