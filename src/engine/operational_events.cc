#include "engine/operational_events.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "domain/attempt_id.h"
#include "engine/event_targets.h"

namespace posthaste {

namespace {

// A JSON object whose members come in the order they are added.
class ObjectText {
public:
    ObjectText& text(std::string_view name, std::string_view value) {
        begin(name);
        append_json_string(out_, value);
        return *this;
    }
    ObjectText& text_or_null(std::string_view name, const std::optional<std::string>& value) {
        if (value) return text(name, *value);
        return raw(name, "null");
    }
    // `json` is JSON already.
    ObjectText& raw(std::string_view name, std::string_view json) {
        begin(name);
        out_ += json;
        return *this;
    }
    [[nodiscard]] std::string end() { return out_ + "}"; }

private:
    void begin(std::string_view name) {
        out_ += out_.size() > 1 ? "," : "";
        append_json_string(out_, name);
        out_ += ':';
    }

    std::string out_ = "{";
};

std::string_view type_of(EndpointChange change) {
    switch (change) {
        case EndpointChange::created: return "endpoint.created";
        case EndpointChange::updated: return "endpoint.updated";
        case EndpointChange::deleted: return "endpoint.deleted";
        case EndpointChange::enabled: return "endpoint.enabled";
        case EndpointChange::disabled: return "endpoint.disabled";
    }
    return {};
}

std::string_view type_of(AttemptNews news) {
    switch (news) {
        case AttemptNews::failing: return "message.attempt.failing";
        case AttemptNews::exhausted: return "message.attempt.exhausted";
        case AttemptNews::recovered: return "message.attempt.recovered";
    }
    return {};
}

std::string payload(std::string_view type, std::string_view data) {
    ObjectText text;
    text.text("type", type).raw("data", data);
    return text.end();
}

std::optional<std::string> application_uid(const Directory& directory, ApplicationId id) {
    const PreparedApplicationPtr application = directory.find(id);
    return application ? application->config.uid : std::nullopt;
}

ObjectText endpoint_data(const Directory& directory, const Endpoint& endpoint) {
    ObjectText data;
    data.text("appId", to_base62("app", endpoint.application))
        .text_or_null("appUid", application_uid(directory, endpoint.application))
        .text("endpointId", to_base62("ep", endpoint.id))
        .text_or_null("endpointUid", endpoint.uid);
    return data;
}

std::string attempt_data(const Directory& directory, const Event& event, const Endpoint& endpoint,
                         const AttemptRecord& attempt) {
    const AttemptId id = attempt_id(attempt.started_at, event.id, endpoint.id, attempt.number);
    ObjectText last;
    last.text("id", to_base62("atmpt", id))
        .raw("responseStatusCode", std::to_string(attempt.status_code))
        .text("timestamp", format_rfc3339(attempt.started_at));
    ObjectText data;
    data.text("appId", to_base62("app", event.application))
        .text_or_null("appUid", application_uid(directory, event.application))
        .text("msgId", to_base62("msg", event.id))
        .text_or_null("msgEventId", event.uid)
        .text("endpointId", to_base62("ep", endpoint.id))
        .raw("lastAttempt", last.end());
    return data.end();
}

}  // namespace

OrganizationId management_organization() {
    const std::optional<Id> id = parse_base62("org", kManagementOrganization);
    return OrganizationId(id.value_or(Id()));
}

OperationalEvents::OperationalEvents(Executor executor, OperationalSettings settings,
                                     DirectoryService& directory, Telemetry& telemetry,
                                     Accept accept)
    : executor_(executor),
      settings_(settings),
      directory_(directory),
      telemetry_(telemetry),
      accept_(std::move(accept)),
      tasks_(executor) {}

void OperationalEvents::stop() {
    is_stopping_ = true;
    waiting_.clear();
}

// ---- what happened

void OperationalEvents::on_endpoint(EndpointChange change, const Endpoint& endpoint) {
    if (!is_listened_to(endpoint.organization)) return;
    ObjectText data = endpoint_data(*directory_.current(), endpoint);
    if (change == EndpointChange::disabled) data.raw("failSince", "null").text("trigger", "manual");
    enqueue(endpoint.organization, type_of(change), data.end());
}

void OperationalEvents::on_disabled(const Endpoint& endpoint, Timestamp failing_since) {
    if (!is_listened_to(endpoint.organization)) return;
    ObjectText data = endpoint_data(*directory_.current(), endpoint);
    data.text("failSince", format_rfc3339(failing_since)).text("trigger", "automatic");
    enqueue(endpoint.organization, type_of(EndpointChange::disabled), data.end());
}

std::shared_ptr<Event> OperationalEvents::on_attempt(AttemptNews news, const Event& event,
                                                     const Endpoint& endpoint,
                                                     const AttemptRecord& attempt) {
    if (!is_listened_to(event.organization)) return nullptr;
    const std::string_view type = type_of(news);
    const std::string data = attempt_data(*directory_.current(), event, endpoint, attempt);
    std::shared_ptr<Event> made =
        make_event(Waiting{event.organization, type, payload(type, data)});
    const AttemptId id = attempt_id(attempt.started_at, event.id, endpoint.id, attempt.number);
    if (made) made->uid = std::string(type) + "." + to_base62("atmpt", id);
    return made;
}

void OperationalEvents::on_job_finished(const Job& job) {
    if (!is_listened_to(job.organization)) return;
    ObjectText data;
    data.raw("data", job.result)
        .text("status", to_string(job.status))
        .text("task", to_string(job.kind))
        .text("taskId", to_base62("qtask", job.id));
    enqueue(job.organization, "background_task.finished", data.end());
}

// ---- sending

// What nobody receives is not even written down, so that an endpoint that fails costs no more than it must.
bool OperationalEvents::is_listened_to(OrganizationId organization) {
    return settings_.is_enabled && !is_stopping_ && listener(organization) != nullptr;
}

// The application that receives what happens to this organization. What happens to operational events is not told by
// operational events: they would never end.
PreparedApplicationPtr OperationalEvents::listener(OrganizationId organization) {
    const OrganizationId management = management_organization();
    if (organization == management) return nullptr;
    const DirectoryPtr& directory = directory_.current();
    const OrganizationPtr affected = directory->find(organization);
    return directory->find_application(management,
                                       affected ? affected->name : to_base62("org", organization));
}

void OperationalEvents::enqueue(OrganizationId organization, std::string_view type,
                                std::string data) {
    if (waiting_.size() >= settings_.queue_max) {
        if (dropped_++ == 0)
            telemetry_.on_notice(Severity::warning, "operational events",
                                 "too many are waiting: some are dropped until the queue is empty");
        return;
    }
    waiting_.push_back(Waiting{organization, type, payload(type, data)});
    if (is_sending_) return;
    is_sending_ = true;
    tasks_.spawn(send_waiting());
}

Task<void> OperationalEvents::send_waiting() {
    // Whoever called is in the middle of something else.
    co_await asio::post(executor_, asio::use_awaitable_t<Executor>());
    while (!waiting_.empty()) {
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        co_await send(std::move(next));
    }
    dropped_ = 0;
    is_sending_ = false;
}

std::shared_ptr<Event> OperationalEvents::make_event(Waiting waiting) {
    const PreparedApplicationPtr application = listener(waiting.organization);
    if (!application) return nullptr;
    auto event = std::make_shared<Event>();
    event->organization = application->config.organization;
    event->application = application->config.id;
    event->type = waiting.type;
    event->payload = std::move(waiting.payload);
    event->targets = targets_of(*directory_.current(), *event);
    return event;
}

Task<void> OperationalEvents::send(Waiting waiting) {
    const std::string_view type = waiting.type;
    std::shared_ptr<Event> event = make_event(std::move(waiting));
    if (!event) co_return;
    const Result<Accepted> accepted = co_await accept_(std::move(event));
    if (!accepted && accepted.error().code != ErrorCode::stopping)
        telemetry_.on_notice(
            Severity::warning, "operational events",
            std::string(type) + " could not be stored and is dropped: " + accepted.error().message);
}

}  // namespace posthaste
