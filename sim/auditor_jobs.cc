// The auditor's rules about jobs and deleted payloads. What a job promises is what fits it when it is made; whether it has
// ended is read where a restarted process would read it.

#include <algorithm>
#include <chrono>

#include "base/assert.h"
#include "sim/auditor.h"
#include "sim/marks.h"

namespace posthaste::sim {

namespace {

// Ids begin with the milliseconds they were issued in, which stand still when the clock is set back.
Timestamp issued_at(EventId id) {
    return from_micros(static_cast<std::int64_t>(id.hi >> 16) * 1000);
}

bool is_within(const Job& job, EventId id, Timestamp accepted_at) {
    const Timestamp end = job.parameters.until.value_or(job.created_at + 1ms);
    return accepted_at >= job.parameters.since && accepted_at < end && issued_at(id) < end;
}

}  // namespace

// --- deleted payloads -------------------------------------------------------------------------------------------------

void Auditor::expunge_asked(EventId event) {
    trace("expunge asked", event, {});
    events_.at(event).expunge_asked = true;
}

void Auditor::expunge_acknowledged(EventId event) {
    trace("expunged", event, {});
    events_.at(event).is_expunged = true;
}

bool Auditor::expunge_asked_of(EventId event) const {
    const KnownEvent& known = events_.at(event);
    return known.expunge_asked || purges_asked_.contains(known.application);
}

// --- jobs -------------------------------------------------------------------------------------------------------------

void Auditor::job_asked(const Job& job) {
    if (job.kind == JobKind::application_purge_content) purges_asked_.insert(job.application);
}

void Auditor::job_started(const Job& job) {
    trace("job started", {}, job.endpoint, static_cast<std::int64_t>(job.kind));
    KnownJob& known = jobs_[job.id];
    known.life = life_;
    for (const auto& [id, event] : events_) {
        if (!is_wanted(job, id, event)) continue;
        if (job.kind == JobKind::application_purge_content) {
            known.payloads.push_back(id);
            continue;
        }
        const Delivery* delivery = find(id, job.endpoint);
        known.asks.push_back(asks_.size());
        asks_.push_back({id, job.endpoint, last_send_, delivery && delivery->open, false});
    }
}

// As things are now.
bool Auditor::is_wanted(const Job& job, EventId id, const KnownEvent& event) const {
    if (event.application != job.application || !is_within(job, id, event.accepted_at))
        return false;
    const auto found = deliveries_.find({id, job.endpoint});
    const Delivery* const delivery = found == deliveries_.end() ? nullptr : &found->second;
    switch (job.kind) {
        case JobKind::application_purge_content: return true;
        case JobKind::endpoint_replay: return delivery == nullptr;
        case JobKind::endpoint_recover:
            return delivery &&
                   (delivery->state == DeliveryState::dead ||
                    (delivery->state == DeliveryState::parked && delivery->attempts > 0));
        case JobKind::endpoint_bulk_replay: {
            const auto& states = job.parameters.states;
            return delivery && (states.empty() || std::ranges::count(states, delivery->state) > 0);
        }
        case JobKind::application_stats:
        case JobKind::event_type_aggregate:
        case JobKind::dead_letter_redrive: break;
    }
    return false;
}

std::vector<Job> Auditor::stored_jobs() const {
    RecordQuery query;
    query.kind = RecordKind::job;
    std::vector<Job> jobs;
    for (const Record& record : disk_.config().read(query)) {
        Result<Job> job = to_job(record);
        ASSERT(job);
        jobs.push_back(std::move(*job));
    }
    return jobs;
}

bool Auditor::has_running(Jobs which) const {
    return std::ranges::any_of(stored_jobs(), [&](const Job& job) {
        return job.status == JobStatus::running && (which == Jobs::all || jobs_.contains(job.id));
    });
}

// Whatever a job resends must fit some job that runs. States change while it walks, so they are not looked at here.
void Auditor::job_resends(EventId event, EndpointId endpoint) {
    trace("job resends", event, endpoint);
    resends_asked_.insert({event, endpoint});
    const KnownEvent& known = events_.at(event);
    const Delivery* delivery = find(event, endpoint);
    for (const Job& job : stored_jobs()) {
        if (job.status != JobStatus::running || job.endpoint != endpoint ||
            job.application != known.application || !is_within(job, event, known.accepted_at))
            continue;
        switch (job.kind) {
            case JobKind::endpoint_replay:
                if (delivery && !delivery->is_added) break;
                REACHED(job_filled_gaps);
                return;
            case JobKind::endpoint_recover:
                if (!delivery || delivery->attempts == 0) break;
                REACHED(job_recovered);
                return;
            case JobKind::endpoint_bulk_replay:
                if (!delivery) break;
                REACHED(job_replayed);
                return;
            case JobKind::application_purge_content:
            case JobKind::application_stats:
            case JobKind::event_type_aggregate:
            case JobKind::dead_letter_redrive: break;
        }
    }
    fail("a job resends what it was not asked to");
}

void Auditor::job_ended(const Job& job) {
    trace("job ended", {}, job.endpoint, static_cast<std::int64_t>(job.status));
    const auto known = jobs_.find(job.id);
    if (known == jobs_.end()) return;
    if (known->second.life != life_) REACHED(job_went_on);
    check_ended(job, known->second);
}

void Auditor::check_ended(const Job& job, const KnownJob& known) {
    if (job.status == JobStatus::failed) {
        REACHED(job_failed);
        const auto found = endpoints_.find(job.endpoint);
        // The engine itself may have made the endpoint inactive.
        const bool may_fail = found != endpoints_.end() &&
                              (found->second.deletion_requested || found->second.was_inactive ||
                               config_.rules.disable_after < 1h);
        if (!may_fail) fail("a job failed although its endpoint was there all the time");
        return;
    }
    if (job.kind == JobKind::endpoint_recover &&
        job.progress.done >= config_.job_limits.recover_max)
        return;
    for (const std::size_t ask : known.asks) asks_[ask].is_acknowledged = true;
    for (const EventId event : known.payloads) {
        if (dropped_.contains(event)) continue;
        const Result<EventHistory> history = disk_.read_event(event);
        if (!history->event->is_expunged) fail("a job that deletes payloads left one");
        events_.at(event).is_expunged = true;
        REACHED(job_purged);
    }
}

// In a settled world.
void Auditor::check_jobs(Jobs which) {
    if (has_running(which)) fail("a job never ended");
    for (const Job& job : stored_jobs()) {
        if (job.status == JobStatus::running) continue;
        if (const auto known = jobs_.find(job.id); known != jobs_.end())
            check_ended(job, known->second);
    }
}

}  // namespace posthaste::sim
