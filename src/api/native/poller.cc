// Messages for those who rather ask than be called: an application's messages, oldest first, behind an iterator that the
// caller keeps, or that the server keeps for a named consumer. The sink is an endpoint, whose event types, channels and filter
// narrow the stream (it may be disabled), or any other name, which means everything. Ids grow with every commit, so nothing
// ever appears before an iterator that was given out.

#include <algorithm>
#include <chrono>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "api/native/core.h"
#include "api/native/handlers.h"
#include "api/native/message_in.h"
#include "api/native/message_out.h"
#include "domain/filter.h"

namespace posthaste::native {

namespace {

// Records of consumers that nobody asked for in this long are forgotten.
constexpr Duration kConsumerKept = std::chrono::days(90);

struct Stream {
    ApplicationId application;
    PreparedEndpointPtr sink;  // null: everything
    EventId after;
    std::size_t limit = 0;
    std::optional<std::string> event_type;
    std::optional<std::string> channel;
};

struct StreamPage {
    std::vector<EventPtr> events;
    EventId next;  // where to go on
    bool done = true;
};

bool is_for(const PreparedEndpointPtr& sink, const Event& event) {
    if (!sink) return true;
    const PayloadTree tree(event.payload);
    const FilterInput input{tree.get(), event.type, event.channels};
    return wants(*sink, EventFacts{event.type, event.channels, &input});
}

// One look at the store: a page may hold less than was asked for though more follows.
Task<Result<StreamPage>> read_stream(Call call, Stream stream) {
    EventQuery query;
    query.application = stream.application;
    query.above = stream.after;
    query.oldest_first = true;
    query.limit = stream.limit + 1;
    query.channel = stream.channel;
    if (stream.event_type) query.event_types = {*stream.event_type};
    ASSIGN_OR_CO_RETURN(EventPage read, co_await call.context->store.list_events(std::move(query)));
    StreamPage page;
    page.done = read.entries.size() <= stream.limit && !read.more_behind;
    if (read.entries.size() > stream.limit) {
        read.entries.pop_back();
        read.more_behind.reset();
    }
    page.next = read.entries.empty() ? stream.after : read.entries.back().event->id;
    if (read.more_behind) page.next = *read.more_behind;
    for (EventEntry& entry : read.entries)
        if (is_for(stream.sink, *entry.event)) page.events.push_back(std::move(entry.event));
    co_return page;
}

HttpResponse reply_stream(const StreamPage& page, Timestamp now) {
    std::string body = "{\"data\":[";
    for (const EventPtr& event : page.events) {
        if (event != page.events.front()) body += ',';
        body += message_json(*event, Content::shown, now);
    }
    body += "],\"iterator\":\"" + message_id(page.next) + "\",\"done\":";
    body += page.done ? "true}" : "false}";
    return reply(200, std::move(body));
}

// The sink that the second param names.
std::expected<Stream, HttpResponse> open_stream(const Call& call, const Scope& scope,
                                                const Paging& paging) {
    Stream stream;
    stream.application = scope.application->config.id;
    stream.after = EventId(paging.cursor);
    stream.limit = paging.limit;
    const std::string sink = percent_decode(call.params[1]);
    stream.sink = find_endpoint(*scope.directory, stream.application, call.params[1]);
    if (!stream.sink && (sink.starts_with("ep_") || !is_identifier(sink)))
        return std::unexpected(entity_not_found());
    return stream;
}

// A consumer's place, as a record of its application.
RecordQuery consumer_query(const Call& call, const Scope& scope) {
    RecordQuery query;
    query.kind = RecordKind::consumer;
    query.organization = scope.principal->organization;
    query.parent = scope.application->config.id;
    query.name = percent_decode(call.params[1]) + "/" + percent_decode(call.params[2]);
    return query;
}

EventId place_of(const Record& record) {
    const auto id = parse_base62("msg", record.body.substr(1, record.body.size() - 2));
    return id ? EventId(*id) : EventId();
}

Task<Result<Record>> read_consumer(Call call, Scope scope) {
    RecordQuery query = consumer_query(call, scope);
    Record fresh;
    fresh.kind = query.kind;
    fresh.organization = *query.organization;
    fresh.parent = *query.parent;
    fresh.name = *query.name;
    ASSIGN_OR_CO_RETURN(auto found, co_await call.context->store.read_records(std::move(query)));
    if (found.empty()) co_return fresh;
    co_return std::move(found.front());
}

Task<Result<void>> move_consumer(Call call, Record record, EventId place) {
    record.body = "\"" + message_id(place) + "\"";
    record.expires_at = call.context->clock.now() + kConsumerKept;
    ConfigChange change;
    change.records.push_back(std::move(record));
    const auto changed = co_await call.context->store.change_config(std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Result<void>();
}

bool is_consumer_name(const Call& call) { return is_identifier(percent_decode(call.params[2])); }

}  // namespace

Task<HttpResponse> poll_messages(Call call) {
    Query query(call.request.query);
    const Paging paging = query.page("msg", Order::ascending);
    const auto type = query.identifier("event_type");
    const auto channel = query.identifier("channel");
    const auto after = query.time("after");
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    auto stream = open_stream(call, *scope, paging);
    if (!stream) co_return stream.error();
    stream->event_type = type;
    stream->channel = channel;
    if (after) stream->after = std::max(stream->after, EventId(first_id_at(*after)));
    const auto page = co_await read_stream(call, *std::move(stream));
    if (!page) co_return fault(page.error(), *call.context);
    co_return reply_stream(*page, call.context->clock.now());
}

// An iterator says that everything up to it was taken care of; without one the consumer gets again what it did not confirm.
Task<HttpResponse> poll_consumer(Call call) {
    Query query(call.request.query);
    const Paging paging = query.page("msg", Order::ascending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    auto stream = open_stream(call, *scope, paging);
    if (!stream) co_return stream.error();
    if (!is_consumer_name(call)) co_return entity_not_found();

    Result<Record> consumer = co_await read_consumer(call, *scope);
    if (!consumer) co_return fault(consumer.error(), *call.context);
    const bool is_new = consumer->body.empty();
    const EventId place = is_new ? EventId() : place_of(*consumer);
    const bool is_confirmed = query.text("iterator").has_value();
    if (!is_confirmed) {
        stream->after = place;
    } else if (is_new || stream->after != place) {
        const Result<void> moved =
            co_await move_consumer(call, *std::move(consumer), stream->after);
        if (!moved) co_return fault(moved.error(), *call.context);
    }
    const auto page = co_await read_stream(call, *std::move(stream));
    if (!page) co_return fault(page.error(), *call.context);
    co_return reply_stream(*page, call.context->clock.now());
}

Task<HttpResponse> seek_consumer(Call call) {
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    const auto stream = open_stream(call, *scope, {});
    if (!stream) co_return stream.error();
    if (!is_consumer_name(call)) co_return entity_not_found();
    BodyReader body(call.request.body);
    const auto after = body.time({"after", Presence::required});
    if (!body.ok()) co_return body.reply();

    Result<Record> consumer = co_await read_consumer(call, *scope);
    if (!consumer) co_return fault(consumer.error(), *call.context);
    const EventId place(first_id_at(*after.value));
    const Result<void> moved = co_await move_consumer(call, *std::move(consumer), place);
    if (!moved) co_return fault(moved.error(), *call.context);
    std::string answer;
    ObjectWriter object(answer);
    object.text("iterator", message_id(place));
    object.close();
    co_return reply(200, std::move(answer));
}

}  // namespace posthaste::native
