#pragma once

// A job: work over many events that goes on behind the request that asked for it, such as recovering an endpoint. Jobs are
// records (ports/record.h) that carry their own progress, so that a restart goes on where the last process was. This file has
// the values and their text; job_service.h starts and shows jobs, job_runner.h carries them out. docs/jobs.md tells more.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/decision.h"
#include "ports/record.h"

namespace posthaste {

using JobId = StrongId<struct JobTag>;  // "qtask_…"

enum class JobKind : std::uint8_t {
    endpoint_recover,           // resend what failed
    endpoint_replay,            // send what the endpoint never got
    endpoint_bulk_replay,       // resend what matches
    application_purge_content,  // delete all payloads of an application
    application_stats,          // deliveries per application
    event_type_aggregate,       // event types that the endpoints of each application name
    dead_letter_redrive,        // resend all that failed, in all endpoints of the organization
};

// "endpoint.recover", "endpoint.replay", "endpoint.bulk-replay", "application.purge_content", "application.stats",
// "event-type.aggregate", "dead-letter.redrive".
[[nodiscard]] std::string_view to_string(JobKind kind);
[[nodiscard]] std::optional<JobKind> parse_job_kind(std::string_view text);

enum class JobStatus : std::uint8_t { running, finished, failed };  // waiting for its turn: running

[[nodiscard]] std::string_view to_string(JobStatus status);
[[nodiscard]] std::optional<JobStatus> parse_job_status(std::string_view text);

// What to do it to. Which of these count depends on the kind.
struct JobParameters {
    Timestamp since;                       // events accepted in [since, until)
    std::optional<Timestamp> until;        // none: up to the job's creation
    std::vector<std::string> event_types;  // endpoint_bulk_replay: any of these; empty: all
    std::optional<std::string> channel;    // endpoint_bulk_replay
    std::optional<std::string> tag;        // endpoint_bulk_replay
    std::vector<DeliveryState> states;     // endpoint_bulk_replay: of the delivery; empty: all
    std::optional<int>
        status_class;  // endpoint_bulk_replay: some attempt was answered so; 0: no answer
    std::vector<ApplicationId> applications;  // application_stats; empty: all

    friend bool operator==(const JobParameters&, const JobParameters&) = default;
};

// How far it came. Everything before the place is done; what follows it in the order of the walk is not.
struct JobProgress {
    ApplicationId application;                      // the walk's place: within this application,
    EndpointId endpoint;                            // within this endpoint,
    EventId event;                                  // behind this event; nil: at the beginning
    std::uint64_t examined = 0;                     // events looked at
    std::uint64_t done = 0;                         // of these: resent, purged
    std::map<ApplicationId, std::uint64_t> counts;  // application_stats

    friend bool operator==(const JobProgress&, const JobProgress&) = default;
};

struct Job {
    JobId id;  // nil before it is stored
    OrganizationId organization;
    ApplicationId application;  // nil where the kind is about the whole organization
    EndpointId endpoint;        // likewise
    JobKind kind = JobKind::endpoint_recover;
    JobStatus status = JobStatus::running;
    JobParameters parameters;
    JobProgress progress;
    std::string
        result;  // JSON object: what came of it, as SDKs show it; while it runs, how far it came
    Timestamp created_at;
    Timestamp updated_at;
    std::uint64_t revision = 0;

    friend bool operator==(const Job&, const Job&) = default;
};

inline constexpr std::uint64_t kRecoverMax = 10'000;  // events that one recovery resends
inline constexpr Duration kFinishedJobKept = std::chrono::days(30);

// Finished and failed jobs expire.
[[nodiscard]] Record to_record(const Job& job);
// `corrupt` when the body is not what to_record() writes.
[[nodiscard]] Result<Job> to_job(const Record& record);

}  // namespace posthaste
