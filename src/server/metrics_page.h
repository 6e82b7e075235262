#pragma once

// GET /metrics: the Prometheus text of everything the process counts. Reads only counters that are safe to read from any
// thread; the conservation figures come from the store every few seconds (TallyBoard).

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "api/context.h"
#include "engine/engine.h"
#include "net/http_server.h"
#include "ports/store.h"

namespace posthaste {

// The last Tally anybody fetched. Thread-safe.
class TallyBoard {
public:
    void put(const Tally& tally);
    [[nodiscard]] Tally get() const;

private:
    mutable std::mutex mutex_;
    Tally tally_;
};

// What one reactor lets the page read.
struct ReactorCounters {
    const EngineMetrics* engine;
    const HttpServerMetrics* http;
};

class PrometheusPage final : public MetricsPage {
public:
    PrometheusPage(std::vector<ReactorCounters> reactors, const Store& store,
                   const TallyBoard& tally, std::string version)
        : reactors_(std::move(reactors)),
          store_(store),
          tally_(tally),
          version_(std::move(version)) {}

    std::string render() override;

private:
    std::vector<ReactorCounters> reactors_;
    const Store& store_;
    const TallyBoard& tally_;
    std::string version_;
};

}  // namespace posthaste
