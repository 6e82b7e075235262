// POST /app/{app_id}/msg: the hot path. The body is read once in place, the payload copied once into the event, and the answer
// written straight from it.

#include <algorithm>
#include <chrono>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/native/applications.h"
#include "api/native/core.h"
#include "api/native/handlers.h"
#include "api/native/message_in.h"
#include "api/native/message_out.h"
#include "api/targets.h"
#include "ports/telemetry.h"

namespace posthaste::native {

namespace {

// Of a header.
constexpr std::size_t kWarningBytesMax = 500;
constexpr Duration kDelayMax = 24h;

HttpResponse reply_message(const Event& event, Content content, Timestamp now) {
    return reply(202, message_json(event, content, now));
}

std::shared_ptr<Event> make_event(const Call& call, const Principal& principal,
                                  const MessageIn& message) {
    auto event = std::make_shared<Event>();
    event->organization = principal.organization;
    event->type = message.event_type;
    event->payload = message.payload;
    if (message.event_id) event->uid = *message.event_id;
    const auto channels = message.channels();
    event->channels.assign(channels.begin(), channels.end());
    event->tags.assign(message.tags.begin(), message.tags.end());
    if (message.raw_payload) event->body = *message.raw_payload;
    event->request_key = request_key(call.request, principal);
    event->payload_expires_at = call.context->clock.now() + message.retention;
    event->deliver_at = message.deliver_at;
    return event;
}

// What the schema of its type finds wrong with a payload; nothing when nobody asked to look.
std::vector<SchemaFault> check_schema(MessageTools& tools, const EventType* type,
                                      std::string_view payload) {
    if (type == nullptr || type->schema_mode == SchemaMode::off) return {};
    const std::shared_ptr<const Schema> schema = tools.schemas.find(*type);
    return schema ? schema->check(payload) : std::vector<SchemaFault>{};
}

HttpResponse reply_schema_faults(const std::vector<SchemaFault>& faults) {
    Issues issues;
    for (const SchemaFault& fault : faults) {
        Issues::Location location{"body", "payload"};
        for (std::size_t at = 0; at < fault.path.size();) {
            const std::size_t end = std::min(fault.path.find('/', at + 1), fault.path.size());
            location.push_back(fault.path.substr(at + 1, end - at - 1));
            at = end;
        }
        issues.add(location, fault.message, "value_error.jsonschema");
    }
    return issues.reply();
}

// None: the message may wait that long.
std::optional<HttpResponse> refuse_delay(const MessageIn& message, Timestamp now) {
    if (!message.deliver_at || *message.deliver_at <= now) return std::nullopt;
    Issues issues;
    if (*message.deliver_at > now + kDelayMax)
        issues.add({"body", "deliver_at"}, "Not more than 24 hours from now.");
    else if (*message.deliver_at >= now + message.retention)
        issues.add({"body", "deliver_at"}, "The payload would be gone by then.");
    return issues.none() ? std::nullopt : std::optional(issues.reply());
}

// An event ready to be accepted, but for its application when that is still to be made.
struct Prepared {
    std::shared_ptr<Event> event;
    Content content = Content::shown;
    Scope scope;
    bool is_application_missing = false;
    std::optional<ApplicationInput> application;  // what to make it of
    std::string warning;  // what its type's schema finds wrong, when nobody is to be refused for it
};

std::expected<Prepared, HttpResponse> prepare(const Call& call) {
    Prepared prepared;
    if (!call.request.query.empty()) {
        Query query(call.request.query);
        if (!query.flag("with_content", true)) prepared.content = Content::omitted;
        if (!query.ok()) return std::unexpected(query.reply());
    }
    Entered scope = enter(call, Level::organization);
    if (!scope) return std::unexpected(std::move(scope).error());
    prepared.scope = *std::move(scope);
    const auto message = call.messages->reader.read(call.request.body);
    if (!message) return std::unexpected(message.error());
    if (auto refused = refuse_delay(*message, call.context->clock.now()))
        return std::unexpected(*std::move(refused));

    const Directory& directory = *prepared.scope.directory;
    const Principal& principal = *prepared.scope.principal;
    const EventTypePtr type =
        directory.find_event_type(principal.organization, message->event_type);
    const auto faults = check_schema(*call.messages, type.get(), message->payload);
    if (!faults.empty()) {
        if (type->schema_mode == SchemaMode::reject)
            return std::unexpected(reply_schema_faults(faults));
        prepared.warning = faults.front().path + ": " + faults.front().message;
    }
    prepared.event = make_event(call, principal, *message);
    const PreparedApplicationPtr application =
        find_application(directory, principal.organization, call.params[0]);
    if (application) {
        prepared.event->application = application->config.id;
        prepared.event->targets = targets_of(directory, *prepared.event, message->tree);
        return prepared;
    }
    prepared.is_application_missing = true;
    if (!message->application) return prepared;
    BodyReader body(*message->application);
    prepared.application = read_application(body);
    if (!body.ok()) return std::unexpected(body.reply());
    return prepared;
}

// Makes the application that the event is for; none when that went well.
Task<std::optional<HttpResponse>> make_application(Call call, Prepared* prepared) {
    const Entered entered = co_await enter_or_create_application(call, std::move(prepared->scope),
                                                                 std::move(prepared->application));
    if (!entered) co_return entered.error();
    Event& event = *prepared->event;
    event.application = entered->application->config.id;
    event.targets = targets_of(*entered->directory, event);
    co_return std::nullopt;
}

void warn(const Call& call, const Event& event, const std::string& warning,
          HttpResponse& response) {
    std::string sentence = "The payload of " + message_id(event.id) +
                           " does not fit the schema of its type '" + event.type + "' at " +
                           warning;
    if (call.context->telemetry != nullptr)
        call.context->telemetry->on_notice(Severity::warning, "api", sentence);
    sentence.resize(std::min(sentence.size(), kWarningBytesMax));
    std::erase_if(sentence, [](char c) { return c < 0x20 || c == 0x7f; });
    response.headers += "warning: 299 - \"";
    for (const char c : sentence) response.headers += c == '"' || c == '\\' ? '\'' : c;
    response.headers += "\"\r\n";
}

Task<HttpResponse> answer_repeat(Call call, EventId first, Content content) {
    const Result<EventHistory> history = co_await call.context->store.read_event(first);
    if (!history) co_return fault(history.error(), *call.context);
    co_return reply_message(*history->event, content, call.context->clock.now());
}

}  // namespace

Task<HttpResponse> create_message(Call call) {
    try {
        auto prepared = prepare(call);
        if (!prepared) co_return std::move(prepared).error();
        if (prepared->is_application_missing) {
            auto refused = co_await make_application(call, &*prepared);
            if (refused) co_return *std::move(refused);
        }
        const std::shared_ptr<Event> event = std::move(prepared->event);
        const Result<Accepted> accepted = co_await call.context->engine.accept(event);
        if (!accepted) co_return fault(accepted.error(), *call.context);
        if (accepted->is_repeat)
            co_return co_await answer_repeat(call, accepted->id, prepared->content);
        HttpResponse response = reply_message(*event, prepared->content, call.context->clock.now());
        if (!prepared->warning.empty()) warn(call, *event, prepared->warning, response);
        co_return response;
    } catch (const std::exception&) {
        // Out of memory: nothing was accepted, or the producer is told to ask again.
    }
    co_return reply(500, "{}");
}

}  // namespace posthaste::native
