// The deliveries of the viewer's organization, newest first.

#include <algorithm>
#include <limits>
#include <utility>

#include "api/dashboard/delivery_document.h"
#include "api/dashboard/handlers.h"
#include "api/dashboard/viewer.h"
#include "api/delivery_status.h"
#include "api/native/query.h"
#include "api/native/session.h"
#include "api/text.h"

namespace posthaste::dashboard {

namespace {

using native::Query;

constexpr std::size_t kSearchBytesMax = 500;
// Applications in which an event's own id is looked up, the newest: each is a question to the store.
constexpr std::size_t kLookupsMax = 16;

// Where a page begins, and in which direction it is read; it is shown newest first either way.
struct Paging {
    std::size_t limit = native::kPageDefault;
    bool is_backwards = false;
    std::optional<DeliveryPlace> cursor;
};

struct Wanted {
    Paging paging;
    std::vector<DeliveryState> states;
    std::vector<std::string> event_types;
    std::optional<std::string> application;
    std::optional<std::string> endpoint;
    std::optional<Timestamp> before;
    std::optional<Timestamp> after;
    std::string search;
};

Paging read_paging(Query& query) {
    Paging paging;
    paging.limit = query.limit();
    const auto given = query.text("iterator");
    if (!given) return paging;
    std::string_view text = *given;
    paging.is_backwards = text.starts_with('-');
    if (paging.is_backwards) text.remove_prefix(1);
    paging.cursor = parse_place(text);
    if (!paging.cursor) query.refuse("iterator", "The iterator is not one that a list returned.");
    return paging;
}

std::vector<DeliveryState> read_states(Query& query) {
    std::vector<DeliveryState> states;
    for (const std::string& status : query.texts("status")) {
        const auto more = states_of(status);
        if (more.empty())
            query.refuse("status", "pending, delivered, failed and cancelled are known.");
        states.insert(states.end(), more.begin(), more.end());
    }
    return states;
}

Wanted read_wanted(Query& query) {
    Wanted wanted;
    wanted.paging = read_paging(query);
    wanted.states = read_states(query);
    wanted.event_types = query.texts("eventType");
    wanted.application = query.identifier("appId");
    wanted.endpoint = query.identifier("endpointId");
    wanted.before = query.time("before");
    wanted.after = query.time("after");
    wanted.search = query.text("search").value_or("");
    if (wanted.search.size() > kSearchBytesMax)
        query.refuse("search", "At most 500 bytes can be searched for.");
    return wanted;
}

// Does an event, or the endpoint it goes to, have to do with the text?
bool is_about(std::string_view text, const Event& event, EndpointId to,
              const Directory& directory) {
    if (event.uid == text || contains_ignoring_case(event.type, text)) return true;
    const PreparedEndpointPtr endpoint = directory.find(to);
    if (!endpoint) return false;
    const Endpoint& config = endpoint->config;
    return contains_ignoring_case(config.url, text) ||
           contains_ignoring_case(name_of(config), text) || to_base62("ep", config.id) == text;
}

// The narrower of two bounds counts.
void keep_above(DeliveryQuery& query, DeliveryPlace place) {
    query.above = std::max(query.above.value_or(place), place);
}
void keep_below(DeliveryQuery& query, DeliveryPlace place) {
    query.below = std::min(query.below.value_or(place), place);
}

void keep_event(DeliveryQuery& query, EventId event) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    keep_above(query, {event, EndpointId{}});
    keep_below(query, {event, EndpointId{kMax, kMax}});
}

// "msg_…", or a UUID: a tracking number, a delivery's id of the subscriptions API.
std::optional<EventId> read_event_id(std::string_view text) {
    if (const auto id = parse_base62("msg", text)) return EventId(*id);
    if (const auto id = parse_uuid(text)) return EventId(*id);
    return std::nullopt;
}

// Of the event that somebody named so when handing it in.
Task<std::optional<EventId>> find_uid(Call call, Viewer viewer, std::string uid) {
    PageBounds newest;
    newest.descending = true;
    newest.limit = kLookupsMax;
    std::vector<ApplicationId> applications;
    if (viewer.application)
        applications = {*viewer.application};
    else
        for (const auto& one : viewer.directory->applications(viewer.organization, newest))
            applications.push_back(one->config.id);
    for (const ApplicationId application : applications) {
        const Result<EventId> found = co_await call.context->store.find_event(application, uid);
        if (found) co_return *found;
    }
    co_return std::nullopt;
}

DeliveryQuery make_query(const Viewer& viewer, const Wanted& wanted) {
    DeliveryQuery query(viewer.organization);
    query.application = viewer.application;
    query.limit = wanted.paging.limit + 1;
    query.states = wanted.states;
    query.event_types = wanted.event_types;
    if (wanted.before) keep_below(query, {EventId(native::first_id_at(*wanted.before)), {}});
    if (wanted.after) keep_above(query, {EventId(native::first_id_at(*wanted.after)), {}});
    query.oldest_first = wanted.paging.is_backwards;
    if (!wanted.paging.cursor) return query;
    if (wanted.paging.is_backwards)
        keep_above(query, *wanted.paging.cursor);
    else
        keep_below(query, *wanted.paging.cursor);
    return query;
}

// False: what is named does not exist, or is not the viewer's, and nothing can be found.
bool narrow(DeliveryQuery& query, const Viewer& viewer, const Wanted& wanted) {
    if (wanted.endpoint) {
        const PreparedEndpointPtr endpoint = find_endpoint(viewer, *wanted.endpoint);
        if (!endpoint) return false;
        query.endpoint = endpoint->config.id;
        query.application = endpoint->config.application;
    }
    if (!wanted.application) return true;
    const PreparedApplicationPtr application =
        native::find_application(*viewer.directory, viewer.organization, *wanted.application);
    if (!application) return false;
    const ApplicationId id = application->config.id;
    if (query.application && *query.application != id) return false;
    query.application = id;
    return true;
}

Task<DeliveryQuery> search_for(Call call, Viewer viewer, DeliveryQuery query, std::string text) {
    if (text.empty()) co_return query;
    if (const auto id = read_event_id(text)) {
        keep_event(query, *id);
        co_return query;
    }
    if (native::is_identifier(text)) {
        const std::optional<EventId> named = co_await find_uid(call, viewer, text);
        if (named) {
            keep_event(query, *named);
            co_return query;
        }
    }
    query.fits = [text, directory = viewer.directory](const Event& event, EndpointId endpoint) {
        return is_about(text, event, endpoint, *directory);
    };
    co_return query;
}

HttpResponse reply_page(const Viewer& viewer, const Paging& paging, DeliveryPage page) {
    const bool is_full = page.entries.size() > paging.limit;
    if (is_full) page.entries.resize(paging.limit);
    if (paging.is_backwards) std::ranges::reverse(page.entries);
    native::ListWriter list;
    for (const DeliveryEntry& entry : page.entries) {
        native::ObjectWriter object(list.item(to_text({entry.event->id, entry.endpoint})));
        write_delivery(object, entry, *viewer.directory);
        object.close();
    }
    if (!is_full && page.more_behind) {
        const std::string resume = to_text(*page.more_behind);
        return paging.is_backwards ? list.finish_before(resume) : list.finish_at(resume);
    }
    return list.finish(!is_full);
}

}  // namespace

Task<HttpResponse> list_deliveries(Call call) {
    Query query(call.request.query);
    const Wanted wanted = read_wanted(query);
    if (!query.ok()) co_return query.reply();
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    DeliveryQuery asked = make_query(*viewer, wanted);
    if (!narrow(asked, *viewer, wanted)) co_return native::entity_not_found();
    DeliveryQuery narrowed = co_await search_for(call, *viewer, std::move(asked), wanted.search);
    Result<DeliveryPage> page = co_await call.context->store.list_deliveries(std::move(narrowed));
    if (!page) co_return native::fault(page.error(), *call.context);
    co_return reply_page(*viewer, wanted.paging, *std::move(page));
}

}  // namespace posthaste::dashboard
