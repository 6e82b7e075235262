#pragma once

// Starts jobs and shows them. One per reactor, for the API: it only reads and writes the store; the process's one JobRunner
// is told of new jobs and carries them out.

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "engine/job.h"
#include "ports/clock.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste {

struct JobFilter {
    std::optional<JobStatus> status;
    // Empty: all kinds that SDKs know, which is all but dead_letter_redrive.
    std::vector<JobKind> kinds;
    std::optional<ApplicationId> application;
    std::optional<EndpointId> endpoint;
    JobId above;  // exclusive bounds; nil: none
    JobId below;
    bool newest_first = true;
    std::size_t limit = 50;
};

class JobService {
public:
    // Tells the runner of a stored job, on whichever reactor it lives; must not block. It may forget: then the job waits for
    // the next start of the process.
    using Announce = std::function<void(const Job&)>;

    JobService(Store& store, Clock& clock, Announce announce)
        : store_(store), clock_(clock), announce_(std::move(announce)) {}

    // Durable when it returns a value: the job with its id, times and status. Whether endpoint and application exist, and
    // whether the window is one that is allowed, is the caller's to check.
    Task<Result<Job>> start(Job job);
    // not_found when there is none, or it is another organization's.
    Task<Result<Job>> read(OrganizationId organization, JobId id);
    // In reading order; at most `limit`.
    Task<Result<std::vector<Job>>> list(OrganizationId organization, JobFilter filter);

private:
    Store& store_;
    Clock& clock_;
    Announce announce_;
};

}  // namespace posthaste
