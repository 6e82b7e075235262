#include "api/native/applications.h"

#include <algorithm>

#include "api/native/core.h"
#include "api/native/handlers.h"
#include "base/json_text.h"

namespace posthaste::native {

namespace {

constexpr std::size_t kMetadataBytesMax = 4096;
constexpr std::string_view kTaken = "An application with that id or uid already exists";
constexpr TextRule kNameRule{.min = 1, .is_plain = true};

HttpResponse reply_application(int status, const Application& application) {
    std::string body;
    append_application(body, application);
    return reply(status, std::move(body));
}

HttpResponse reply_failure(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::exists) return conflict(kTaken);
    return fault(error, context);
}

void apply(const ApplicationInput& input, Application& application, Timestamp now) {
    application.name = input.name;
    application.uid = input.uid;
    application.throttle_rate = input.throttle_rate;
    application.metadata = input.metadata;
    application.updated_at = now;
}

Task<Result<Application>> create(Call call, PrincipalPtr principal, ApplicationInput input) {
    if (Result<void> ensured = co_await ensure_organization(call, principal); !ensured)
        co_return std::unexpected(std::move(ensured).error());
    Application application;
    application.organization = principal->organization;
    application.created_at = call.context->clock.now();
    apply(input, application, application.created_at);
    co_return co_await call.context->engine.directory().create(std::move(application),
                                                               author_of(call, *principal));
}

}  // namespace

Member<std::uint32_t> read_throttle_rate(BodyReader& body, Presence presence) {
    const auto old_name = body.integer({"rateLimit", presence, "rate_limit"}, 1, 65535);
    auto rate = body.integer({"throttleRate", presence, "throttle_rate"}, 1, 65535);
    if (!rate.is_given) rate = old_name;
    Member<std::uint32_t> member;
    member.is_given = rate.is_given;
    if (rate.value) member.value = static_cast<std::uint32_t>(*rate.value);
    return member;
}

Member<Metadata> read_metadata(BodyReader& body, Presence presence) {
    Member<Metadata> metadata = body.map({"metadata", presence});
    if (!metadata.value) return metadata;
    std::string json;
    ObjectWriter writer(json);
    for (const auto& [key, value] : *metadata.value) writer.text(key, value);
    writer.close();
    if (json.size() > kMetadataBytesMax)
        body.add_issue("metadata", "Metadata must be at most 4096 bytes of JSON.");
    return metadata;
}

ApplicationInput read_application(BodyReader& body) {
    ApplicationInput input;
    input.name = body.text({"name", Presence::required}, kNameRule).value_or("");
    input.uid = body.uid({"uid"}, "app").value;
    input.throttle_rate = read_throttle_rate(body, Presence::optional).value;
    input.metadata = read_metadata(body, Presence::optional).value_or({});
    return input;
}

void append_application(std::string& out, const Application& application) {
    ObjectWriter writer(out);
    if (application.uid) writer.text("uid", *application.uid);
    writer.text("name", application.name);
    if (application.throttle_rate) {
        writer.number("rateLimit", *application.throttle_rate);
        writer.number("throttleRate", *application.throttle_rate);
    } else {
        writer.null("throttleRate");
    }
    writer.text("id", to_base62("app", application.id));
    writer.time("createdAt", application.created_at);
    writer.time("updatedAt", application.updated_at);
    writer.map("metadata", application.metadata);
    writer.close();
}

Task<Entered> enter_or_create_application(Call call, Scope scope,
                                          std::optional<ApplicationInput> input) {
    const OrganizationId organization = scope.principal->organization;
    scope.application = find_application(*scope.directory, organization, call.params[0]);
    if (!scope.application && !input)
        co_return std::unexpected(fault(404, "not_found", "Application not found"));
    if (!scope.application) {
        if (!input->uid)
            co_return std::unexpected(unprocessable("application", "The application needs a uid.",
                                                    "application_uid_missing"));
        if (*input->uid != percent_decode(call.params[0]))
            co_return std::unexpected(
                unprocessable("application", "The application's uid is not the one in the path.",
                              "application_uid_mismatch"));
        const Result<Application> created =
            co_await create(call, scope.principal, *std::move(input));
        // Somebody else may have made it in between: then it is that one.
        if (!created && created.error().code != ErrorCode::exists)
            co_return std::unexpected(reply_failure(created.error(), *call.context));
        scope.directory = call.context->engine.directory().current();
        scope.application = find_application(*scope.directory, organization, call.params[0]);
        if (!scope.application) co_return std::unexpected(conflict());
    }
    co_return scope;
}

namespace {

// Which applications a list leaves out.
struct Exclusion {
    bool without_endpoints = false;
    bool all_disabled = false;

    [[nodiscard]] bool covers(const Directory& directory, ApplicationId application) const {
        if (!without_endpoints && !all_disabled) return false;
        const auto endpoints = directory.endpoints(application, {});
        if (endpoints.empty()) return without_endpoints;
        return all_disabled &&
               std::ranges::none_of(endpoints, [](const PreparedEndpointPtr& endpoint) {
                   return endpoint->config.is_active;
               });
    }
};

std::vector<PreparedApplicationPtr> read_applications(const Scope& scope, PageBounds bounds,
                                                      const Exclusion& exclusion) {
    std::vector<PreparedApplicationPtr> found;
    while (true) {
        const auto slice = scope.directory->applications(scope.principal->organization, bounds);
        for (const PreparedApplicationPtr& application : slice)
            if (found.size() < bounds.limit &&
                !exclusion.covers(*scope.directory, application->config.id))
                found.push_back(application);
        if (found.size() == bounds.limit || slice.size() < bounds.limit) return found;
        (bounds.descending ? bounds.below : bounds.above) = slice.back()->config.id;
    }
}

}  // namespace

Task<HttpResponse> list_applications(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("app", Order::ascending);
    const Exclusion exclusion{query.flag("exclude_apps_with_no_endpoints", false),
                              query.flag("exclude_apps_with_disabled_endpoints", false)};
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    auto page = read_applications(*scope, paging.bounds(), exclusion);
    const bool done = paging.cut(page);
    ListWriter list;
    for (const PreparedApplicationPtr& application : page)
        append_application(list.item(to_base62("app", application->config.id)),
                           application->config);
    co_return list.finish(done);
}

Task<HttpResponse> create_application(Call call) {
    Query query(call.request.query);
    const bool get_if_exists = query.flag("get_if_exists", false);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    ApplicationInput input = read_application(body);
    if (!body.ok()) co_return body.reply();

    const std::optional<std::string> uid = input.uid;
    const Result<Application> created = co_await create(call, scope->principal, std::move(input));
    if (created) co_return reply_application(201, *created);
    if (created.error().code == ErrorCode::exists && get_if_exists && uid) {
        const auto existing = call.context->engine.directory().current()->find_application(
            scope->principal->organization, *uid);
        if (existing) co_return reply_application(200, existing->config);
    }
    co_return reply_failure(created.error(), *call.context);
}

Task<HttpResponse> get_application(Call call) {
    const Entered scope = enter_application(call, Level::application);
    if (!scope) co_return scope.error();
    co_return reply_application(200, scope->application->config);
}

Task<HttpResponse> put_application(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    ApplicationInput input = read_application(body);
    if (!body.ok()) co_return body.reply();

    const PreparedApplicationPtr existing =
        find_application(*scope->directory, scope->principal->organization, call.params[0]);
    if (!existing) {
        const Result<Application> created =
            co_await create(call, scope->principal, std::move(input));
        if (!created) co_return reply_failure(created.error(), *call.context);
        co_return reply_application(201, *created);
    }
    const Timestamp now = call.context->clock.now();
    std::function<Result<void>(Application&)> change = [&](Application& application) {
        apply(input, application, now);
        return Result<void>();
    };
    const Result<Application> changed = co_await call.context->engine.directory().change(
        existing->config.id, std::move(change), author_of(call, *scope->principal));
    if (!changed) co_return reply_failure(changed.error(), *call.context);
    co_return reply_application(200, *changed);
}

Task<HttpResponse> patch_application(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const auto name = body.text({"name", Presence::patch}, kNameRule);
    const auto uid = body.uid({"uid", Presence::clearable}, "app");
    const auto throttle_rate = read_throttle_rate(body, Presence::clearable);
    const auto metadata = read_metadata(body, Presence::patch);
    if (!body.ok()) co_return body.reply();

    const Timestamp now = call.context->clock.now();
    std::function<Result<void>(Application&)> change = [&](Application& application) {
        if (name) application.name = *name.value;
        if (uid.is_given) application.uid = uid.value;
        if (throttle_rate.is_given) application.throttle_rate = throttle_rate.value;
        if (metadata) application.metadata = *metadata.value;
        application.updated_at = now;
        return Result<void>();
    };
    const Result<Application> changed = co_await call.context->engine.directory().change(
        scope->application->config.id, std::move(change), author_of(call, *scope->principal));
    if (!changed) co_return reply_failure(changed.error(), *call.context);
    co_return reply_application(200, *changed);
}

Task<HttpResponse> delete_application(Call call) {
    const Entered scope = enter_application(call, Level::organization);
    if (!scope) co_return scope.error();
    const Result<void> removed = co_await call.context->engine.directory().remove(
        scope->application->config.id, author_of(call, *scope->principal));
    if (!removed) co_return reply_failure(removed.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::native
