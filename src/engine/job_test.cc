#include "engine/job.h"

#include <gtest/gtest.h>

#include <random>

namespace posthaste {
namespace {

TEST(JobTest, KindsAreSpelledAsSdksKnowThem) {
    const std::vector<std::pair<JobKind, std::string_view>> rows = {
        {JobKind::endpoint_recover, "endpoint.recover"},
        {JobKind::endpoint_replay, "endpoint.replay"},
        {JobKind::endpoint_bulk_replay, "endpoint.bulk-replay"},
        {JobKind::application_purge_content, "application.purge_content"},
        {JobKind::application_stats, "application.stats"},
        {JobKind::event_type_aggregate, "event-type.aggregate"},
        {JobKind::dead_letter_redrive, "dead-letter.redrive"},
    };
    for (const auto& [kind, text] : rows) {
        EXPECT_EQ(to_string(kind), text);
        EXPECT_EQ(parse_job_kind(text), kind);
    }
    EXPECT_FALSE(parse_job_kind("sdk.generate"));
    EXPECT_FALSE(parse_job_kind(""));
    for (const std::string_view text : {"running", "finished", "failed"})
        EXPECT_EQ(to_string(*parse_job_status(text)), text);
    EXPECT_FALSE(parse_job_status("Running"));
}

Job random_job(std::mt19937_64& random) {
    const auto id = [&random] { return random() % 4 ? Id{random(), random()} : Id(); };
    const auto count = [&random] { return random() % 1'000'000; };
    const auto time = [&random] {
        return from_micros(static_cast<std::int64_t>(random() % 2'000'000'000'000'000));
    };
    Job job;
    job.id = JobId(id());
    job.organization = OrganizationId(id());
    job.application = ApplicationId(id());
    job.endpoint = EndpointId(id());
    job.kind = static_cast<JobKind>(random() % 7);
    job.status = static_cast<JobStatus>(random() % 3);
    job.parameters.since = time();
    if (random() % 2) job.parameters.until = time();
    for (std::uint64_t i = random() % 3; i > 0; --i)
        job.parameters.event_types.push_back("type \" " + std::to_string(count()));
    if (random() % 2) job.parameters.channel = std::to_string(count());
    if (random() % 2) job.parameters.tag = "tag " + std::to_string(count());
    for (std::uint64_t i = random() % 3; i > 0; --i)
        job.parameters.states.push_back(static_cast<DeliveryState>(random() % 5));
    if (random() % 2) job.parameters.status_class = static_cast<int>(random() % 6) * 100;
    for (std::uint64_t i = random() % 3; i > 0; --i)
        job.parameters.applications.emplace_back(random(), random());
    job.progress.application = ApplicationId(id());
    job.progress.endpoint = EndpointId(id());
    job.progress.event = EventId(id());
    job.progress.examined = count();
    job.progress.done = count();
    for (std::uint64_t i = random() % 3; i > 0; --i)
        job.progress.counts[ApplicationId(random(), random())] = count();
    job.result = R"({"messagesSent":2})";
    job.created_at = time();
    job.updated_at = time();
    job.revision = count();
    return job;
}

TEST(JobTest, WhatIsWrittenIsRead) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 500; ++i) {
        const Job job = random_job(random);
        const Record record = to_record(job);
        EXPECT_EQ(record.kind, RecordKind::job);
        EXPECT_EQ(record.parent, job.application);
        EXPECT_EQ(record.expires_at.has_value(), job.status != JobStatus::running);
        const Result<Job> read = to_job(record);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, job) << record.body;
    }
}

TEST(JobTest, WhatIsDamagedIsSaid) {
    std::mt19937_64 random(2);
    const std::string good = to_record(random_job(random)).body;
    const auto without = [&good](std::string_view part, std::string_view instead) {
        std::string body = good;
        const std::size_t at = body.find(part);
        EXPECT_NE(at, std::string::npos) << part;
        return body.replace(at, part.size(), instead);
    };
    const std::vector<std::string> bodies = {
        "",
        "[]",
        "{}",
        good.substr(0, good.size() / 2),
        without("\"kind\":", "\"king\":"),
        without("\"kind\":\"", "\"kind\":\"not."),
        without("\"status\":\"", "\"status\":\"un"),
        without("\"parameters\":{", "\"parameters\":7,\"x\":{"),
        without("\"examined\":", "\"examined\":\"many\",\"x\":"),
    };
    for (const std::string& body : bodies) {
        Record record;
        record.kind = RecordKind::job;
        record.body = body;
        const Result<Job> read = to_job(record);
        ASSERT_FALSE(read) << body;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    }
}

}  // namespace
}  // namespace posthaste
