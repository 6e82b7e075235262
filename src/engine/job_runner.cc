#include "engine/job_runner.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/job_run.h"
#include "engine/task_group.h"

namespace posthaste {

namespace {

constexpr std::size_t kPage = 256;  // records read at once by resume()

}  // namespace

struct JobRunner::Impl {
    Impl(Executor run_on, Ports given, JobLimits limited, Sabotage broken)
        : executor(std::move(run_on)),
          ports(std::move(given)),
          limits(limited),
          sabotage(broken),
          resume_rest(ports.alarms, ports.clock),
          tasks(executor) {}

    void enqueue(Job job);
    void start_waiting();
    Task<void> run(JobId id);
    Task<void> resume();
    Task<Result<JobId>> resume_page(JobId above);

    // Constant after construction:
    Executor executor;
    Ports ports;
    JobLimits limits;
    Sabotage sabotage;
    // Loop state:
    std::map<JobId, Job> waiting;
    std::map<JobId, std::unique_ptr<JobRun>> running;
    std::set<OrganizationId> busy;
    bool is_stopping = false;
    Rest resume_rest;
    TaskGroup tasks;
};

JobRunner::JobRunner(Executor executor, Ports ports, JobLimits limits, Sabotage sabotage)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(ports), limits, sabotage)) {}

JobRunner::~JobRunner() = default;

void JobRunner::resume() { impl_->tasks.spawn(impl_->resume()); }

void JobRunner::take(Job job) { impl_->enqueue(std::move(job)); }

void JobRunner::stop() {
    impl_->is_stopping = true;
    impl_->resume_rest.cut_short();
    for (const auto& [id, run] : impl_->running) run->stop();
}

Task<void> JobRunner::join() { return impl_->tasks.join(); }

void JobRunner::Impl::enqueue(Job job) {
    if (is_stopping || job.status != JobStatus::running || running.contains(job.id)) return;
    const JobId id = job.id;
    waiting.try_emplace(id, std::move(job));
    start_waiting();
}

// The oldest ones whose organization has none running.
void JobRunner::Impl::start_waiting() {
    for (auto it = waiting.begin(); it != waiting.end() && running.size() < limits.running_max;) {
        if (!busy.insert(it->second.organization).second) {
            ++it;
            continue;
        }
        const JobId id = it->first;
        running.emplace(
            id, std::make_unique<JobRun>(executor, ports, limits, sabotage, std::move(it->second)));
        it = waiting.erase(it);
        tasks.spawn(run(id));
    }
}

Task<void> JobRunner::Impl::run(JobId id) {
    JobRun& job_run = *running.at(id);
    co_await job_run.carry_out();
    // It may have ended within its own stop() or alarm: it goes in a turn of its own.
    co_await asio::post(executor, asio::use_awaitable_t<Executor>());
    busy.erase(job_run.organization());
    running.erase(id);
    if (!is_stopping) start_waiting();
}

Task<void> JobRunner::Impl::resume() {
    Duration patience = limits.retry_first;
    JobId above;
    while (!is_stopping) {
        const Result<JobId> last = co_await resume_page(above);
        if (last && last->is_nil()) co_return;
        if (last) {
            above = *last;
            continue;
        }
        ports.telemetry.on_notice(
            Severity::warning, "jobs",
            "jobs of the last run wait until the store can be read: " + last.error().message);
        if (is_stopping) co_return;
        co_await resume_rest.wait(patience);
        patience = std::min(patience * 2, limits.retry_max);
    }
}

// The last record of the page; nil: there is no more.
Task<Result<JobId>> JobRunner::Impl::resume_page(JobId above) {
    RecordQuery query;
    query.kind = RecordKind::job;
    query.above = above;
    query.limit = kPage;
    ASSIGN_OR_CO_RETURN(const std::vector<Record> records,
                        co_await ports.store.read_records(std::move(query)));
    for (const Record& record : records) {
        Result<Job> job = to_job(record);
        if (job)
            enqueue(std::move(*job));
        else
            ports.telemetry.on_notice(Severity::error, "jobs", job.error().message);
    }
    co_return records.size() < kPage ? JobId() : JobId(records.back().id);
}

}  // namespace posthaste
