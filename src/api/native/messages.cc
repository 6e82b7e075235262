// Messages: lists of an application and of an endpoint, one by one, their destinations, and what can be done to them.

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "api/native/core.h"
#include "api/native/event_lookup.h"
#include "api/native/event_pages.h"
#include "api/native/handlers.h"
#include "api/native/message_in.h"
#include "api/native/message_out.h"

namespace posthaste::native {

namespace {

constexpr Duration kSendingSearched = std::chrono::days(7);
constexpr std::size_t kExpungedAtOnceMax = kPageMax;  // what one list shows

Content content_of(Query& query) {
    return query.flag("with_content", true) ? Content::shown : Content::omitted;
}

StatusWords read_status_words(Query& query) {
    return query.flag("expanded_statuses", false) ? StatusWords::expanded : StatusWords::usual;
}

HttpResponse finish(ListWriter& list, const ReadPage<EventEntry>& page) {
    if (page.resume) return list.finish_at(message_id(EventId(*page.resume)));
    return list.finish(page.done);
}

HttpResponse missing_payload() {
    return fault(400, "missing_payload", "The message's payload has expired or was deleted.");
}

}  // namespace

Task<HttpResponse> list_messages(Call call) {
    Query query(call.request.query);
    const Window window = read_window(query, "msg");
    EventQuery events;
    const Content content = content_of(query);
    events.with_payload = content == Content::shown;
    read_words(query, events);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();

    events.application = scope->application->config.id;
    const auto page = co_await read_events(call, std::move(events), window);
    if (!page) co_return fault(page.error(), *call.context);
    const Timestamp now = call.context->clock.now();
    ListWriter list;
    for (const EventEntry& entry : page->entries)
        list.item(message_id(entry.event->id)) += message_json(*entry.event, content, now);
    co_return finish(list, *page);
}

Task<HttpResponse> list_endpoint_messages(Call call) {
    Query query(call.request.query);
    Window window = read_window(query, "msg");
    EventQuery events;
    const Content content = content_of(query);
    events.with_payload = content == Content::shown;
    read_words(query, events);
    const auto status = query.one_of("status", {0, 1, 2, 3, 4});
    const StatusWords words = read_status_words(query);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();

    ListWriter list;
    const Timestamp now = call.context->clock.now();
    if (status) {
        const auto wanted = static_cast<MessageStatus>(*status);
        // Nothing is ever pending: what waits for its first attempt is being sent.
        if (wanted == MessageStatus::pending) co_return list.finish(true);
        events.states = delivery_states(wanted, words);
        if (wanted == MessageStatus::sending && !window.after)
            window.after = now - kSendingSearched;
    }
    events.application = scope->application->config.id;
    events.endpoints = {scope->endpoint->config.id};
    const auto page = co_await read_events(call, std::move(events), window);
    if (!page) co_return fault(page.error(), *call.context);
    for (const EventEntry& entry : page->entries) {
        std::string& out = list.item(message_id(entry.event->id));
        ObjectWriter object(out);
        write_message(object, out, *entry.event, content, now);
        const DeliveryView delivery{entry.state, entry.next_due, first_due(*entry.event), words};
        write_delivery(object, delivery, NoAttempt::omitted);
        object.close();
    }
    co_return finish(list, *page);
}

Task<HttpResponse> get_message(Call call) {
    Query query(call.request.query);
    const Content content = content_of(query);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    const FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();
    co_return reply(200, message_json(*found->event, content, call.context->clock.now()));
}

Task<HttpResponse> expunge_message_content(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    const FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();
    const Result<bool> expunged = co_await call.context->engine.expunge(found->event->id);
    if (!expunged) co_return fault(expunged.error(), *call.context);
    co_return no_content();
}

namespace {

// By id or eventId; not_found when the application has no such event.
Task<Result<void>> expunge(Call call, ApplicationId application, std::string name) {
    ASSIGN_OR_CO_RETURN(const EventId id,
                        co_await find_event_id(call, application, std::move(name)));
    ASSIGN_OR_CO_RETURN(const EventHistory history, co_await call.context->store.read_event(id));
    if (history.event->application != application)
        co_return fail(ErrorCode::not_found, "There is no such message.");
    const Result<bool> done = co_await call.context->engine.expunge(id);
    if (!done) co_return std::unexpected(done.error());
    co_return Result<void>();
}

}  // namespace

// Should the store fail in between, what is gone by then stays so, and the request can be repeated.
Task<HttpResponse> expunge_message_contents(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body.empty() ? std::string_view("{}") : call.request.body);
    const auto ids = body.set({"ids"}, {.max = kExpungedAtOnceMax, .each = {}});
    if (!body.ok()) co_return body.reply();
    const std::vector<std::string> names = ids.value_or({});
    std::string results;
    ObjectWriter writer(results);
    for (const std::string& name : names) {
        const Result<void> done = co_await expunge(call, scope->application->config.id, name);
        if (!done && done.error().code != ErrorCode::not_found)
            co_return fault(done.error(), *call.context);
        writer.text(name, done ? "expunged" : "not-found");
    }
    writer.close();
    co_return reply(200, "{\"results\":" + results + "}");
}

Task<HttpResponse> resend_message(Call call) {
    const Entered scope = enter_endpoint(call, Level::application, 2);
    if (!scope) co_return scope.error();
    const FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();
    if (is_payload_gone(*found->event, call.context->clock.now())) co_return missing_payload();
    const Result<void> asked =
        co_await call.context->engine.resend(found->event->id, scope->endpoint->config.id);
    if (!asked && asked.error().code == ErrorCode::invalid) co_return missing_payload();
    if (!asked) co_return fault(asked.error(), *call.context);
    co_return reply(202, "{}");
}

Task<HttpResponse> list_destinations(Call call) {
    Query query(call.request.query);
    const Paging paging = query.page("ep", Order::ascending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();

    const PageBounds bounds = paging.bounds();
    std::vector<DeliveryHistory>& deliveries = found->deliveries;
    std::erase_if(deliveries, [&bounds](const DeliveryHistory& delivery) {
        return delivery.endpoint <= EndpointId(bounds.above) ||
               (!bounds.below.is_nil() && delivery.endpoint >= EndpointId(bounds.below));
    });
    std::sort(deliveries.begin(), deliveries.end(),
              [&bounds](const DeliveryHistory& a, const DeliveryHistory& b) {
                  return bounds.descending ? b.endpoint < a.endpoint : a.endpoint < b.endpoint;
              });
    const bool done = paging.cut(deliveries);
    ListWriter list;
    for (const DeliveryHistory& delivery : deliveries) {
        const PreparedEndpointPtr endpoint = scope->directory->find(delivery.endpoint);
        if (!endpoint) continue;
        append_destination(list.item(endpoint_id(delivery.endpoint)), endpoint->config,
                           {delivery.state, delivery.next_due, first_due(*found->event)});
    }
    co_return list.finish(done);
}

namespace {

// Could the endpoint want such a message? Its filter may still refuse the payload.
bool may_want(const Endpoint& endpoint, std::string_view type,
              const std::vector<std::string>& channels) {
    if (!endpoint.is_active || !wants(endpoint, type)) return false;
    if (!endpoint.channels) return true;
    return std::any_of(channels.begin(), channels.end(), [&endpoint](const std::string& channel) {
        return std::find(endpoint.channels->begin(), endpoint.channels->end(), channel) !=
               endpoint.channels->end();
    });
}

}  // namespace

Task<HttpResponse> precheck_message(Call call) {
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const TextRule identifier{.min = 1, .max = 256, .is_identifier = true};
    const auto type = body.text({"eventType", Presence::required, "event_type"}, identifier);
    const auto channels =
        body.set({"channels"}, {.min = 1, .max = kMessageChannelsMax, .each = identifier});
    if (!body.ok()) co_return body.reply();
    const auto endpoints = scope->directory->endpoints(scope->application->config.id, {});
    const std::vector<std::string> named = channels.value_or({});
    const bool active =
        std::any_of(endpoints.begin(), endpoints.end(), [&](const PreparedEndpointPtr& endpoint) {
            return may_want(endpoint->config, *type.value, named);
        });
    std::string answer;
    ObjectWriter object(answer);
    object.flag("active", active);
    object.close();
    co_return reply(200, std::move(answer));
}

}  // namespace posthaste::native
