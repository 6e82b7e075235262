// What the world's people ask to be done to many events: recover, replay, replay what is missing, delete payloads.

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/assert.h"
#include "sim/marks.h"
#include "sim/world.h"

namespace posthaste::sim {

void World::script_jobs() {
    const auto some_time = [this] { return jobs_.between(Duration{0}, config_.safety); };
    for (std::uint32_t n = 0; n < config_.jobs; ++n) at(some_time(), [this] { start_job(); });
    for (std::uint32_t n = 0; n < config_.expunges; ++n)
        at(some_time(), [this] { expunge_something(); });
}

Job World::draw_job() {
    constexpr JobKind kKinds[] = {JobKind::endpoint_recover, JobKind::endpoint_replay,
                                  JobKind::endpoint_bulk_replay};
    Job job;
    const std::size_t number = jobs_.below(endpoint_ids_.size());
    job.application = config_.endpoints[number].application;
    // Each application is an organization of its own, so that several jobs run at once.
    job.organization = OrganizationId{job.application.hi, 9};
    if (jobs_.chance(config_.purge_share)) {
        job.kind = JobKind::application_purge_content;
        return job;
    }
    job.endpoint = endpoint_ids_[number];
    job.kind = kKinds[jobs_.below(3)];
    if (jobs_.chance(0.4)) job.parameters.since = time_.now() - jobs_.between(Duration{0}, 30s);
    if (jobs_.chance(0.3)) job.parameters.until = time_.now() + jobs_.between(-10s, 10s);
    if (job.kind == JobKind::endpoint_bulk_replay)
        for (const DeliveryState state : {DeliveryState::pending, DeliveryState::parked,
                                          DeliveryState::delivered, DeliveryState::dead})
            if (jobs_.chance(0.4)) job.parameters.states.push_back(state);
    return job;
}

void World::start_job() {
    if (life_ != Life::running && life_ != Life::stopping) return;
    Job job = draw_job();
    auditor_.job_asked(job);
    job_starts_under_way_ += 1;
    asio::co_spawn(context_->get_executor(), job_service_->start(std::move(job)),
                   [this](std::exception_ptr error, Result<Job> started) {
                       ASSERT(!error);
                       job_starts_under_way_ -= 1;
                       if (started) return auditor_.job_started(*started);
                       REACHED(job_refused);
                   });
}

void World::expunge_something() {
    if (life_ != Life::running && life_ != Life::stopping) return;
    const std::vector<EventId> events = disk_->event_ids();
    if (events.empty()) return;
    // The newest ones are in memory.
    const std::size_t newest = std::min<std::size_t>(events.size(), jobs_.chance(0.7) ? 8 : 1000);
    const EventId event = events[events.size() - 1 - jobs_.below(newest)];
    auditor_.expunge_asked(event);
    expunges_under_way_ += 1;
    Engine& engine = *engines_[jobs_.below(engines_.size())];
    asio::co_spawn(context_->get_executor(), engine.expunge(event),
                   [this, event](std::exception_ptr error, Result<bool> done) {
                       ASSERT(!error);
                       expunges_under_way_ -= 1;
                       if (done) auditor_.expunge_acknowledged(event);
                   });
}

}  // namespace posthaste::sim
