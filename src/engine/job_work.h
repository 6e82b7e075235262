#pragma once

// One job being carried out: what the next slice of events is, and what to do to each of them. Knows neither turns nor rests
// nor the stored record; that is the JobRunner's. One executor.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "engine/directory_service.h"
#include "engine/job.h"
#include "engine/job_runner.h"
#include "engine/task_group.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste {

class JobWork {
public:
    JobWork(Executor executor, const JobRunner::Ports& ports, const JobLimits& limits,
            const Sabotage& sabotage, Job job);

    [[nodiscard]] Job& job() { return job_; }

    enum class Step : std::uint8_t { more, finished };
    // Does the next slice and moves the progress on. An error leaves the progress where everything before it is done; is it
    // one that ends_job(), the step must not be repeated.
    Task<Result<Step>> step();

private:
    enum class Outcome : std::uint8_t { done, skipped };

    Task<Result<Step>> walk_endpoint();
    Task<Result<Step>> redrive();
    Task<Result<Step>> purge();
    Task<Result<Step>> count();

    // The job's window, of the times at which events were accepted: [since, end()).
    [[nodiscard]] Timestamp end() const;
    [[nodiscard]] bool is_within(const Event& event) const;
    [[nodiscard]] EventQuery slice_query() const;
    // Where the walk of an endpoint looks, by the job's kind.
    [[nodiscard]] EventQuery endpoint_query() const;
    // The entries of the page that are to be resent.
    Task<Result<std::vector<EventId>>> choose(EventPage page);
    Task<Result<std::vector<EventId>>> choose_missing(EventPage page);
    Task<Result<std::vector<EventId>>> choose_answered(EventPage page);
    // Those of the page's events that have a delivery to the endpoint.
    Task<Result<std::set<EventId>>> sent_among(EventId first, EventId last);
    [[nodiscard]] bool is_wanted(const PreparedEndpoint& endpoint, const Event& event) const;

    // Acts on all of them, a few at a time, and moves the progress behind each few.
    Task<Result<void>> act_on(std::vector<EventId> events);
    Task<void> act(EventId event, std::size_t place);
    Task<Result<Outcome>> act_on_one(EventId event);
    void pass(const EventPage& page);

    [[nodiscard]] Result<void> check_target();
    // Moves a redrive to the next endpoint, a count to the next application; false: there is none.
    [[nodiscard]] bool next_endpoint();
    [[nodiscard]] bool next_application();

    const JobRunner::Ports& ports_;
    const JobLimits& limits_;
    const Sabotage& sabotage_;
    DirectoryService directory_;
    Job job_;
    std::vector<Result<Outcome>> outcomes_;  // of those that act() works on
    TaskGroup tasks_;
};

// No repetition will help: the target is gone, or what is stored cannot be read.
[[nodiscard]] bool ends_job(ErrorCode code);

}  // namespace posthaste
