#pragma once

// One event loop with all that lives on it: engine, outgoing client, API and listener. Built on the main thread, then run on
// a thread of its own; after start() only post() may be called from elsewhere.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "api/router.h"
#include "engine/contacts.h"
#include "engine/engine.h"
#include "engine/figures.h"
#include "engine/job_runner.h"
#include "engine/job_service.h"
#include "engine/key_uses.h"
#include "engine/live_feed.h"
#include "engine/logins.h"
#include "engine/operational_events.h"
#include "engine/outbox.h"
#include "engine/setup_token.h"
#include "engine/trials.h"
#include "net/asio_alarm.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/system_clock.h"
#include "net/system_entropy.h"
#include "server/config.h"
#include "server/log.h"

namespace posthaste {

// What all reactors share. Everything outlives them.
struct Shared {
    const ServerConfig& config;
    const ApiSettings& settings;
    Store& store;
    DirectoryHolder& directory;
    Mailboxes& mailboxes;
    MetricsPage& metrics;
    Log& log;
    RequestLocks& request_locks;
    SharedLoginGuard& login_guard;
    Passwords& passwords;
    ContactCounts& contact_counts;
    SetupToken& setup_token;
    KeyUses& key_uses;
    Figures& figures;
    LiveAudience& audience;
    JobService::Announce
        announce_job;  // to the process's one JobRunner; may be called by any reactor
};

class Reactor {
public:
    Reactor(asio::io_context& loop, std::size_t index, std::size_t reactors, const Shared& shared);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    [[nodiscard]] Result<void> listen();
    // Runs the loop on its own thread until end().
    void start();
    // Takes nothing new, lets what runs finish within the drain time, then calls `on_drained` on its own thread; the loop goes
    // on, so that others are still answered. Thread-safe.
    void stop(std::function<void()> on_drained);
    // Ends the loop, once all reactors are drained. Thread-safe.
    void end();
    void join();

    // Of the process's jobs, of events the last run left in the outbox, and of when API keys were used, one reactor takes
    // care: it goes on with what the last run left, and takes new jobs. `take_job` is thread-safe.
    void resume_work();
    void take_job(Job job);

    [[nodiscard]] Engine& engine() { return engine_; }
    [[nodiscard]] const HttpServerMetrics& http_metrics() const { return server_.metrics(); }
    [[nodiscard]] Executor executor() { return loop_.get_executor(); }

private:
    Task<void> drain();

    asio::io_context& loop_;
    Duration drain_;
    SystemClock clock_;
    SystemEntropy entropy_;
    AsioAlarmFactory alarms_;
    LogTelemetry telemetry_;
    HttpClient transport_;
    Engine engine_;
    OperationalEvents operational_;
    JobService jobs_;
    JobRunner job_runner_;
    Logins logins_;
    KeyUseRecorder key_use_recorder_;
    Outbox outbox_;
    Contacts contacts_;
    Trials trials_;
    Api api_;
    HttpServer server_;
    asio::executor_work_guard<Executor> work_;
    std::thread thread_;
};

}  // namespace posthaste
