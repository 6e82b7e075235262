// Attempts: by endpoint, by message, one by one.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/native/core.h"
#include "api/native/event_lookup.h"
#include "api/native/event_pages.h"
#include "api/native/handlers.h"
#include "api/native/message_out.h"

namespace posthaste::native {

namespace {

// What a list of attempts is narrowed to.
struct Wanted {
    Window window;
    Content content = Content::shown;
    std::optional<int> status;
    std::optional<int> status_class;
    std::optional<std::string> channel;
    std::optional<std::string> tag;
    std::vector<std::string> event_types;
    std::optional<std::string> endpoint;  // lists by message: an id or a uid

    // No attempt is pending, being sent or canceled: one is recorded when it is over.
    [[nodiscard]] bool is_nothing() const { return status && *status != 0 && *status != 2; }
    [[nodiscard]] std::optional<bool> delivered() const {
        if (!status) return std::nullopt;
        return *status == 0;
    }
};

Wanted read_wanted(Query& query) {
    Wanted wanted;
    wanted.window = read_window(query, "atmpt");
    wanted.content = query.flag("with_content", true) ? Content::shown : Content::omitted;
    wanted.status = query.one_of("status", {0, 1, 2, 3, 4});
    wanted.status_class = query.one_of("status_code_class", {0, 100, 200, 300, 400, 500});
    read_words(query, wanted);
    return wanted;
}

std::string url_of(const Directory& directory, EndpointId id) {
    const PreparedEndpointPtr endpoint = directory.find(id);
    return endpoint ? endpoint->config.url : std::string();
}

bool is_of(const Event& event, const Wanted& wanted) {
    const auto names = [](const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    return (wanted.event_types.empty() || names(wanted.event_types, event.type)) &&
           (!wanted.channel || names(event.channels, *wanted.channel)) &&
           (!wanted.tag || names(event.tags, *wanted.tag));
}

bool is_wanted(const AttemptRecord& record, const Wanted& wanted) {
    if (wanted.status && *wanted.status != static_cast<int>(message_status(record))) return false;
    return !wanted.status_class || record.status_code / 100 * 100 == *wanted.status_class;
}

// The attempts of an event that are wanted, in reading order, one more than the page holds.
std::vector<AttemptView> attempts_of(const EventHistory& history, const Wanted& wanted,
                                     std::optional<EndpointId> endpoint, PageBounds bounds) {
    std::vector<AttemptView> attempts;
    if (!is_of(*history.event, wanted)) return attempts;
    for (const DeliveryHistory& delivery : history.deliveries) {
        if (endpoint && delivery.endpoint != *endpoint) continue;
        for (const AttemptRecord& record : delivery.attempts) {
            const AttemptView view{history.event->id, delivery.endpoint, &record, {}, nullptr};
            const Id id = id_of(view);
            if (is_wanted(record, wanted) && bounds.above < id &&
                (bounds.below.is_nil() || id < bounds.below))
                attempts.push_back(view);
        }
    }
    std::sort(attempts.begin(), attempts.end(),
              [&bounds](const AttemptView& a, const AttemptView& b) {
                  return bounds.descending ? id_of(b) < id_of(a) : id_of(a) < id_of(b);
              });
    if (attempts.size() > bounds.limit) attempts.resize(bounds.limit);
    return attempts;
}

Task<HttpResponse> list_of_message(Call call, Wanted wanted, Scope scope) {
    const FoundEvent found = co_await find_event(call, scope.application->config.id, 1);
    if (!found) co_return found.error();
    std::optional<EndpointId> endpoint;
    if (wanted.endpoint) {
        const PreparedEndpointPtr named =
            find_endpoint(*scope.directory, scope.application->config.id, *wanted.endpoint);
        if (!named) co_return entity_not_found();
        endpoint = named->config.id;
    }
    const PageBounds bounds = wanted.window.bounds(call.context->clock.now());
    std::vector<AttemptView> attempts = attempts_of(*found, wanted, endpoint, bounds);
    const bool done = wanted.window.paging.cut(attempts);
    ListWriter list;
    for (AttemptView& attempt : attempts) {
        const std::string url = url_of(*scope.directory, attempt.endpoint);
        attempt.url = url;
        append_attempt(list.item(to_base62("atmpt", id_of(attempt))), attempt, wanted.content);
    }
    co_return list.finish(done);
}

// One attempt of an event, named by param `index`; null when the event has none of that id.
AttemptView find_attempt(const Call& call, const EventHistory& history, std::size_t index) {
    const auto id = parse_base62("atmpt", percent_decode(call.params.at(index)));
    if (!id) return {};
    for (const DeliveryHistory& delivery : history.deliveries) {
        for (const AttemptRecord& record : delivery.attempts) {
            const AttemptView view{history.event->id, delivery.endpoint, &record, {}, nullptr};
            if (id_of(view) == AttemptId(*id)) return view;
        }
    }
    return {};
}

}  // namespace

Task<HttpResponse> list_attempts_by_endpoint(Call call) {
    Query query(call.request.query);
    const Wanted wanted = read_wanted(query);
    const bool with_message = query.flag("with_msg", false);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    ListWriter list;
    if (wanted.is_nothing()) co_return list.finish(true);

    AttemptQuery attempts;
    attempts.endpoint = scope->endpoint->config.id;
    attempts.with_response = wanted.content == Content::shown;
    attempts.delivered = wanted.delivered();
    attempts.status_class = wanted.status_class;
    attempts.channel = wanted.channel;
    attempts.tag = wanted.tag;
    attempts.event_types = wanted.event_types;
    const auto page = co_await read_attempts(call, std::move(attempts), wanted.window);
    if (!page) co_return fault(page.error(), *call.context);
    for (const AttemptEntry& entry : page->entries) {
        const AttemptView view{entry.event->id, entry.endpoint, &entry.attempt,
                               scope->endpoint->config.url,
                               with_message ? entry.event.get() : nullptr};
        append_attempt(list.item(to_base62("atmpt", entry.id)), view, wanted.content);
    }
    if (page->resume) co_return list.finish_at(to_base62("atmpt", *page->resume));
    co_return list.finish(page->done);
}

Task<HttpResponse> list_attempts_by_message(Call call) {
    Query query(call.request.query);
    Wanted wanted = read_wanted(query);
    wanted.endpoint = query.identifier("endpoint_id");
    if (!query.ok()) co_return query.reply();
    Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await list_of_message(call, std::move(wanted), *std::move(scope));
}

// Deprecated: the same by a longer path.
Task<HttpResponse> list_attempts_of_destination(Call call) {
    Query query(call.request.query);
    Wanted wanted = read_wanted(query);
    if (!query.ok()) co_return query.reply();
    Entered scope = enter_endpoint(call, Level::application, 2);
    if (!scope) co_return scope.error();
    wanted.endpoint = to_base62("ep", scope->endpoint->config.id);
    co_return co_await list_of_message(call, std::move(wanted), *std::move(scope));
}

Task<HttpResponse> get_attempt(Call call) {
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    const FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();
    AttemptView attempt = find_attempt(call, *found, 2);
    if (attempt.record == nullptr) co_return entity_not_found();
    const std::string url = url_of(*scope->directory, attempt.endpoint);
    attempt.url = url;
    std::string body;
    append_attempt(body, attempt, Content::shown);
    co_return reply(200, std::move(body));
}

Task<HttpResponse> expunge_attempt_content(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    const FoundEvent found = co_await find_event(call, scope->application->config.id, 1);
    if (!found) co_return found.error();
    const AttemptView attempt = find_attempt(call, *found, 2);
    if (attempt.record == nullptr) co_return entity_not_found();
    const Result<void> expunged = co_await call.context->store.expunge_response(
        attempt.event, attempt.endpoint, attempt.record->number);
    if (!expunged) co_return fault(expunged.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::native
