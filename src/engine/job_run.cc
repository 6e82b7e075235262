#include "engine/job_run.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/job_result.h"

namespace posthaste {

namespace {

// A job rests as long as its last slice took, within these.
constexpr Duration kRestMin = 1ms;
constexpr Duration kRestMax = 1s;

}  // namespace

JobRun::JobRun(Executor executor, const JobRunner::Ports& ports, const JobLimits& limits,
               const Sabotage& sabotage, Job job)
    : ports_(ports),
      limits_(limits),
      organization_(job.organization),
      saved_at_(ports.clock.now()),
      work_(std::move(executor), ports, limits, sabotage, std::move(job)),
      rest_(ports.alarms, ports.clock) {}

void JobRun::stop() {
    is_stopping_ = true;
    rest_.cut_short();
}

Task<void> JobRun::carry_out() {
    bool has_more = co_await refresh();
    while (has_more && !is_stopping_) has_more = co_await slice();
    // What was reached since the last time, for the next process; if the store refuses, it repeats a little.
    const Job& job = work_.job();
    if (is_stopping_ && job.status == JobStatus::running && job.progress.examined > saved_examined_)
        co_await try_save(std::string());
}

Task<bool> JobRun::refresh() {
    while (!is_stopping_) {
        const Result<std::vector<Record>> records = co_await read_record();
        if (!records) {
            co_await back_off(records.error());
            continue;
        }
        if (records->empty()) co_return false;
        Result<Job> stored = to_job(records->front());
        if (!stored || stored->status != JobStatus::running) co_return false;
        work_.job() = std::move(*stored);
        saved_examined_ = work_.job().progress.examined;
        patience_ = Duration::zero();
        co_return true;
    }
    co_return false;
}

Task<bool> JobRun::slice() {
    const Timestamp began = ports_.clock.now();
    const Result<JobWork::Step> step = co_await work_.step();
    if (!step && step.error().code == ErrorCode::stopping) {
        is_stopping_ = true;
        co_return false;
    }
    if (!step && ends_job(step.error().code)) {
        co_await finish(JobStatus::failed, step.error().message);
        co_return false;
    }
    if (!step) {
        co_await back_off(step.error());
        co_return true;
    }
    patience_ = Duration::zero();
    if (*step == JobWork::Step::finished) {
        co_await finish(JobStatus::finished, std::string());
        co_return false;
    }
    if (is_save_due()) co_await save(std::string());
    if (!is_stopping_)
        co_await rest_.wait(std::clamp(ports_.clock.now() - began, kRestMin, kRestMax));
    co_return !is_gone_;
}

bool JobRun::is_save_due() {
    return ports_.clock.now() - saved_at_ >= limits_.save_every ||
           work_.job().progress.examined - saved_examined_ >= limits_.save_every_events;
}

Task<void> JobRun::finish(JobStatus status, std::string error) {
    work_.job().status = status;
    const bool is_saved = co_await save(std::move(error));
    if (is_saved && ports_.on_finished) ports_.on_finished(work_.job());
}

Task<bool> JobRun::save(std::string error) {
    while (!is_gone_) {
        const Result<void> saved = co_await try_save(error);
        if (saved) co_return true;
        if (!is_stopping_) co_await back_off(saved.error());
        if (is_stopping_) co_return false;
    }
    co_return false;
}

Task<Result<void>> JobRun::try_save(std::string error) {
    Job& job = work_.job();
    job.updated_at = ports_.clock.now();
    job.result = describe_job(job, *ports_.directory.load(), limits_.recover_max, error);
    ConfigChange change;
    change.records.push_back(to_record(job));
    const Result<ConfigChange> stored = co_await ports_.store.change_config(std::move(change));
    if (stored) {
        job.revision = stored->records.front().revision;
        saved_at_ = job.updated_at;
        saved_examined_ = job.progress.examined;
        patience_ = Duration::zero();
        co_return Result<void>();
    }
    if (stored.error().code != ErrorCode::conflict) co_return std::unexpected(stored.error());
    // Nobody else writes this record, so it was an earlier try whose outcome was in doubt; or the record was deleted.
    ASSIGN_OR_CO_RETURN(const std::vector<Record> records, co_await read_record());
    if (records.empty())
        is_gone_ = true;
    else
        job.revision = records.front().revision;
    co_return std::unexpected(stored.error());
}

Task<Result<std::vector<Record>>> JobRun::read_record() {
    RecordQuery query;
    query.kind = RecordKind::job;
    query.organization = work_.job().organization;
    query.id = work_.job().id;
    return ports_.store.read_records(std::move(query));
}

Task<void> JobRun::back_off(Error error) {
    if (is_stopping_) co_return;
    if (patience_ == Duration::zero())
        ports_.telemetry.on_notice(Severity::warning, "jobs",
                                   "a job of kind " + std::string(to_string(work_.job().kind)) +
                                       " pauses until the store serves again: " + error.message);
    patience_ = std::clamp(patience_ * 2, limits_.retry_first, limits_.retry_max);
    co_await rest_.wait(patience_);
}

}  // namespace posthaste
