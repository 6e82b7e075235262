// Every endpoint of the viewer's organization, whatever API made it: the list, and switching one off and on.

#include <algorithm>
#include <functional>
#include <vector>

#include "api/dashboard/delivery_document.h"
#include "api/dashboard/handlers.h"
#include "api/dashboard/viewer.h"
#include "api/native/body.h"
#include "api/native/query.h"
#include "api/reply.h"
#include "api/text.h"
#include "engine/operational_events.h"

namespace posthaste::dashboard {

namespace {

using native::ObjectWriter;
using native::Query;

// Endpoints looked at for one page, and applications fetched at once.
constexpr std::size_t kLookedAtMax = 5000;
constexpr std::size_t kApplicationsAtOnce = 64;
constexpr std::size_t kSearchBytesMax = 500;

// The breaker's word; a native endpoint at which deliveries ran out of attempts is not well either.
Health health_of(const PreparedEndpoint& endpoint) {
    const Health health = condition_of(endpoint).health;
    if (health == Health::healthy && endpoint.config.failing_since) return Health::suspect;
    return health;
}

std::optional<Timestamp> failing_since(const PreparedEndpoint& endpoint) {
    const std::optional<Timestamp> since = condition_of(endpoint).since;
    return since ? since : endpoint.config.failing_since;
}

std::string_view api_of(Profile profile) {
    switch (profile) {
        case Profile::native: return "native";
        case Profile::subscriptions: return "subscriptions";
        case Profile::orders: return "orders";
        case Profile::mailboxes: return "mailboxes";
        case Profile::contacts: return "contacts";
    }
    return "native";
}

struct Wanted {
    std::size_t limit = native::kPageDefault;
    EndpointId behind;  // nil: from the start
    std::string search;
    std::optional<Health> health;
};

std::optional<Health> read_health(Query& query) {
    const auto given = query.text("health");
    if (!given) return std::nullopt;
    for (const Health health : {Health::healthy, Health::suspect, Health::unhealthy})
        if (*given == to_string(health)) return health;
    query.refuse("health", "healthy, suspect and unhealthy are known.");
    return std::nullopt;
}

Wanted read_wanted(Query& query) {
    Wanted wanted;
    const native::Paging paging = query.page("ep", native::Order::ascending);
    wanted.limit = paging.limit;
    wanted.behind = EndpointId(paging.cursor);
    if (paging.is_backwards) query.refuse("iterator", "This list is read forwards only.");
    wanted.search = query.text("search").value_or("");
    if (wanted.search.size() > kSearchBytesMax)
        query.refuse("search", "At most 500 bytes can be searched for.");
    wanted.health = read_health(query);
    return wanted;
}

bool is_wanted(const PreparedEndpoint& prepared, const Wanted& wanted) {
    const Endpoint& endpoint = prepared.config;
    if (wanted.health && health_of(prepared) != *wanted.health) return false;
    return contains_ignoring_case(endpoint.url, wanted.search) ||
           contains_ignoring_case(name_of(endpoint), wanted.search) ||
           to_base62("ep", endpoint.id) == wanted.search || to_uuid(endpoint.id) == wanted.search;
}

// A page in order of applications, then endpoints, both by id.
class Walk {
public:
    Walk(const Viewer& viewer, const Wanted& wanted) : viewer_(viewer), wanted_(wanted) {}

    void run(ApplicationId first, EndpointId behind) {
        ApplicationId application = first;
        if (!first.is_nil() && !take(first, behind)) return;
        if (viewer_.application) return;
        for (;;) {
            PageBounds bounds;
            bounds.above = application;
            bounds.limit = kApplicationsAtOnce;
            const auto more = viewer_.directory->applications(viewer_.organization, bounds);
            for (const PreparedApplicationPtr& one : more) {
                application = one->config.id;
                if (!take(application, EndpointId())) return;
            }
            if (more.size() < bounds.limit) return;
        }
    }

    std::vector<PreparedEndpointPtr> found;
    EndpointId last;      // looked at
    bool is_over = true;  // nothing follows

private:
    bool take(ApplicationId application, EndpointId behind) {
        PageBounds bounds;
        bounds.above = behind;
        bounds.limit = kLookedAtMax - looked_at_ + 1;
        for (PreparedEndpointPtr& endpoint : viewer_.directory->endpoints(application, bounds)) {
            if (found.size() == wanted_.limit || looked_at_ == kLookedAtMax) {
                is_over = false;
                return false;
            }
            ++looked_at_;
            last = endpoint->config.id;
            if (is_wanted(*endpoint, wanted_)) found.push_back(std::move(endpoint));
        }
        return true;
    }

    const Viewer& viewer_;
    const Wanted& wanted_;
    std::size_t looked_at_ = 0;
};

void write_endpoint(ObjectWriter& object, const PreparedEndpoint& prepared,
                    const Directory& directory, std::uint64_t pending) {
    const Endpoint& endpoint = prepared.config;
    const PreparedApplicationPtr application = directory.find(endpoint.application);
    object.text("id", to_base62("ep", endpoint.id));
    object.text("originalId", original_id(endpoint));
    object.text("appId", to_base62("app", endpoint.application));
    object.text("appName", application ? std::string_view(application->config.name) : "");
    object.text("api", api_of(endpoint.profile));
    object.text("name", name_of(endpoint));
    object.text("url", endpoint.url);
    object.flag("isActive", endpoint.is_active);
    object.text("health", to_string(health_of(prepared)));
    if (const auto since = failing_since(prepared))
        object.time("failingSince", *since);
    else
        object.null("failingSince");
    object.number("pending", static_cast<std::int64_t>(pending));
    object.texts_or_null("eventTypes", endpoint.event_types);
    object.time("createdAt", endpoint.created_at);
}

// Its deliveries that wait.
Task<Result<std::uint64_t>> count_pending(Call call, EndpointId endpoint) {
    const Timestamp now = call.context->clock.now();
    ASSIGN_OR_CO_RETURN(const AttemptCounts counts,
                        co_await call.context->store.count_attempts(endpoint, now, now));
    co_return counts.waiting;
}

Task<HttpResponse> answer_endpoint(Call call, Viewer viewer, EndpointId id) {
    const PreparedEndpointPtr endpoint = viewer.directory->find(id);
    if (!endpoint || endpoint->config.is_deleted) co_return native::entity_not_found();
    const Result<std::uint64_t> pending = co_await count_pending(call, id);
    if (!pending) co_return native::fault(pending.error(), *call.context);
    std::string out;
    ObjectWriter object(out);
    write_endpoint(object, *endpoint, *viewer.directory, *pending);
    object.close();
    co_return reply(200, std::move(out));
}

void tell(const Call& call, const Endpoint& endpoint) {
    OperationalEvents* const operational = call.context->operational;
    if (operational == nullptr || endpoint.profile != Profile::native) return;
    operational->on_endpoint(EndpointChange::updated, endpoint);
    operational->on_endpoint(
        endpoint.is_active ? EndpointChange::enabled : EndpointChange::disabled, endpoint);
}

}  // namespace

Task<HttpResponse> list_endpoints(Call call) {
    Query query(call.request.query);
    const Wanted wanted = read_wanted(query);
    if (!query.ok()) co_return query.reply();
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    ApplicationId first = viewer->application.value_or(ApplicationId());
    if (!wanted.behind.is_nil()) {
        const auto cursor = find_endpoint(*viewer, to_base62("ep", wanted.behind));
        if (!cursor) co_return native::entity_not_found();
        first = cursor->config.application;
    }
    Walk walk(*viewer, wanted);
    walk.run(first, wanted.behind);
    native::ListWriter list;
    for (const PreparedEndpointPtr& endpoint : walk.found) {
        const Result<std::uint64_t> pending = co_await count_pending(call, endpoint->config.id);
        if (!pending) co_return native::fault(pending.error(), *call.context);
        ObjectWriter object(list.item(to_base62("ep", endpoint->config.id)));
        write_endpoint(object, *endpoint, *viewer->directory, *pending);
        object.close();
    }
    if (!walk.is_over) co_return list.finish_at(to_base62("ep", walk.last));
    co_return list.finish(true);
}

Task<HttpResponse> get_endpoint(Call call) {
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    const PreparedEndpointPtr endpoint = find_endpoint(*viewer, percent_decode(call.params[0]));
    if (!endpoint) co_return native::entity_not_found();
    co_return co_await answer_endpoint(call, *viewer, endpoint->config.id);
}

Task<HttpResponse> patch_endpoint(Call call) {
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    const PreparedEndpointPtr endpoint = find_endpoint(*viewer, percent_decode(call.params[0]));
    if (!endpoint || endpoint->config.is_deleted) co_return native::entity_not_found();
    native::BodyReader body(call.request.body);
    const auto is_active = body.flag({"isActive", native::Presence::required});
    if (!body.ok()) co_return body.reply();
    const Timestamp now = call.context->clock.now();
    bool was_active = false;
    std::function<Result<void>(Endpoint&)> change = [&](Endpoint& changed) -> Result<void> {
        was_active = changed.is_active;
        if (was_active == *is_active.value) return {};
        changed.is_active = *is_active.value;
        changed.updated_at = now;
        // Whoever switches it on again gives it a new start.
        if (changed.is_active) changed.failing_since.reset();
        return {};
    };
    const Result<Endpoint> changed = co_await call.context->engine.directory().change(
        endpoint->config.id, std::move(change), author_of(call, *viewer));
    if (!changed) co_return native::fault(changed.error(), *call.context);
    if (changed->is_active != was_active) tell(call, *changed);
    Viewer after = *viewer;
    after.directory = call.context->engine.directory().current();
    co_return co_await answer_endpoint(call, std::move(after), changed->id);
}

}  // namespace posthaste::dashboard
