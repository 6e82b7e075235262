// What was handed in for the caller's mailboxes: the list, one of them with its attempts, and another try of what failed.

#include <algorithm>

#include "api/admission.h"
#include "api/delivery_status.h"
#include "api/mailboxes/handlers.h"
#include "api/mailboxes/lookup.h"
#include "api/mailboxes/webhook_document.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/text.h"
#include "base/json_text.h"

namespace posthaste::mailboxes {

namespace {

// ---- the list

std::string json_string(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

void read_status(Problems& problems, std::string_view query, EventQuery& wanted) {
    const auto status = query_value(query, "status");
    if (!status) return;
    wanted.states = states_of(*status);
    if (wanted.states.empty())
        problems.add("literal_error", R"(["query","status"])",
                     "Input should be 'queued', 'pending', 'delivered', 'failed' or 'cancelled'",
                     echoed_input(json_string(*status)),
                     R"({"expected":"'queued', 'pending', 'delivered', 'failed' or 'cancelled'"})");
}

std::optional<Id> read_query_id(Problems& problems, std::string_view query, std::string_view name) {
    const auto text = query_value(query, name);
    if (!text) return std::nullopt;
    return read_id(problems, "[\"query\",\"" + std::string(name) + "\"]", *text);
}

// The newest ones, or those before `before`.
EventQuery read_list_query(Problems& problems, const Call& call) {
    const std::string_view query = call.request.query;
    const auto page_max = static_cast<std::int64_t>(call.context->settings.page_max);
    EventQuery wanted;
    wanted.application = owner_of(call).application;
    wanted.with_payload = false;
    wanted.limit = static_cast<std::size_t>(read_query_integer(
        problems, query, {.name = "limit", .fallback = page_max, .min = 1, .max = page_max}));
    read_status(problems, query, wanted);
    if (const auto before = read_query_id(problems, query, "before"))
        wanted.below = EventId(*before);
    if (const auto mailbox = read_query_id(problems, query, "mailbox_id"))
        wanted.endpoints = {EndpointId(*mailbox)};
    return wanted;
}

// The same question about what is older.
std::string earlier_page(const EventQuery& query, EventId before) {
    std::string link = "/api/webhooks?before=" + to_uuid(before);
    link += "&limit=" + std::to_string(query.limit);
    if (!query.states.empty()) link += "&status=" + std::string(status_of(query.states.front()));
    if (query.endpoints.size() == 1) link += "&mailbox_id=" + to_uuid(query.endpoints.front());
    return link;
}

HttpResponse reply_page(const Call& call, const EventQuery& query, EventPage page) {
    const DirectoryPtr directory = call.context->engine.directory().current();
    std::ranges::reverse(page.entries);
    std::string body = "[";
    for (const EventEntry& entry : page.entries) {
        const PreparedEndpointPtr mailbox = directory->find(entry.endpoint);
        if (!mailbox) continue;
        if (body.size() > 1) body += ',';
        append_row(body, entry, mailbox->config);
    }
    body += ']';
    HttpResponse response = reply(200, std::move(body));
    if (page.more_behind)
        response.headers += "link: <" + earlier_page(query, *page.more_behind) +
                            ">; rel=\"prev\"\r\naccess-control-expose-headers: link\r\n";
    return response;
}

// ---- one of them

struct Found {
    EventHistory history;
    PreparedEndpointPtr mailbox;
    const DeliveryHistory* delivery = nullptr;  // in `history`, to `mailbox`
};

// Something that was handed in for one of the caller's mailboxes; null: there is no such thing.
Task<Result<std::unique_ptr<Found>>> find_webhook(Call call) {
    const auto id = parse_uuid(call.params[0]);
    if (!id) co_return nullptr;
    auto found = std::make_unique<Found>();
    Result<EventHistory> history = co_await call.context->store.read_event(EventId(*id));
    if (!history && history.error().code == ErrorCode::not_found) co_return nullptr;
    if (!history) co_return std::unexpected(history.error());
    found->history = *std::move(history);
    if (found->history.event->application != owner_of(call).application) co_return nullptr;
    for (const DeliveryHistory& delivery : found->history.deliveries) {
        found->mailbox = find_any_mailbox(call, delivery.endpoint);
        found->delivery = &delivery;
        if (found->mailbox) co_return found;
    }
    co_return nullptr;
}

HttpResponse reply_no_webhook() { return reply_detail(404, "Webhook not found"); }

}  // namespace

Task<HttpResponse> list_webhooks(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    EventQuery query = read_list_query(problems, call);
    if (!problems.none()) co_return problems.reply();
    EventQuery asked = query;
    if (asked.endpoints.empty())
        asked.endpoints = all_mailboxes(call);
    else if (!find_any_mailbox(call, asked.endpoints.front()))
        co_return reply_no_mailbox();
    // Nothing is asked of the store: without endpoints it would list every event.
    if (asked.endpoints.empty()) co_return reply(200, "[]");
    Result<EventPage> page = co_await context.store.list_events(std::move(asked));
    if (!page) co_return reply_error(page.error(), context.settings.retry_after);
    co_return reply_page(call, query, *std::move(page));
}

Task<HttpResponse> get_webhook(Call call) {
    const auto found = co_await find_webhook(call);
    if (!found) co_return reply_error(found.error(), call.context->settings.retry_after);
    if (!*found) co_return reply(200, std::string(kNoDetail));
    std::string body;
    append_detail(body, *(*found)->history.event, *(*found)->delivery, (*found)->mailbox->config);
    co_return reply(200, std::move(body));
}

Task<HttpResponse> retry_webhook(Call call) {
    const ApiContext& context = *call.context;
    const auto looked_up = co_await find_webhook(call);
    if (!looked_up) co_return reply_error(looked_up.error(), context.settings.retry_after);
    const Found* const found = looked_up->get();
    if (found == nullptr) co_return reply_no_webhook();
    if (found->delivery->state != DeliveryState::dead)
        co_return reply_detail(400, "Only failed events can be retried");
    if (found->mailbox->config.is_deleted) co_return reply_no_mailbox();
    const EventId event = found->history.event->id;
    const Result<void> restarted =
        co_await context.engine.restart(event, found->mailbox->config.id);
    if (!restarted) co_return reply_error(restarted.error(), context.settings.retry_after);
    co_return reply(200, "{\"message\":\"Webhook retry initiated\",\"tracking_number\":\"" +
                             to_uuid(event) + "\",\"new_status\":\"queued\"}");
}

}  // namespace posthaste::mailboxes
