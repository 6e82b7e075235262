#include "engine/job_work.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <utility>

#include "domain/directory.h"
#include "domain/filter.h"

namespace posthaste {

namespace {

constexpr std::size_t kCountedPerResent =
    10;  // counting an event costs so much less than resending it

// Ids begin with the milliseconds they were made in, so this is before all ids of that millisecond.
EventId bound(std::chrono::sys_time<std::chrono::milliseconds> at) {
    const auto millis = std::max<std::int64_t>(at.time_since_epoch().count(), 0);
    return {static_cast<std::uint64_t>(millis) << 16, 0};
}

EventId bound_above(Timestamp since) {
    return bound(std::chrono::floor<std::chrono::milliseconds>(since));
}

EventId bound_below(Timestamp until) {
    return bound(std::chrono::ceil<std::chrono::milliseconds>(until));
}

// Failed before, and no success: what recovering is about.
bool has_failed(const EventEntry& entry) {
    return entry.state == DeliveryState::dead ||
           (entry.state == DeliveryState::parked && entry.attempts > 0);
}

}  // namespace

bool ends_job(ErrorCode code) {
    return code == ErrorCode::not_found || code == ErrorCode::corrupt || code == ErrorCode::invalid;
}

JobWork::JobWork(Executor executor, const JobRunner::Ports& ports, const JobLimits& limits,
                 const Sabotage& sabotage, Job job)
    : ports_(ports),
      limits_(limits),
      sabotage_(sabotage),
      directory_(ports.directory, ports.store),
      job_(std::move(job)),
      tasks_(std::move(executor)) {}

Task<Result<JobWork::Step>> JobWork::step() {
    if (Result<void> target = check_target(); !target)
        co_return std::unexpected(std::move(target).error());
    switch (job_.kind) {
        case JobKind::endpoint_recover:
        case JobKind::endpoint_replay:
        case JobKind::endpoint_bulk_replay: co_return co_await walk_endpoint();
        case JobKind::dead_letter_redrive: co_return co_await redrive();
        case JobKind::application_purge_content: co_return co_await purge();
        case JobKind::application_stats: co_return co_await count();
        case JobKind::event_type_aggregate: break;  // the result is made from the directory
    }
    co_return Step::finished;
}

Result<void> JobWork::check_target() {
    const Directory& directory = *directory_.current();
    if (!job_.application.is_nil() && !directory.find(job_.application))
        return fail(ErrorCode::not_found, "The application was deleted.");
    if (job_.endpoint.is_nil()) return {};
    const PreparedEndpointPtr endpoint = directory.find(job_.endpoint);
    if (!endpoint || endpoint->config.is_deleted)
        return fail(ErrorCode::not_found, "The endpoint was deleted.");
    if (!endpoint->config.is_active) return fail(ErrorCode::not_found, "The endpoint is disabled.");
    return {};
}

// ---- walking

Timestamp JobWork::end() const {
    if (sabotage_.ignore_job_window) return ports_.clock.now() + 24h;
    // Without an end, a job does all that was there when it was made.
    return job_.parameters.until.value_or(job_.created_at + 1ms);
}

bool JobWork::is_within(const Event& event) const {
    return event.accepted_at >= job_.parameters.since && event.accepted_at < end();
}

EventQuery JobWork::slice_query() const {
    EventQuery query;
    query.application = job_.progress.application;
    query.above = std::max(bound_above(job_.parameters.since), job_.progress.event);
    query.below = bound_below(end());
    query.oldest_first = true;
    query.limit = limits_.slice;
    query.with_payload = false;
    return query;
}

EventQuery JobWork::endpoint_query() const {
    EventQuery query = slice_query();
    if (job_.kind == JobKind::endpoint_replay) {
        query.with_payload = true;  // filters look at it
        return query;
    }
    query.endpoints = {job_.progress.endpoint};
    if (job_.kind == JobKind::endpoint_bulk_replay) {
        query.event_types = job_.parameters.event_types;
        query.channel = job_.parameters.channel;
        query.tag = job_.parameters.tag;
        query.states = job_.parameters.states;
    } else {
        query.states = {DeliveryState::dead};
        if (job_.kind == JobKind::endpoint_recover) query.states.push_back(DeliveryState::parked);
    }
    return query;
}

// Where the page ends, unless that is the end of the walk.
void JobWork::pass(const EventPage& page) {
    job_.progress.examined += page.entries.size();
    if (page.more_behind) job_.progress.event = *page.more_behind;
}

Task<Result<JobWork::Step>> JobWork::walk_endpoint() {
    JobProgress& progress = job_.progress;
    if (progress.endpoint.is_nil()) {
        progress.application = job_.application;
        progress.endpoint = job_.endpoint;
    }
    ASSIGN_OR_CO_RETURN(const EventPage page, co_await ports_.store.list_events(endpoint_query()));
    ASSIGN_OR_CO_RETURN(std::vector<EventId> chosen, co_await choose(page));
    const bool is_capped = job_.kind == JobKind::endpoint_recover &&
                           chosen.size() >= limits_.recover_max - progress.done;
    if (is_capped) chosen.resize(limits_.recover_max - progress.done);
    if (Result<void> acted = co_await act_on(std::move(chosen)); !acted)
        co_return std::unexpected(std::move(acted).error());
    pass(page);
    co_return is_capped || !page.more_behind ? Step::finished : Step::more;
}

Task<Result<JobWork::Step>> JobWork::redrive() {
    const PreparedEndpointPtr endpoint = directory_.current()->find(job_.progress.endpoint);
    if (!endpoint || !endpoint->config.is_active || endpoint->config.is_deleted) {
        co_return next_endpoint() ? Step::more : Step::finished;
    }
    ASSIGN_OR_CO_RETURN(const EventPage page, co_await ports_.store.list_events(endpoint_query()));
    ASSIGN_OR_CO_RETURN(std::vector<EventId> chosen, co_await choose(page));
    if (Result<void> acted = co_await act_on(std::move(chosen)); !acted)
        co_return std::unexpected(std::move(acted).error());
    pass(page);
    if (page.more_behind) co_return Step::more;
    co_return next_endpoint() ? Step::more : Step::finished;
}

Task<Result<JobWork::Step>> JobWork::purge() {
    job_.progress.application = job_.application;
    ASSIGN_OR_CO_RETURN(const EventPage page, co_await ports_.store.list_events(slice_query()));
    std::vector<EventId> chosen;
    // Those without a payload, too: whoever deleted it may have been interrupted before all was forgotten.
    for (const EventEntry& entry : page.entries)
        if (is_within(*entry.event)) chosen.push_back(entry.event->id);
    if (Result<void> acted = co_await act_on(std::move(chosen)); !acted)
        co_return std::unexpected(std::move(acted).error());
    pass(page);
    co_return page.more_behind ? Step::more : Step::finished;
}

Task<Result<JobWork::Step>> JobWork::count() {
    JobProgress& progress = job_.progress;
    if (progress.application.is_nil() && !next_application()) co_return Step::finished;
    EventQuery query = slice_query();
    query.limit *= kCountedPerResent;
    ASSIGN_OR_CO_RETURN(const EventPage page, co_await ports_.store.list_events(std::move(query)));
    std::uint64_t& deliveries = progress.counts[progress.application];
    for (const EventEntry& entry : page.entries)
        if (is_within(*entry.event)) deliveries += entry.event->targets.size();
    pass(page);
    if (page.more_behind) co_return Step::more;
    co_return next_application() ? Step::more : Step::finished;
}

bool JobWork::next_endpoint() {
    JobProgress& progress = job_.progress;
    const Directory& directory = *directory_.current();
    progress.event = EventId();
    PageBounds after_application;
    after_application.limit = 1;
    while (true) {
        if (!progress.application.is_nil()) {
            PageBounds after_endpoint;
            after_endpoint.above = progress.endpoint;
            after_endpoint.limit = 1;
            const auto next = directory.endpoints(progress.application, after_endpoint);
            if (!next.empty()) {
                progress.endpoint = next.front()->config.id;
                return true;
            }
        }
        after_application.above = progress.application;
        const auto next = directory.applications(job_.organization, after_application);
        if (next.empty()) return false;
        progress.application = next.front()->config.id;
        progress.endpoint = EndpointId();
    }
}

bool JobWork::next_application() {
    JobProgress& progress = job_.progress;
    const Directory& directory = *directory_.current();
    const std::vector<ApplicationId>& asked = job_.parameters.applications;
    progress.event = EventId();
    if (asked.empty()) {
        PageBounds after;
        after.above = progress.application;
        after.limit = 1;
        const auto next = directory.applications(job_.organization, after);
        if (next.empty()) return false;
        progress.application = next.front()->config.id;
        return true;
    }
    std::optional<ApplicationId> next;
    for (const ApplicationId id : asked)
        if (id > progress.application && (!next || id < *next) && directory.find(id)) next = id;
    if (next) progress.application = *next;
    return next.has_value();
}

// ---- choosing

Task<Result<std::vector<EventId>>> JobWork::choose(EventPage page) {
    std::erase_if(page.entries, [this](const EventEntry& entry) {
        return entry.event->is_expunged || !is_within(*entry.event);
    });
    if (job_.kind == JobKind::endpoint_replay) co_return co_await choose_missing(std::move(page));
    if (job_.parameters.status_class) co_return co_await choose_answered(std::move(page));
    std::vector<EventId> chosen;
    const bool wants_failed = job_.kind != JobKind::endpoint_bulk_replay;
    for (const EventEntry& entry : page.entries)
        if (!wants_failed || has_failed(entry)) chosen.push_back(entry.event->id);
    if (sabotage_.skip_job_events) std::erase_if(chosen, [](EventId id) { return id.hi % 2 == 0; });
    co_return chosen;
}

Task<Result<std::vector<EventId>>> JobWork::choose_missing(EventPage page) {
    std::vector<EventId> chosen;
    const PreparedEndpointPtr endpoint = directory_.current()->find(job_.endpoint);
    if (!endpoint) co_return chosen;
    for (const EventEntry& entry : page.entries) {
        const Event& event = *entry.event;
        const bool is_target =
            std::ranges::find(event.targets, job_.endpoint) != event.targets.end();
        if (!is_target && is_wanted(*endpoint, event)) chosen.push_back(event.id);
    }
    if (chosen.empty()) co_return chosen;
    // An earlier resend may have added the delivery.
    ASSIGN_OR_CO_RETURN(const std::set<EventId> sent,
                        co_await sent_among(chosen.front(), chosen.back()));
    std::erase_if(chosen, [&sent](EventId id) { return sent.contains(id); });
    co_return chosen;
}

Task<Result<std::set<EventId>>> JobWork::sent_among(EventId first, EventId last) {
    std::set<EventId> sent;
    EventQuery query = slice_query();
    query.endpoints = {job_.endpoint};
    query.above = EventId(first.hi - 1, UINT64_MAX);
    query.below = EventId(last.hi + 1, 0);
    while (true) {
        ASSIGN_OR_CO_RETURN(const EventPage page, co_await ports_.store.list_events(query));
        for (const EventEntry& entry : page.entries) sent.insert(entry.event->id);
        if (!page.more_behind) co_return sent;
        query.above = *page.more_behind;
    }
}

bool JobWork::is_wanted(const PreparedEndpoint& endpoint, const Event& event) const {
    FilterInput input{nullptr, event.type, event.channels};
    simdjson::dom::parser parser;
    simdjson::dom::element payload;
    if (endpoint.filter && parser.parse(event.payload).get(payload) == simdjson::SUCCESS)
        input.payload = &payload;
    return wants(endpoint, EventFacts{event.type, event.channels, &input});
}

Task<Result<std::vector<EventId>>> JobWork::choose_answered(EventPage page) {
    std::vector<EventId> chosen;
    const int wanted = *job_.parameters.status_class;
    const auto is_answer = [wanted](const AttemptRecord& attempt) {
        return attempt.status_code / 100 * 100 == wanted;
    };
    for (const EventEntry& entry : page.entries) {
        const Result<EventHistory> history = co_await ports_.store.read_event(entry.event->id);
        if (!history && history.error().code == ErrorCode::not_found) continue;
        if (!history) co_return std::unexpected(history.error());
        for (const DeliveryHistory& delivery : history->deliveries)
            if (delivery.endpoint == job_.endpoint &&
                std::ranges::any_of(delivery.attempts, is_answer))
                chosen.push_back(entry.event->id);
    }
    co_return chosen;
}

// ---- acting

Task<Result<void>> JobWork::act_on(std::vector<EventId> events) {
    for (std::size_t first = 0; first < events.size(); first += limits_.at_once) {
        const std::size_t count = std::min(limits_.at_once, events.size() - first);
        outcomes_.assign(count, Outcome::skipped);
        for (std::size_t i = 0; i < count; ++i) tasks_.spawn(act(events[first + i], i));
        co_await tasks_.join();
        for (const Result<Outcome>& outcome : outcomes_)
            if (!outcome) co_return std::unexpected(outcome.error());
        for (const Result<Outcome>& outcome : outcomes_)
            if (*outcome == Outcome::done) ++job_.progress.done;
        job_.progress.event = events[first + count - 1];
    }
    co_return Result<void>();
}

Task<void> JobWork::act(EventId event, std::size_t place) {
    const Result<Outcome> outcome = co_await act_on_one(event);
    if (outcome || !ends_job(outcome.error().code)) outcomes_[place] = outcome;
    // Otherwise the event, or its payload, went away meanwhile: there is nothing left to do to it.
}

Task<Result<JobWork::Outcome>> JobWork::act_on_one(EventId event) {
    if (job_.kind == JobKind::application_purge_content) {
        ASSIGN_OR_CO_RETURN(const bool was_there, co_await ports_.expunge(event));
        co_return was_there ? Outcome::done : Outcome::skipped;
    }
    const Result<void> resent = co_await ports_.resend(event, job_.progress.endpoint);
    if (!resent) co_return std::unexpected(resent.error());
    co_return Outcome::done;
}

}  // namespace posthaste
