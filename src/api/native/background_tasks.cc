// Work over many messages that goes on behind the answer: recover, replay, purge, count. The routes start jobs
// (engine/job_service.h) and show how far they came.

#include <chrono>
#include <utility>
#include <vector>

#include "api/native/core.h"
#include "api/native/handlers.h"
#include "api/native/message_in.h"
#include "api/native/message_out.h"
#include "engine/job_service.h"

namespace posthaste::native {

namespace {

// How far back a recovery may reach, and how much longer because clocks differ.
constexpr Duration kRecoverable = std::chrono::days(14);
constexpr Duration kGrace = 5min;

void write_task(ObjectWriter& object, const Job& job) {
    object.text("id", to_base62("qtask", job.id));
    object.text("status", to_string(job.status));
    object.text("task", to_string(job.kind));
    object.time("updatedAt", job.updated_at);
}

Task<Result<Job>> start(Call call, Job job) {
    if (call.context->jobs == nullptr)
        co_return fail(ErrorCode::unavailable, "There are no background tasks.");
    co_return co_await call.context->jobs->start(std::move(job));
}

Task<HttpResponse> answer_started(Call call, Job job) {
    const Result<Job> started = co_await start(call, std::move(job));
    if (!started) co_return fault(started.error(), *call.context);
    std::string body;
    ObjectWriter object(body);
    write_task(object, *started);
    object.close();
    co_return reply(202, std::move(body));
}

Job job_of(const Scope& scope, JobKind kind) {
    Job job;
    job.kind = kind;
    job.organization = scope.principal->organization;
    if (scope.application) job.application = scope.application->config.id;
    if (scope.endpoint) job.endpoint = scope.endpoint->config.id;
    return job;
}

// The members `since` and `until`.
void read_span(BodyReader& body, JobParameters& parameters) {
    parameters.since = body.time({"since", Presence::required}).value_or({});
    parameters.until = body.time({"until"}).value;
    if (parameters.until && body.ok() && *parameters.until <= parameters.since)
        body.add_issue("until", "`until` must be after `since`");
}

void read_bulk_replay(BodyReader& body, JobParameters& parameters) {
    const TextRule identifier{.min = 1, .max = 256, .is_identifier = true};
    parameters.event_types =
        body.set({"eventTypes", Presence::optional, "event_types"}, {.min = 1, .each = identifier})
            .value_or({});
    parameters.channel = body.text({"channel"}, identifier).value;
    parameters.tag = body.text({"tag"}, {.max = kTagLengthMax}).value;
    const auto status = body.integer({"status"}, 0, 4);
    if (status)
        parameters.states =
            delivery_states(static_cast<MessageStatus>(*status.value), StatusWords::usual);
    const auto status_class =
        body.integer({"statusCodeClass", Presence::optional, "status_code_class"}, 0, 500);
    if (!status_class) return;
    if (*status_class.value % 100 != 0)
        body.add_issue("status_code_class", "Expected one of 0, 100, 200, 300, 400, 500");
    parameters.status_class = static_cast<int>(*status_class.value);
}

// The applications that `appIds` names, and the names that stand for none.
std::vector<std::string> resolve(const Scope& scope, const std::vector<std::string>& names,
                                 JobParameters& parameters) {
    std::vector<std::string> unresolved;
    for (const std::string& name : names) {
        const PreparedApplicationPtr found =
            find_application(*scope.directory, scope.principal->organization, name);
        if (found)
            parameters.applications.push_back(found->config.id);
        else
            unresolved.push_back(name);
    }
    return unresolved;
}

}  // namespace

Task<HttpResponse> recover_endpoint(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    Job job = job_of(*scope, JobKind::endpoint_recover);
    BodyReader body(call.request.body);
    read_span(body, job.parameters);
    const Timestamp until = job.parameters.until.value_or(call.context->clock.now());
    if (body.ok() && job.parameters.since < until - kRecoverable - kGrace)
        body.add_issue("since", "Cannot recover messages more than 14 days old");
    if (!body.ok()) co_return body.reply();
    co_return co_await answer_started(call, std::move(job));
}

Task<HttpResponse> replay_missing(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    Job job = job_of(*scope, JobKind::endpoint_replay);
    BodyReader body(call.request.body);
    read_span(body, job.parameters);
    if (!body.ok()) co_return body.reply();
    co_return co_await answer_started(call, std::move(job));
}

Task<HttpResponse> bulk_replay(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    Job job = job_of(*scope, JobKind::endpoint_bulk_replay);
    BodyReader body(call.request.body);
    read_span(body, job.parameters);
    read_bulk_replay(body, job.parameters);
    if (!body.ok()) co_return body.reply();
    co_return co_await answer_started(call, std::move(job));
}

Task<HttpResponse> expunge_all_contents(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    co_return co_await answer_started(call, job_of(*scope, JobKind::application_purge_content));
}

Task<HttpResponse> aggregate_event_types(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    co_return co_await answer_started(call, job_of(*scope, JobKind::event_type_aggregate));
}

Task<HttpResponse> aggregate_application_stats(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    Job job = job_of(*scope, JobKind::application_stats);
    BodyReader body(call.request.body);
    read_span(body, job.parameters);
    const auto names = body.set({"appIds", Presence::optional, "app_ids"}, {});
    if (!body.ok()) co_return body.reply();
    std::vector<std::string> unresolved;
    if (names) unresolved = resolve(*scope, *names.value, job.parameters);
    if (names && !names.value->empty() && job.parameters.applications.empty())
        co_return unprocessable("app_ids", "None of these applications exists");

    const Result<Job> started = co_await start(call, std::move(job));
    if (!started) co_return fault(started.error(), *call.context);
    std::string answer;
    ObjectWriter object(answer);
    object.texts("unresolvedAppIds", unresolved);
    write_task(object, *started);
    object.close();
    co_return reply(202, std::move(answer));
}

Task<HttpResponse> redrive_dead_letters(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    Job job = job_of(*scope, JobKind::dead_letter_redrive);
    const Result<Job> started = co_await start(call, std::move(job));
    if (!started) co_return fault(started.error(), *call.context);
    co_return no_content();
}

namespace {

void append_task(std::string& out, const Job& job) {
    ObjectWriter object(out);
    object.raw("data", job.result.empty() ? std::string_view("{}") : job.result);
    write_task(object, job);
    object.close();
}

}  // namespace

Task<HttpResponse> list_background_tasks(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("qtask", Order::descending);
    const auto status = query.text("status");
    const auto kind = query.text("task");
    if (!query.ok()) co_return query.reply();
    JobFilter filter;
    if (status && !(filter.status = parse_job_status(*status)))
        co_return bad_query("Unknown status");
    if (kind) {
        const auto known = parse_job_kind(*kind);
        if (!known) co_return bad_query("Unknown task");
        filter.kinds.push_back(*known);
    }
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();

    ListWriter list;
    if (call.context->jobs == nullptr) co_return list.finish(true);
    const PageBounds bounds = paging.bounds();
    filter.above = JobId(bounds.above);
    filter.below = JobId(bounds.below);
    filter.newest_first = bounds.descending;
    filter.limit = bounds.limit;
    auto jobs =
        co_await call.context->jobs->list(scope->principal->organization, std::move(filter));
    if (!jobs) co_return fault(jobs.error(), *call.context);
    const bool done = paging.cut(*jobs);
    for (const Job& job : *jobs) append_task(list.item(to_base62("qtask", job.id)), job);
    co_return list.finish(done);
}

Task<HttpResponse> get_background_task(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    if (call.context->jobs == nullptr) co_return entity_not_found();
    const auto id = parse_base62("qtask", percent_decode(call.params[0]));
    if (!id) co_return entity_not_found();
    const Result<Job> job =
        co_await call.context->jobs->read(scope->principal->organization, JobId(*id));
    if (!job) co_return fault(job.error(), *call.context);
    std::string body;
    append_task(body, *job);
    co_return reply(200, std::move(body));
}

}  // namespace posthaste::native
