// Create, list, get, update and delete webhooks: endpoints of a user's application.

#include <algorithm>

#include "api/contacts/account.h"
#include "api/contacts/handlers.h"
#include "api/contacts/webhook_document.h"
#include "api/contacts/webhook_lookup.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/request_locks.h"

namespace posthaste::contacts {

namespace {

HttpResponse reply_webhook(int status, const Endpoint& endpoint) {
    std::string body;
    append_webhook(body, endpoint);
    return reply(status, std::move(body));
}

HttpResponse reply_failure(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::not_found) return reply_no_webhook();
    return reply_error(error, context.settings.retry_after);
}

std::vector<PreparedEndpointPtr> webhooks_of(const ApiContext& context, ApplicationId application) {
    return context.engine.directory().current()->list(application, Profile::contacts, 0, SIZE_MAX);
}

// What of a user's other active webhooks is in the way of one more, or of a new URL. The URL becomes the one to store.
std::optional<HttpResponse> refuse_webhook(const ApiContext& context, const Account& account,
                                           EndpointId self, bool is_one_more,
                                           std::optional<std::string>& url) {
    const ApiSettings& settings = context.settings;
    const auto webhooks = webhooks_of(context, account.application);
    const auto is_other = [self](const PreparedEndpointPtr& webhook) {
        return webhook->config.is_active && webhook->config.id != self;
    };
    const auto others =
        static_cast<std::size_t>(std::count_if(webhooks.begin(), webhooks.end(), is_other));
    if (is_one_more && others >= settings.contacts_webhooks_max)
        return reply_detail(400, "Maximum number of webhooks (" +
                                     std::to_string(settings.contacts_webhooks_max) + ") reached");
    if (!url) return std::nullopt;
    url = webhook_url(*url, settings.contacts_http_hosts);
    if (!url) return reply_detail(400, "Invalid webhook URL format or insecure protocol");
    const bool is_taken = std::any_of(webhooks.begin(), webhooks.end(), [&](const auto& webhook) {
        return is_other(webhook) && webhook->config.url == *url;
    });
    if (is_taken) return reply_detail(400, "A webhook with the same URL already exists");
    return std::nullopt;
}

// The user's own, active or not.
PreparedEndpointPtr find_own(const Call& call, const Account& account, EndpointId id) {
    const PreparedEndpointPtr found = find_webhook(call, id);
    return found && found->config.application == account.application ? found : nullptr;
}

}  // namespace

Task<HttpResponse> create_webhook(Call call) {
    const ApiContext& context = *call.context;
    const auto account = find_account(call);
    if (!account) co_return account.error();
    Problems problems;
    WebhookChanges changes = read_webhook(problems, call.request.body, Purpose::create);
    if (!problems.none()) co_return problems.reply();

    // One at a time, so that the limits hold.
    const HeldLock held = co_await hold(&context.request_locks, account->application);
    if (auto refusal = refuse_webhook(context, *account, EndpointId(), true, changes.url))
        co_return *std::move(refusal);
    if (const Result<void> ensured = co_await ensure_owner(call); !ensured)
        co_return reply_failure(ensured.error(), context);
    Endpoint endpoint;
    endpoint.organization = account->user->organization;
    endpoint.application = account->application;
    endpoint.profile = Profile::contacts;
    endpoint.url = *changes.url;
    endpoint.retry = contacts_retry_policy();
    endpoint.timeout = context.settings.contacts_timeout;
    endpoint.created_at = context.clock.now();
    endpoint.updated_at = endpoint.created_at;
    changes.apply_to(endpoint);
    const Result<Endpoint> created =
        co_await context.engine.directory().create(std::move(endpoint), author_of(call));
    if (!created) co_return reply_failure(created.error(), context);
    co_return reply_webhook(201, *created);
}

Task<HttpResponse> list_webhooks(Call call) {
    const ApiContext& context = *call.context;
    const auto account = find_account(call);
    if (!account) co_return account.error();
    Problems problems;
    const bool with_inactive =
        read_query_bool(problems, call.request.query, "include_inactive", false);
    if (!problems.none()) co_return problems.reply();

    auto webhooks = webhooks_of(context, account->application);
    if (with_inactive) {
        PageBounds newest;
        newest.descending = true;
        newest.limit = context.settings.page_max;
        for (auto& one :
             context.engine.directory().current()->tombstones(account->application, newest))
            if (one->config.profile == Profile::contacts) webhooks.push_back(std::move(one));
    }
    std::sort(webhooks.begin(), webhooks.end(),
              [](const auto& a, const auto& b) { return a->config.id > b->config.id; });
    std::string body = "[";
    for (const PreparedEndpointPtr& webhook : webhooks) {
        if (!webhook->config.is_active && !with_inactive) continue;
        if (body.size() > 1) body += ',';
        append_webhook(body, webhook->config);
    }
    body += ']';
    co_return reply(200, std::move(body));
}

Task<HttpResponse> get_webhook(Call call) {
    Problems problems;
    const auto id = read_path_id(problems, "webhook_id", call.params[0]);
    if (!id) co_return problems.reply();
    const PreparedEndpointPtr found = find_webhook(call, EndpointId(*id));
    if (!found || !found->config.is_active) co_return reply_no_webhook();
    co_return reply_webhook(200, found->config);
}

Task<HttpResponse> update_webhook(Call call) {
    const ApiContext& context = *call.context;
    const auto account = find_account(call);
    if (!account) co_return account.error();
    Problems problems;
    const auto id = read_path_id(problems, "webhook_id", call.params[0]);
    WebhookChanges changes = read_webhook(problems, call.request.body, Purpose::update);
    if (!problems.none()) co_return problems.reply();

    const HeldLock held = co_await hold(&context.request_locks, account->application);
    const PreparedEndpointPtr found = find_own(call, *account, EndpointId(*id));
    if (!found) co_return reply_no_webhook();
    const bool resumes = changes.is_active.value_or(false) && !found->config.is_active;
    if (resumes && !changes.url) changes.url = found->config.url;
    if (auto refusal = refuse_webhook(context, *account, found->config.id, resumes, changes.url))
        co_return *std::move(refusal);
    std::function<Result<void>(Endpoint&)> change = [&](Endpoint& endpoint) -> Result<void> {
        changes.apply_to(endpoint);
        if (changes.url) endpoint.url = *changes.url;
        endpoint.updated_at = context.clock.now();
        return {};
    };
    const Result<Endpoint> changed = co_await context.engine.directory().change(
        EndpointId(*id), std::move(change), author_of(call));
    if (!changed) co_return reply_failure(changed.error(), context);
    co_return reply_webhook(200, *changed);
}

// What is on its way to it is cancelled; a list with include_inactive goes on showing it.
Task<HttpResponse> delete_webhook(Call call) {
    const ApiContext& context = *call.context;
    const auto own = find_addressed(call, "webhook_id");
    if (!own) co_return own.error();
    const EndpointId id(own->id);
    if (!find_own(call, own->account, id)) co_return reply_no_webhook();
    const Result<Endpoint> removed =
        co_await context.engine.directory().remove(id, author_of(call));
    if (!removed) co_return reply_failure(removed.error(), context);
    co_return reply(200, R"({"message":"Webhook deleted successfully"})");
}

}  // namespace posthaste::contacts
