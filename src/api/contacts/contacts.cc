// Create, list, get, update and delete contacts. Each change tells the user's webhooks.

#include "engine/contacts.h"

#include <limits>

#include "api/contacts/account.h"
#include "api/contacts/contact_document.h"
#include "api/contacts/events.h"
#include "api/contacts/handlers.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/text.h"

namespace posthaste::contacts {

namespace {

constexpr std::int64_t kPerPageMax = 100;

HttpResponse reply_no_contact() { return reply_detail(404, "Subscriber not found"); }

HttpResponse reply_failure(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::not_found) return reply_no_contact();
    if (error.code == ErrorCode::exists)
        return reply_detail(400, "Subscriber with this email already exists");
    return reply_error(error, context.settings.retry_after);
}

HttpResponse reply_contact(int status, const Contact& contact) {
    std::string body;
    append_contact(body, contact);
    return reply(status, std::move(body));
}

std::shared_ptr<Event> event_of(const ApiContext& context, std::string_view type,
                                const Contact& contact, ApplicationId application) {
    return make_event(type, contact, application, random_uuid(context.entropy),
                      context.clock.now());
}

void report(const ApiContext& context, const Contacts::Changed& changed) {
    if (context.telemetry && changed.event)
        context.telemetry->on_published(*changed.event, changed.contact.user, changed.count);
}

// Where a page of a list begins; the last rows there can be, when the page is beyond all bounds.
std::size_t rows_before(std::int64_t page, std::int64_t per_page) {
    if (page - 1 > std::numeric_limits<std::int64_t>::max() / per_page)
        return std::numeric_limits<std::int64_t>::max();
    return static_cast<std::size_t>((page - 1) * per_page);
}

}  // namespace

Task<HttpResponse> create_subscriber(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const ContactChanges changes = read_contact(problems, call.request.body, Purpose::create);
    if (!problems.none()) co_return problems.reply();
    const UserPtr user = find_user(call, *changes.user);
    if (!user) co_return reply_detail(404, "User not found");

    Contact contact;
    contact.organization = user->organization;
    changes.apply_to(contact);
    const ApplicationId application = application_of(context.settings, *user);
    Contacts::Tell tell = [&context, application](const Contact& created) {
        return event_of(context, kCreated, created, application);
    };
    const auto created = co_await context.contacts.create(std::move(contact), std::move(tell));
    if (!created) co_return reply_failure(created.error(), context);
    report(context, *created);
    co_return reply_contact(201, created->contact);
}

Task<HttpResponse> list_subscribers(Call call) {
    const ApiContext& context = *call.context;
    const auto account = find_account(call);
    if (!account) co_return account.error();
    const std::string_view text = call.request.query;
    Problems problems;
    const std::int64_t page =
        read_query_integer(problems, text, {.name = "page", .fallback = 1, .min = 1});
    const std::int64_t per_page = read_query_integer(
        problems, text, {.name = "per_page", .fallback = 50, .min = 1, .max = kPerPageMax});
    ContactQuery query;
    query.status = read_status_query(problems, text);
    if (!problems.none()) co_return problems.reply();
    query.user = account->user->id;
    query.skip = rows_before(page, per_page);
    query.limit = static_cast<std::size_t>(per_page);
    query.email_contains = query_value(text, "search").value_or("");

    const std::size_t behind = query.skip + query.limit;
    const Result<ContactPage> found = co_await context.contacts.list(std::move(query));
    if (!found) co_return reply_failure(found.error(), context);
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < found->contacts.size(); ++i) {
        if (i > 0) body += ',';
        append_contact(body, found->contacts[i]);
    }
    body += "],\"total\":" + std::to_string(found->total) + ",\"page\":" + std::to_string(page);
    body += ",\"per_page\":" + std::to_string(per_page) + ",\"has_next\":";
    body += behind < found->total ? "true" : "false";
    body += ",\"has_prev\":";
    body += page > 1 ? "true}" : "false}";
    co_return reply(200, std::move(body));
}

Task<HttpResponse> get_subscriber(Call call) {
    const ApiContext& context = *call.context;
    const auto own = find_addressed(call, "subscriber_id");
    if (!own) co_return own.error();
    const auto found = co_await context.contacts.read(own->account.user->id, ContactId(own->id));
    if (!found) co_return reply_failure(found.error(), context);
    co_return reply_contact(200, *found);
}

Task<HttpResponse> update_subscriber(Call call) {
    const ApiContext& context = *call.context;
    const auto account = find_account(call);
    if (!account) co_return account.error();
    Problems problems;
    const auto id = read_path_id(problems, "subscriber_id", call.params[0]);
    const ContactChanges changes = read_contact(problems, call.request.body, Purpose::update);
    if (!problems.none()) co_return problems.reply();

    Contacts::Change change = [&](Contact& contact) -> std::shared_ptr<Event> {
        const Contact before = contact;
        changes.apply_to(contact);
        if (contact == before) return nullptr;
        return event_of(context, kUpdated, contact, account->application);
    };
    const auto changed =
        co_await context.contacts.change(account->user->id, ContactId(*id), std::move(change));
    if (!changed) co_return reply_failure(changed.error(), context);
    report(context, *changed);
    co_return reply_contact(200, changed->contact);
}

Task<HttpResponse> delete_subscriber(Call call) {
    const ApiContext& context = *call.context;
    const auto own = find_addressed(call, "subscriber_id");
    if (!own) co_return own.error();
    Contacts::Tell tell = [&](const Contact& removed) {
        return event_of(context, kDeleted, removed, own->account.application);
    };
    const auto removed = co_await context.contacts.remove(own->account.user->id, ContactId(own->id),
                                                          std::move(tell));
    if (!removed) co_return reply_failure(removed.error(), context);
    report(context, *removed);
    co_return reply(200, R"({"message":"Subscriber deleted successfully"})");
}

}  // namespace posthaste::contacts
