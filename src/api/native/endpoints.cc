#include "api/native/endpoints.h"

#include "api/native/core.h"
#include "api/native/handlers.h"
#include "api/native/secrets.h"
#include "engine/operational_events.h"

namespace posthaste::native {

namespace {

HttpResponse reply_endpoint(int status, const Endpoint& endpoint) {
    std::string body;
    append_endpoint(body, endpoint);
    return reply(status, std::move(body));
}

EndpointRules rules_for(const Call& call, const Scope& scope) {
    return {*scope.directory, scope.principal->organization,
            call.context->settings.endpoint_https_only};
}

void tell(const Call& call, EndpointChange change, const Endpoint& endpoint) {
    if (call.context->operational) call.context->operational->on_endpoint(change, endpoint);
}

// Changes the scope's endpoint, and tells of it.
Task<HttpResponse> store_change(Call call, Scope scope, EndpointInput input) {
    const Timestamp now = call.context->clock.now();
    bool was_active = false;
    std::function<Result<void>(Endpoint&)> change = [&](Endpoint& endpoint) {
        was_active = endpoint.is_active;
        input.apply_to(endpoint, now);
        return Result<void>();
    };
    const Result<Endpoint> changed = co_await call.context->engine.directory().change(
        scope.endpoint->config.id, std::move(change), author_of(call, *scope.principal));
    if (!changed) co_return fault(changed.error(), *call.context);
    tell(call, EndpointChange::updated, *changed);
    if (changed->is_active != was_active)
        tell(call, changed->is_active ? EndpointChange::enabled : EndpointChange::disabled,
             *changed);
    co_return reply_endpoint(200, *changed);
}

}  // namespace

void write_endpoint(ObjectWriter& writer, const Endpoint& endpoint) {
    writer.text("id", to_base62("ep", endpoint.id));
    writer.text("url", endpoint.url);
    writer.text("description", endpoint.description);
    writer.text_or_null("uid", endpoint.uid);
    for (const std::string_view name : {"rateLimit", "throttleRate"}) {
        if (endpoint.throttle_rate)
            writer.number(name, *endpoint.throttle_rate);
        else
            writer.null(name);
    }
    writer.number("version", endpoint.version);
    writer.flag("disabled", !endpoint.is_active);
    writer.texts_or_null("eventTypes", endpoint.event_types);
    writer.texts_or_null("filterTypes", endpoint.event_types);
    writer.texts_or_null("channels", endpoint.channels);
    writer.raw("filter", endpoint.filter ? std::string_view(*endpoint.filter) : "null");
    writer.time("createdAt", endpoint.created_at);
    writer.time("updatedAt", endpoint.updated_at);
}

void append_endpoint(std::string& out, const Endpoint& endpoint) {
    ObjectWriter writer(out);
    write_endpoint(writer, endpoint);
    writer.map("metadata", endpoint.metadata);
    writer.close();
}

Task<Result<Endpoint>> store_new_endpoint(Call call, Scope scope, EndpointInput input) {
    const ApiContext& context = *call.context;
    const ApiSettings& settings = context.settings;
    Endpoint endpoint;
    endpoint.organization = scope.application->config.organization;
    endpoint.application = scope.application->config.id;
    endpoint.created_at = context.clock.now();
    endpoint.retry = settings.native_retry;
    endpoint.timeout = settings.native_timeout;
    input.apply_to(endpoint, endpoint.created_at);
    if (!endpoint.secret)
        endpoint.secret = make_secret(settings.default_signature, context.entropy);
    Result<Endpoint> created = co_await context.engine.directory().create(
        std::move(endpoint), author_of(call, *scope.principal));
    if (created) tell(call, EndpointChange::created, *created);
    co_return created;
}

Task<HttpResponse> answer_endpoint_list(Call call, Scope scope, Paging paging) {
    static_cast<void>(call);
    auto page = scope.directory->endpoints(scope.application->config.id, paging.bounds());
    const bool done = paging.cut(page);
    ListWriter list;
    for (const PreparedEndpointPtr& endpoint : page)
        append_endpoint(list.item(to_base62("ep", endpoint->config.id)), endpoint->config);
    co_return list.finish(done);
}

Task<HttpResponse> answer_endpoint_creation(Call call, Scope scope) {
    BodyReader body(call.request.body);
    EndpointInput input = read_endpoint(body, EndpointForm::create, rules_for(call, scope));
    if (!body.ok()) co_return body.reply();
    const Result<Endpoint> created =
        co_await store_new_endpoint(call, std::move(scope), std::move(input));
    if (!created) co_return fault(created.error(), *call.context);
    co_return reply_endpoint(201, *created);
}

Task<HttpResponse> answer_endpoint_replacement(Call call, Scope scope) {
    BodyReader body(call.request.body);
    EndpointInput input = read_endpoint(body, EndpointForm::replace, rules_for(call, scope));
    if (!body.ok()) co_return body.reply();
    if (scope.endpoint) co_return co_await store_change(call, std::move(scope), std::move(input));
    const Result<Endpoint> created =
        co_await store_new_endpoint(call, std::move(scope), std::move(input));
    if (!created) co_return fault(created.error(), *call.context);
    co_return reply_endpoint(201, *created);
}

Task<HttpResponse> answer_endpoint_deletion(Call call, Scope scope) {
    const Result<Endpoint> removed = co_await call.context->engine.directory().remove(
        scope.endpoint->config.id, author_of(call, *scope.principal));
    if (!removed) co_return fault(removed.error(), *call.context);
    tell(call, EndpointChange::deleted, *removed);
    co_return no_content();
}

HttpResponse answer_secret(const Scope& scope) {
    std::string body;
    ObjectWriter writer(body);
    writer.text("key", shown_secret(scope.endpoint->config.secret.value_or("")));
    writer.close();
    return reply(200, std::move(body));
}

Task<HttpResponse> answer_rotation(Call call, Scope scope) {
    constexpr std::int64_t kGraceDefault = 24 * 3600;
    constexpr std::int64_t kGraceMax = 7 * 24 * 3600;
    BodyReader body(call.request.body);
    const auto key = body.text({"key", Presence::optional});
    if (key && !is_secret(*key.value)) body.add_issue("key", "Not a valid secret.");
    const auto seconds = body.integer(
        {"gracePeriodSeconds", Presence::optional, "grace_period_seconds"}, 0, kGraceMax);
    if (!body.ok()) co_return body.reply();

    const ApiContext& context = *call.context;
    const std::string fresh =
        key ? *key.value : make_secret(context.settings.default_signature, context.entropy);
    const Duration grace = std::chrono::seconds(seconds.value_or(kGraceDefault));
    const Timestamp now = context.clock.now();
    std::function<Result<void>(Endpoint&)> change = [&](Endpoint& endpoint) -> Result<void> {
        if (!rotate_secret(endpoint, fresh, grace, now))
            return fail(ErrorCode::invalid, "too many old keys");
        endpoint.updated_at = now;
        return {};
    };
    const Result<Endpoint> changed = co_await context.engine.directory().change(
        scope.endpoint->config.id, std::move(change), author_of(call, *scope.principal));
    if (!changed && changed.error().code == ErrorCode::invalid)
        co_return fault(400, "limit_reached", "You can only have up to 10 active old keys.");
    if (!changed) co_return fault(changed.error(), context);
    tell(call, EndpointChange::updated, *changed);
    co_return no_content();
}

// ---- below /api/v1/app/{app_id}/endpoint

Task<HttpResponse> list_endpoints(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("ep", Order::descending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await answer_endpoint_list(call, *scope, paging);
}

Task<HttpResponse> create_endpoint(Call call) {
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await answer_endpoint_creation(call, *scope);
}

Task<HttpResponse> get_endpoint(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return reply_endpoint(200, scope->endpoint->config);
}

Task<HttpResponse> put_endpoint(Call call) {
    Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    scope->endpoint =
        find_endpoint(*scope->directory, scope->application->config.id, call.params[1]);
    co_return co_await answer_endpoint_replacement(call, *scope);
}

Task<HttpResponse> patch_endpoint(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    EndpointInput input = read_endpoint(body, EndpointForm::patch, rules_for(call, *scope));
    if (!body.ok()) co_return body.reply();
    co_return co_await store_change(call, *scope, std::move(input));
}

Task<HttpResponse> delete_endpoint(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await answer_endpoint_deletion(call, *scope);
}

Task<HttpResponse> get_endpoint_secret(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return answer_secret(*scope);
}

Task<HttpResponse> rotate_endpoint_secret(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await answer_rotation(call, *scope);
}

}  // namespace posthaste::native
