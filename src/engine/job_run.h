#pragma once

// One job's turn, from the first slice to its end or the process's: slices, rests between them, stored progress, patience
// with a store that fails. Owned by the JobRunner; one executor.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engine/job.h"
#include "engine/job_runner.h"
#include "engine/job_work.h"
#include "engine/rest.h"
#include "ports/task.h"

namespace posthaste {

class JobRun {
public:
    JobRun(Executor executor, const JobRunner::Ports& ports, const JobLimits& limits,
           const Sabotage& sabotage, Job job);

    // Returns when the job's end is stored, or after stop().
    Task<void> carry_out();
    void stop();
    [[nodiscard]] OrganizationId organization() const { return organization_; }

private:
    // Takes the stored state of the job, which may be newer than what the runner was told. False: nothing is left to do.
    Task<bool> refresh();
    // False: the job is over, or this process is.
    Task<bool> slice();
    Task<void> finish(JobStatus status, std::string error);
    // Repeats until it is stored. False: it was stopped, or the record is gone.
    Task<bool> save(std::string error);
    Task<Result<void>> try_save(std::string error);
    Task<Result<std::vector<Record>>> read_record();
    Task<void> back_off(Error error);
    [[nodiscard]] bool is_save_due();

    const JobRunner::Ports& ports_;
    const JobLimits& limits_;
    const OrganizationId organization_;
    Timestamp saved_at_;
    std::uint64_t saved_examined_ = 0;
    Duration patience_{};  // zero: the store is well
    bool is_stopping_ = false;
    bool is_gone_ = false;  // the record is not there any more
    JobWork work_;
    Rest rest_;
};

}  // namespace posthaste
