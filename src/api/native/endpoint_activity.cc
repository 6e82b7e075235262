// What an endpoint's page shows and does: counts of its attempts, and an example sent to it.

#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include "api/json_members.h"
#include "api/native/core.h"
#include "api/native/handlers.h"
#include "api/native/message_in.h"
#include "api/native/message_out.h"
#include "domain/filter.h"

namespace posthaste::native {

namespace {

constexpr Duration kCounted = std::chrono::days(28);
constexpr Duration kGrace = 5min;

void append_condition(ObjectWriter& object, const EndpointCondition& condition) {
    object.text("health", to_string(condition.health));
    if (condition.since) object.time("failingSince", *condition.since);
    if (condition.next_probe) object.time("nextProbeAt", *condition.next_probe);
}
constexpr std::string_view kPing = "svix.ping";
constexpr std::string_view kPingPayload = R"({"success":true})";

std::optional<std::string_view> member(std::string_view object, std::string_view name) {
    if (!object.starts_with('{')) return std::nullopt;
    JsonMembers members(object);
    while (const auto found = members.next())
        if (found->key == name) return found->value;
    return std::nullopt;
}

// schemas["1"].examples[index] of an event type, when that is an object.
std::optional<std::string_view> example_of(const EventType& type, std::int64_t index) {
    if (!type.schemas) return std::nullopt;
    const std::string_view schemas = *type.schemas;
    const auto first = member(schemas.substr(skip_space(schemas, 0)), "1");
    const auto examples = first ? member(*first, "examples") : std::nullopt;
    if (!examples || !examples->starts_with('[')) return std::nullopt;
    std::size_t begin = skip_space(*examples, 1);
    for (; index > 0 && (*examples)[begin] != ']'; --index) {
        begin = skip_space(*examples, skip_value(*examples, begin));
        if ((*examples)[begin] == ',') begin = skip_space(*examples, begin + 1);
    }
    if ((*examples)[begin] == ']') return std::nullopt;
    const std::size_t end = skip_value(*examples, begin);
    const std::string_view example = examples->substr(begin, end - begin);
    if (!example.starts_with('{')) return std::nullopt;
    return example;
}

std::shared_ptr<Event> make_example(const Scope& scope, std::string type, std::string_view payload,
                                    Timestamp now) {
    auto event = std::make_shared<Event>();
    event->organization = scope.principal->organization;
    event->application = scope.application->config.id;
    event->type = std::move(type);
    event->payload = payload;
    event->payload_expires_at = now + kRetentionDefault;
    const PayloadTree tree(payload);
    const FilterInput input{tree.get(), event->type, event->channels};
    const EventFacts facts{event->type, event->channels, &input};
    if (scope.endpoint->config.is_active && wants(*scope.endpoint, facts))
        event->targets.push_back(scope.endpoint->config.id);
    return event;
}

}  // namespace

Task<HttpResponse> get_endpoint_stats(Call call) {
    Query query(call.request.query);
    const auto given_since = query.time("since");
    const auto given_until = query.time("until");
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    const Timestamp now = call.context->clock.now();
    const Timestamp until = given_until.value_or(now);
    const Timestamp since = given_since.value_or(until - kCounted);
    if (until > now) co_return fault(400, "invalid_range", "`until` cannot be in the future");
    if (until - since > kCounted + kGrace || since > until)
        co_return fault(400, "invalid_range",
                        "`since` must be before `until`, and at most 28 days before it");

    const Result<AttemptCounts> counts =
        co_await call.context->store.count_attempts(scope->endpoint->config.id, since, until);
    if (!counts) co_return fault(counts.error(), *call.context);
    std::string body;
    ObjectWriter object(body);
    object.number("success", static_cast<std::int64_t>(counts->delivered));
    object.number("pending", 0);
    object.number("sending", static_cast<std::int64_t>(counts->waiting));
    object.number("fail", static_cast<std::int64_t>(counts->failed));
    object.number("canceled", 0);
    append_condition(object, condition_of(*scope->endpoint));
    object.close();
    co_return reply(200, std::move(body));
}

Task<HttpResponse> send_example(Call call) {
    const Entered scope = enter_endpoint(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const auto name = body.text({"eventType", Presence::required, "event_type"},
                                {.min = 1, .max = 256, .is_identifier = true});
    const auto index = body.integer({"exampleIndex", Presence::optional, "example_index"}, 0,
                                    std::numeric_limits<std::int32_t>::max());
    if (!body.ok()) co_return body.reply();
    EventTypePtr type;  // keeps the example's text
    std::string_view payload = kPingPayload;
    if (*name.value != kPing) {
        type = scope->directory->find_event_type(scope->principal->organization, *name.value);
        if (!type) co_return entity_not_found();
        const auto example = example_of(*type, index.value_or(0));
        if (!example)
            co_return fault(400, "invalid_scheme",
                            "The event type's schema in version 1 has no such example.");
        payload = *example;
    }
    const Timestamp now = call.context->clock.now();
    const std::shared_ptr<Event> event = make_example(*scope, *name.value, payload, now);
    const Result<Accepted> accepted = co_await call.context->engine.accept(event);
    if (!accepted) co_return fault(accepted.error(), *call.context);
    co_return reply(200, message_json(*event, Content::omitted, now));
}

}  // namespace posthaste::native
