// Create, list, get, update and delete subscriptions.

#include "api/admission.h"
#include "api/handlers.h"
#include "api/problems.h"
#include "api/reply.h"
#include "api/subscriptions/document.h"
#include "api/subscriptions/lookup.h"

namespace posthaste::subscriptions {

namespace {

HttpResponse reply_subscription(const Endpoint& endpoint, const ApiContext& context) {
    std::string body;
    append_subscription(body, endpoint, context.settings.auth);
    return reply(200, std::move(body));
}

HttpResponse reply_failure(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::not_found) return reply_no_subscription();
    return reply_error(error, context.settings.retry_after);
}

}  // namespace

Task<HttpResponse> create_subscription(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const Changes changes = read_changes(problems, call.request.body, Purpose::create);
    if (!problems.none()) co_return problems.reply();

    if (const Result<void> ensured = co_await ensure_owner(call); !ensured)
        co_return reply_failure(ensured.error(), context);
    const Owner owner = owner_of(call);
    Endpoint endpoint;
    endpoint.organization = owner.organization;
    endpoint.application = owner.application;
    endpoint.profile = Profile::subscriptions;
    endpoint.created_at = context.clock.now();
    endpoint.retry = context.settings.subscriptions_retry;
    endpoint.timeout = context.settings.subscriptions_timeout;
    endpoint.updated_at = endpoint.created_at;
    changes.apply_to(endpoint);
    const Result<Endpoint> created =
        co_await context.engine.directory().create(std::move(endpoint), author_of(call));
    if (!created) co_return reply_failure(created.error(), context);
    co_return reply_subscription(*created, context);
}

Task<HttpResponse> list_subscriptions(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto page_max = static_cast<std::int64_t>(context.settings.page_max);
    const std::int64_t skip = read_query_integer(problems, call.request.query, {.name = "skip"});
    const std::int64_t limit = read_query_integer(
        problems, call.request.query, {.name = "limit", .fallback = 100, .max = page_max});
    if (!problems.none()) co_return problems.reply();

    const auto page = context.engine.directory().current()->list(
        owner_of(call).application, Profile::subscriptions, static_cast<std::size_t>(skip),
        static_cast<std::size_t>(limit));
    std::string body = "[";
    for (const PreparedEndpointPtr& endpoint : page) {
        if (body.size() > 1) body += ',';
        append_subscription(body, endpoint->config, context.settings.auth);
    }
    body += ']';
    co_return reply(200, std::move(body));
}

Task<HttpResponse> get_subscription(Call call) {
    Problems problems;
    const auto id = read_path_id(problems, "subscription_id", call.params[0]);
    if (!id) co_return problems.reply();
    const auto found = find_subscription(call, EndpointId(*id));
    if (!found) co_return reply_no_subscription();
    co_return reply_subscription(found->config, *call.context);
}

Task<HttpResponse> update_subscription(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "subscription_id", call.params[0]);
    Changes changes = read_changes(problems, call.request.body, Purpose::update);
    if (!problems.none()) co_return problems.reply();
    if (!find_subscription(call, EndpointId(*id))) co_return reply_no_subscription();

    std::function<Result<void>(Endpoint&)> change =
        [changes = std::move(changes),
         now = context.clock.now()](Endpoint& endpoint) -> Result<void> {
        changes.apply_to(endpoint);
        endpoint.updated_at = now;
        return {};
    };
    const Result<Endpoint> changed = co_await context.engine.directory().change(
        EndpointId(*id), std::move(change), author_of(call));
    if (!changed) co_return reply_failure(changed.error(), context);
    co_return reply_subscription(*changed, context);
}

// Deliveries do not keep a subscription alive: pending ones are cancelled, their history stays until retention takes it.
Task<HttpResponse> delete_subscription(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "subscription_id", call.params[0]);
    if (!id) co_return problems.reply();
    if (!find_subscription(call, EndpointId(*id))) co_return reply_no_subscription();
    const Result<Endpoint> removed =
        co_await context.engine.directory().remove(EndpointId(*id), author_of(call));
    if (!removed) co_return reply_failure(removed.error(), context);
    co_return reply_subscription(*removed, context);
}

}  // namespace posthaste::subscriptions
