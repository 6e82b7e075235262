// One delivery, and another attempt of it.

#include <algorithm>
#include <memory>

#include "api/dashboard/delivery_document.h"
#include "api/dashboard/handlers.h"
#include "api/dashboard/viewer.h"
#include "api/native/answers.h"
#include "api/native/event_lookup.h"
#include "api/reply.h"
#include "api/text.h"

namespace posthaste::dashboard {

namespace {

struct Found {
    EventHistory history;
    const DeliveryHistory* delivery = nullptr;  // in `history`
};
using Lookup = std::expected<std::unique_ptr<Found>, HttpResponse>;

// The delivery that the path names, if the viewer sees it.
Task<Lookup> find_delivery(Call call, Viewer viewer) {
    const auto event = parse_base62("msg", percent_decode(call.params[0]));
    const PreparedEndpointPtr endpoint = find_endpoint(viewer, percent_decode(call.params[1]));
    if (!event || !endpoint) co_return std::unexpected(native::entity_not_found());
    Result<EventHistory> history = co_await call.context->store.read_event(EventId(*event));
    if (!history) co_return std::unexpected(native::fault(history.error(), *call.context));
    auto found = std::make_unique<Found>();
    found->history = *std::move(history);
    const auto& deliveries = found->history.deliveries;
    const auto at = std::ranges::find(deliveries, endpoint->config.id, &DeliveryHistory::endpoint);
    if (!viewer.sees(*found->history.event) || at == deliveries.end())
        co_return std::unexpected(native::entity_not_found());
    found->delivery = &*at;
    co_return found;
}

}  // namespace

Task<HttpResponse> get_delivery(Call call) {
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    const Lookup found = co_await find_delivery(call, *viewer);
    if (!found) co_return found.error();
    co_return reply(
        200, delivery_json((*found)->history, *(*found)->delivery, *viewer->directory,
                           call.context->engine.rules().native_headers, call.context->clock.now()));
}

Task<HttpResponse> resend_delivery(Call call) {
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    const Lookup found = co_await find_delivery(call, *viewer);
    if (!found) co_return found.error();
    const EventId event = (*found)->history.event->id;
    const EndpointId endpoint = (*found)->delivery->endpoint;
    const Result<void> resent = co_await call.context->engine.resend(event, endpoint);
    if (!resent) co_return native::fault(resent.error(), *call.context);
    co_return reply(202, "{}");
}

}  // namespace posthaste::dashboard
