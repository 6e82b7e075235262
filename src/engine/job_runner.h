#pragma once

// Carries jobs out, one slice of events at a time, oldest first. One per process, on one reactor's executor. Of one
// organization one job runs at a time, of all organizations a few; the others wait in order of creation. After each second
// and at the end of a job its progress is stored, so that a restart repeats at most what came after. A store that fails
// makes a job pause and try again; an endpoint or application that is deleted ends it. Between slices a job rests as long as
// the slice took, so it never has more than half of the reactor's time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "engine/directory_service.h"
#include "engine/engine.h"
#include "engine/job.h"
#include "ports/clock.h"
#include "ports/store.h"
#include "ports/task.h"
#include "ports/telemetry.h"

namespace posthaste {

struct JobLimits {
    std::size_t running_max = 4;  // jobs at once
    std::size_t slice = 100;      // events read at once
    std::size_t at_once = 16;     // resends or purges asked of the store at once, per job
    std::uint64_t recover_max = kRecoverMax;
    Duration save_every = 1s;  // of progress
    std::uint64_t save_every_events = 500;
    Duration retry_first = 1s;  // after a failure of the store; doubles
    Duration retry_max = 60s;
};

class JobRunner {
public:
    struct Ports {
        Store& store;
        Clock& clock;
        AlarmFactory& alarms;
        Telemetry& telemetry;
        DirectoryHolder& directory;
        // Engine::resend.
        std::function<Task<Result<void>>(EventId, EndpointId)> resend;
        // Engine::expunge.
        std::function<Task<Result<bool>>(EventId)> expunge;
        // After a job's end was stored; may be empty.
        std::function<void(const Job&)> on_finished;
    };

    JobRunner(Executor executor, Ports ports, JobLimits limits = {}, Sabotage sabotage = {});
    ~JobRunner();
    JobRunner(const JobRunner&) = delete;
    JobRunner& operator=(const JobRunner&) = delete;

    // Goes on with all jobs that the store says are running. Once, at the start.
    void resume();
    // A job that was stored since (JobService::Announce). Twice is harmless.
    void take(Job job);
    // Jobs end before their next slice and keep what they reached. Then join().
    void stop();
    Task<void> join();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
