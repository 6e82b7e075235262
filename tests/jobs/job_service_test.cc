#include "engine/job_service.h"

#include <gtest/gtest.h>

#include "tests/jobs/world.h"

namespace posthaste::test {
namespace {

constexpr OrganizationId kOwner = organization(1);

Job make_job(JobKind kind, ApplicationId application = {}, EndpointId endpoint = {}) {
    Job job;
    job.organization = kOwner;
    job.application = application;
    job.endpoint = endpoint;
    job.kind = kind;
    return job;
}

std::vector<JobId> ids(const Result<std::vector<Job>>& jobs) {
    std::vector<JobId> found;
    if (jobs)
        for (const Job& job : *jobs) found.push_back(job.id);
    return found;
}

TEST(JobServiceTest, AJobIsStoredBeforeItIsAnnounced) {
    JobWorld world;
    const Job started = world.start(make_job(JobKind::event_type_aggregate));
    EXPECT_FALSE(started.id.is_nil());
    EXPECT_EQ(started.status, JobStatus::running);
    EXPECT_EQ(started.created_at, world.time.now());
    EXPECT_EQ(started.result, "{}");
    world.crash();
    EXPECT_EQ(world.wait_for(started).status, JobStatus::finished);
}

TEST(JobServiceTest, AStoreThatRefusesStartsNothing) {
    JobWorld world;
    world.mood.fate = CommitFate::refused;
    const Result<Job> refused =
        world.run(world.service().start(make_job(JobKind::event_type_aggregate)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    world.mood = {};
    EXPECT_EQ(ids(world.run(world.service().list(kOwner, {}))), std::vector<JobId>());
}

TEST(JobServiceTest, NobodySeesTheJobsOfOthers) {
    JobWorld world;
    const Job mine = world.finish(make_job(JobKind::event_type_aggregate));
    const Result<Job> foreign = world.run(world.service().read(organization(2), mine.id));
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ErrorCode::not_found);
    EXPECT_EQ(ids(world.run(world.service().list(organization(2), {}))), std::vector<JobId>());
    EXPECT_EQ(ids(world.run(world.service().list(kOwner, {}))), std::vector{mine.id});
}

TEST(JobServiceTest, ListsFilterAndPage) {
    JobWorld world;
    const ApplicationId application = world.application(kOwner);
    const EndpointId endpoint = world.endpoint(application);
    const JobId a = world.finish(make_job(JobKind::endpoint_recover, application, endpoint)).id;
    const JobId b = world.finish(make_job(JobKind::event_type_aggregate)).id;
    world.finish(make_job(JobKind::dead_letter_redrive));
    const JobId c = world.finish(make_job(JobKind::application_purge_content, application)).id;
    world.remove(endpoint);
    const JobId d = world.finish(make_job(JobKind::endpoint_recover, application, endpoint)).id;
    struct Row {
        const char* name;
        std::function<void(JobFilter&)> adjust;
        std::vector<JobId> expected;
    };
    const std::vector<Row> rows = {
        {"all that SDKs know", [](JobFilter&) {}, {d, c, b, a}},
        {"oldest first", [](JobFilter& f) { f.newest_first = false; }, {a, b, c, d}},
        {"failed", [](JobFilter& f) { f.status = JobStatus::failed; }, {d}},
        {"running", [](JobFilter& f) { f.status = JobStatus::running; }, {}},
        {"kind", [](JobFilter& f) { f.kinds = {JobKind::endpoint_recover}; }, {d, a}},
        {"application", [=](JobFilter& f) { f.application = application; }, {d, c, a}},
        {"endpoint", [=](JobFilter& f) { f.endpoint = endpoint; }, {d, a}},
        {"limit", [](JobFilter& f) { f.limit = 2; }, {d, c}},
        {"below", [=](JobFilter& f) { f.below = c; }, {b, a}},
        {"above",
         [=](JobFilter& f) {
             f.above = b;
             f.newest_first = false;
         },
         {c, d}},
    };
    for (const Row& row : rows) {
        JobFilter filter;
        row.adjust(filter);
        EXPECT_EQ(ids(world.run(world.service().list(kOwner, filter))), row.expected) << row.name;
    }
    JobFilter redrives;
    redrives.kinds = {JobKind::dead_letter_redrive};
    EXPECT_EQ(ids(world.run(world.service().list(kOwner, redrives))).size(), 1u);
}

TEST(JobServiceTest, AListReadsAsFarAsItMust) {
    JobWorld world;
    const JobId first = world.finish(make_job(JobKind::dead_letter_redrive)).id;
    for (int i = 0; i < 300; ++i) world.start(make_job(JobKind::event_type_aggregate));
    JobFilter filter;
    filter.kinds = {JobKind::dead_letter_redrive};
    EXPECT_EQ(ids(world.run(world.service().list(kOwner, filter))), std::vector{first});
}

}  // namespace
}  // namespace posthaste::test
