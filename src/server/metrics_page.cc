#include "server/metrics_page.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string_view>

namespace posthaste {

void TallyBoard::put(const Tally& tally) {
    const std::lock_guard lock(mutex_);
    tally_ = tally;
}

Tally TallyBoard::get() const {
    const std::lock_guard lock(mutex_);
    return tally_;
}

namespace {

class Writer {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        fmt::format_to(std::back_inserter(text_),
                       "# HELP posthaste_{} {}\n# TYPE posthaste_{} {}\n", name, help, name, type);
    }
    void sample(std::string_view name, std::string_view labels, double value) {
        fmt::format_to(std::back_inserter(text_), "posthaste_{}{} {}\n", name, labels, value);
    }
    void sample(std::string_view name, std::string_view labels, std::uint64_t value) {
        fmt::format_to(std::back_inserter(text_), "posthaste_{}{} {}\n", name, labels, value);
    }
    void counter(std::string_view name, std::string_view help, std::uint64_t value) {
        family(name, "counter", help);
        sample(name, "", value);
    }
    void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
        family(name, "gauge", help);
        sample(name, "", value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

using Reactors = std::vector<ReactorCounters>;

std::uint64_t sum(const Reactors& reactors, Counter EngineMetrics::* member) {
    std::uint64_t total = 0;
    for (const ReactorCounters& each : reactors) total += (each.engine->*member).value();
    return total;
}

std::uint64_t sum(const Reactors& reactors, Counter HttpServerMetrics::* member) {
    std::uint64_t total = 0;
    for (const ReactorCounters& each : reactors) total += (each.http->*member).value();
    return total;
}

void histogram(Writer& out, const Reactors& reactors, std::string_view name, std::string_view help,
               Histogram EngineMetrics::* member) {
    out.family(name, "histogram", help);
    const std::string bucket_name = fmt::format("{}_bucket", name);
    std::uint64_t cumulative = 0;
    std::uint64_t micros = 0;
    for (std::size_t bucket = 0; bucket <= Histogram::kBuckets; ++bucket) {
        for (const ReactorCounters& each : reactors)
            cumulative += (each.engine->*member).bucket(bucket);
        const std::string bound =
            bucket < Histogram::kBuckets
                ? fmt::format("{}", static_cast<double>(Histogram::upper_bound_us(bucket)) / 1e6)
                : "+Inf";
        out.sample(bucket_name, fmt::format("{{le=\"{}\"}}", bound), cumulative);
    }
    for (const ReactorCounters& each : reactors) micros += (each.engine->*member).sum_us();
    out.sample(fmt::format("{}_sum", name), "", static_cast<double>(micros) / 1e6);
    out.sample(fmt::format("{}_count", name), "", cumulative);
}

void deliveries(Writer& out, const Reactors& reactors, const Tally& tally) {
    out.counter("events_accepted_total", "Events made durable since start.",
                sum(reactors, &EngineMetrics::events_accepted));
    out.counter("deliveries_accepted_total", "Deliveries made durable since start.",
                sum(reactors, &EngineMetrics::deliveries_accepted));
    out.counter("attempts_total", "HTTP requests to endpoints that ended.",
                sum(reactors, &EngineMetrics::attempts));
    out.family("deliveries_total", "counter", "Deliveries by what became of them since start.");
    out.sample("deliveries_total", "{state=\"delivered\"}",
               sum(reactors, &EngineMetrics::delivered));
    out.sample("deliveries_total", "{state=\"dead\"}", sum(reactors, &EngineMetrics::dead));
    out.sample("deliveries_total", "{state=\"cancelled\"}",
               sum(reactors, &EngineMetrics::cancelled));
    out.counter("retries_total", "Failed attempts that will be repeated.",
                sum(reactors, &EngineMetrics::retried));
    out.counter("parked_for_room_total", "Deliveries parked because memory or their lane was full.",
                sum(reactors, &EngineMetrics::parked_for_room));
    out.counter("refused_overload_total",
                "Events refused with 503 because too much waited to be written.",
                sum(reactors, &EngineMetrics::refused_overload));
    out.counter("resends_total", "Manual attempts asked for.",
                sum(reactors, &EngineMetrics::resends));
    out.counter("repaired_total",
                "Deliveries that only the repair scan found; anything but 0 is a bug.",
                sum(reactors, &EngineMetrics::repaired));
    out.gauge("in_flight", "Attempts started whose outcome is not yet durable.",
              sum(reactors, &EngineMetrics::in_flight));
    out.gauge("window", "Deliveries in memory.", sum(reactors, &EngineMetrics::window));
    out.gauge("window_bytes", "Their payload bytes.", sum(reactors, &EngineMetrics::window_bytes));
    out.gauge("lanes", "Endpoints with a lane in memory.", sum(reactors, &EngineMetrics::lanes));
    out.family("tally", "gauge",
               "Conservation, in deliveries: accepted = delivered + dead + cancelled + pending.");
    out.sample("tally", "{state=\"accepted\"}", tally.accepted);
    out.sample("tally", "{state=\"delivered\"}", tally.delivered);
    out.sample("tally", "{state=\"dead\"}", tally.dead);
    out.sample("tally", "{state=\"cancelled\"}", tally.cancelled);
    out.sample("tally", "{state=\"pending\"}", tally.pending());
    out.sample("tally", "{state=\"parked\"}", tally.parked);
}

void endpoints(Writer& out, const Reactors& reactors) {
    out.gauge("endpoints_suspect", "Endpoints whose last attempt failed, unhealthy ones left out.",
              sum(reactors, &EngineMetrics::suspect_endpoints));
    out.gauge("breaker_open",
              "Unhealthy endpoints: deliveries to them wait until a probe succeeds.",
              sum(reactors, &EngineMetrics::unhealthy_endpoints));
    out.family("breaker_transitions_total", "counter",
               "Changes of endpoints' circuit breakers, by the state they changed to.");
    out.sample("breaker_transitions_total", "{to=\"open\"}",
               sum(reactors, &EngineMetrics::breaker_opened));
    out.sample("breaker_transitions_total", "{to=\"half_open\"}",
               sum(reactors, &EngineMetrics::breaker_half_opened));
    out.sample("breaker_transitions_total", "{to=\"closed\"}",
               sum(reactors, &EngineMetrics::breaker_closed));
}

void store(Writer& out, const Reactors& reactors, const StoreStats& stats) {
    out.counter("store_commits_total", "Group commits.", stats.commits);
    out.counter("store_fsyncs_total", "Times the store waited for the disk.", stats.fsyncs);
    out.counter("store_committed_events_total", "Events committed.", stats.events);
    out.counter("store_committed_updates_total", "Delivery updates committed.", stats.updates);
    out.counter("store_commit_failures_total", "Batches that could not be committed.",
                sum(reactors, &EngineMetrics::commit_failures));
    out.gauge("store_bytes", "Size of the data files.", stats.bytes_on_disk);
    out.gauge("store_partitions", "Log files.", stats.partitions);
    out.gauge("store_tail_events", "Events between the watermark and the newest.", stats.tail);
    out.gauge("store_healthy", "1 when the store can commit.", stats.healthy ? 1 : 0);
}

void http(Writer& out, const Reactors& reactors) {
    out.gauge("http_connections", "Open connections to this server.",
              sum(reactors, &HttpServerMetrics::connections_open));
    out.counter("http_requests_total", "Requests handed to the API.",
                sum(reactors, &HttpServerMetrics::requests));
    out.counter("http_timeouts_total", "Requests and answers cut for being too slow.",
                sum(reactors, &HttpServerMetrics::timeouts));
    out.family("http_responses_total", "counter", "Answers by class of status.");
    for (std::size_t first = 1; first <= 5; ++first) {
        std::uint64_t total = 0;
        for (const ReactorCounters& each : reactors) total += each.http->responses[first].value();
        out.sample("http_responses_total", fmt::format("{{class=\"{}xx\"}}", first), total);
    }
    out.family("http_refused_total", "counter",
               "Requests the server refused before the API saw them, by status.");
    for (const int status : HttpServerMetrics::kRefusals) {
        std::uint64_t total = 0;
        for (const ReactorCounters& each : reactors) total += each.http->refused_with(status);
        out.sample("http_refused_total", fmt::format("{{status=\"{}\"}}", status), total);
    }
}

void by_reactor(Writer& out, const Reactors& reactors, std::string_view name, std::string_view help,
                const std::function<std::uint64_t(const ReactorCounters&)>& value) {
    out.family(name, "counter", help);
    for (std::size_t i = 0; i < reactors.size(); ++i)
        out.sample(name, fmt::format("{{reactor=\"{}\"}}", i), value(reactors[i]));
}

// How evenly the event loops share the work.
void shares(Writer& out, const Reactors& reactors) {
    by_reactor(out, reactors, "reactor_http_requests_total",
               "Requests handed to the API, by event loop.",
               [](const ReactorCounters& one) { return one.http->requests.value(); });
    by_reactor(out, reactors, "reactor_attempts_total",
               "HTTP requests to endpoints that ended, by event loop.",
               [](const ReactorCounters& one) { return one.engine->attempts.value(); });
}

}  // namespace

std::string PrometheusPage::render() {
    Writer out;
    out.family("build_info", "gauge", "Version of this server.");
    out.sample("build_info", fmt::format("{{version=\"{}\"}}", version_), std::uint64_t{1});
    deliveries(out, reactors_, tally_.get());
    endpoints(out, reactors_);
    histogram(out, reactors_, "accept_seconds", "From a valid request to its event being durable.",
              &EngineMetrics::accept_latency);
    histogram(out, reactors_, "queue_lag_seconds", "From a delivery being due to its attempt.",
              &EngineMetrics::queue_lag);
    histogram(out, reactors_, "attempt_seconds", "Duration of attempts.",
              &EngineMetrics::attempt_duration);
    histogram(out, reactors_, "delivery_seconds", "From accept to delivered.",
              &EngineMetrics::delivery_latency);
    store(out, reactors_, store_.stats());
    http(out, reactors_);
    shares(out, reactors_);
    out.gauge("resident_bytes", "Memory of this process.", resident_bytes());
    return out.take();
}

}  // namespace posthaste
