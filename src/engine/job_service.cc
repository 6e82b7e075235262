#include "engine/job_service.h"

#include <algorithm>
#include <utility>

namespace posthaste {

namespace {

constexpr std::size_t kPage = 256;  // records read at once while a filter looks for its jobs

bool fits(const JobFilter& filter, const Job& job) {
    if (filter.status && job.status != *filter.status) return false;
    if (filter.application && job.application != *filter.application) return false;
    if (filter.endpoint && job.endpoint != *filter.endpoint) return false;
    if (filter.kinds.empty()) return job.kind != JobKind::dead_letter_redrive;
    return std::ranges::find(filter.kinds, job.kind) != filter.kinds.end();
}

}  // namespace

Task<Result<Job>> JobService::start(Job job) {
    job.id = JobId();
    job.revision = 0;
    job.status = JobStatus::running;
    job.created_at = job.updated_at = clock_.now();
    if (job.result.empty()) job.result = "{}";
    ConfigChange change;
    change.records.push_back(to_record(job));
    ASSIGN_OR_CO_RETURN(const ConfigChange stored,
                        co_await store_.change_config(std::move(change)));
    job.id = JobId(stored.records.front().id);
    job.revision = stored.records.front().revision;
    announce_(job);
    co_return job;
}

Task<Result<Job>> JobService::read(OrganizationId organization, JobId id) {
    RecordQuery query;
    query.kind = RecordKind::job;
    query.organization = organization;
    query.id = id;
    ASSIGN_OR_CO_RETURN(const std::vector<Record> records,
                        co_await store_.read_records(std::move(query)));
    if (records.empty()) co_return fail(ErrorCode::not_found, "no such job");
    co_return to_job(records.front());
}

Task<Result<std::vector<Job>>> JobService::list(OrganizationId organization, JobFilter filter) {
    std::vector<Job> found;
    JobId& passed = filter.newest_first ? filter.below : filter.above;
    while (true) {
        RecordQuery query;
        query.kind = RecordKind::job;
        query.organization = organization;
        if (filter.application) query.parent = *filter.application;
        query.above = filter.above;
        query.below = filter.below;
        query.newest_first = filter.newest_first;
        query.limit = kPage;
        ASSIGN_OR_CO_RETURN(const std::vector<Record> records,
                            co_await store_.read_records(std::move(query)));
        for (const Record& record : records) {
            ASSIGN_OR_CO_RETURN(Job job, to_job(record));
            if (found.size() < filter.limit && fits(filter, job)) found.push_back(std::move(job));
        }
        if (found.size() >= filter.limit || records.size() < kPage) co_return found;
        passed = JobId(records.back().id);
    }
}

}  // namespace posthaste
