// GET /api/v1/overview: how the server does, and how many endpoints the viewer has.

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "api/dashboard/handlers.h"
#include "api/dashboard/overview_document.h"
#include "api/dashboard/viewer.h"
#include "api/native/query.h"
#include "api/reply.h"

namespace posthaste::dashboard {

namespace {

using native::ObjectWriter;

constexpr std::size_t kMinutesDefault = 60;
constexpr std::size_t kApplicationsAtOnce = 64;

std::size_t read_minutes(native::Query& query) {
    const auto given = query.text("minutes");
    if (!given) return kMinutesDefault;
    std::size_t value = 0;
    const char* const end = given->data() + given->size();
    const auto [stop, error] = std::from_chars(given->data(), end, value);
    if (error != std::errc() || stop != end || value < 1 || value > Figures::kMinutesKept)
        query.refuse("minutes", "A number from 1 to 1440 is wanted.");
    return value;
}

void write_milliseconds(ObjectWriter& object, std::string_view name,
                        std::optional<Duration> value) {
    if (value)
        object.number(name, std::chrono::ceil<std::chrono::milliseconds>(*value).count());
    else
        object.null(name);
}

struct EndpointCounts {
    std::int64_t total = 0;
    std::int64_t active = 0;
    std::int64_t unhealthy = 0;

    void add(const PreparedEndpoint& endpoint) {
        ++total;
        if (endpoint.config.is_active) ++active;
        if (condition_of(endpoint).health == Health::unhealthy) ++unhealthy;
    }
};

void count(const Directory& directory, ApplicationId application, EndpointCounts& counts) {
    for (const PreparedEndpointPtr& endpoint : directory.endpoints(application, {}))
        counts.add(*endpoint);
}

// Of many endpoints, lets others run in between.
Task<EndpointCounts> count_endpoints(Viewer viewer) {
    EndpointCounts counts;
    if (viewer.application) {
        count(*viewer.directory, *viewer.application, counts);
        co_return counts;
    }
    PageBounds bounds;
    bounds.limit = kApplicationsAtOnce;
    for (;;) {
        const auto page = viewer.directory->applications(viewer.organization, bounds);
        for (const auto& application : page)
            count(*viewer.directory, application->config.id, counts);
        if (page.size() < bounds.limit) co_return counts;
        bounds.above = page.back()->config.id;
        co_await asio::post(asio::use_awaitable_t<Executor>());
    }
}

void write_endpoints(ObjectWriter& object, const EndpointCounts& counts) {
    std::string json;
    ObjectWriter endpoints(json);
    endpoints.number("total", counts.total);
    endpoints.number("active", counts.active);
    endpoints.number("disabled", counts.total - counts.active);
    endpoints.number("unhealthy", counts.unhealthy);
    endpoints.close();
    object.raw("endpoints", json);
}

}  // namespace

bool sees_the_server(const Call& call, const Viewer& viewer) {
    return viewer.organization == call.context->settings.organization && !viewer.application;
}

std::string totals_json(const Tally& tally, std::uint64_t in_flight) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    std::string json;
    ObjectWriter object(json);
    object.number("accepted", number(tally.accepted));
    object.number("delivered", number(tally.delivered));
    object.number("failed", number(tally.dead));
    object.number("cancelled", number(tally.cancelled));
    object.number("pending", number(tally.pending()));
    object.number("inFlight", number(in_flight));
    object.close();
    return json;
}

std::string minutes_json(std::span<const MinuteFigures> minutes) {
    std::string json = "[";
    for (const MinuteFigures& minute : minutes) {
        if (json.size() > 1) json += ',';
        ObjectWriter object(json);
        object.time("at", minute.at);
        object.number("accepted", static_cast<std::int64_t>(minute.accepted));
        object.number("delivered", static_cast<std::int64_t>(minute.delivered));
        object.number("failedAttempts", static_cast<std::int64_t>(minute.failed_attempts));
        object.number("dead", static_cast<std::int64_t>(minute.dead));
        write_milliseconds(object, "p50Ms", minute.p50);
        write_milliseconds(object, "p95Ms", minute.p95);
        object.close();
    }
    return json + "]";
}

Task<HttpResponse> get_overview(Call call) {
    const ApiContext& context = *call.context;
    native::Query query(call.request.query);
    const std::size_t minutes = read_minutes(query);
    if (!query.ok()) co_return query.reply();
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    std::string body;
    ObjectWriter object(body);
    if (sees_the_server(call, *viewer)) {
        const Result<Tally> tally = co_await context.store.tally();
        if (!tally) co_return native::fault(tally.error(), context);
        object.raw("totals", totals_json(*tally, context.figures.in_flight()));
        object.raw("minutes", minutes_json(context.figures.minutes(minutes, context.clock.now())));
    } else {
        object.null("totals");
        object.raw("minutes", "[]");
    }
    const EndpointCounts counts = co_await count_endpoints(*viewer);
    write_endpoints(object, counts);
    object.time("startedAt", context.figures.started_at());
    object.text("version", context.settings.version);
    object.close();
    co_return reply(200, std::move(body));
}

}  // namespace posthaste::dashboard
