// POST /order: an order becomes an event of the type order_creation, for the target that the settings name (target.h) and
// for every other endpoint that is subscribed to it. Its bytes are delivered as they came.

#include <algorithm>
#include <exception>
#include <memory>

#include "api/admission.h"
#include "api/handlers.h"
#include "api/orders/order.h"
#include "api/orders/target.h"
#include "api/reply.h"
#include "api/targets.h"
#include "base/bytes.h"

namespace posthaste::orders {

namespace {

// Only what says that it is something else is not read as JSON.
bool says_json(const HttpRequest& request) {
    const std::string_view header = request.header("content-type").value_or("");
    if (header.empty()) return true;
    std::string type = to_lower(header.substr(0, header.find(';')));
    while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
    constexpr std::string_view kApplication = "application/";
    return type == kJson || (type.starts_with(kApplication) && type.ends_with("+json") &&
                             std::ranges::count(type, '/') == 1);
}

std::expected<Order, std::string> read(const HttpRequest& request) {
    if (!request.body.empty() && !says_json(request)) return std::unexpected(no_object());
    return read_order(request.body);
}

std::shared_ptr<Event> make_event(const Call& call) {
    const Owner owner = owner_of(call);
    auto event = std::make_shared<Event>();
    event->organization = owner.organization;
    event->application = owner.application;
    event->type = kOrderCreation;
    event->payload = call.request.body;
    event->targets = targets_of(*call.context->engine.directory().current(), *event);
    return event;
}

HttpResponse reply_received(const Order& order) {
    return reply(200, "{\"message\":\"Order received\",\"order\":{\"order_id\":" + order.order_id +
                          ",\"user_id\":" + order.user_id + ",\"amount\":" + order.amount + "}}");
}

}  // namespace

Task<HttpResponse> create_order(Call call) {
    try {
        const ApiContext& context = *call.context;
        const auto order = read(call.request);
        if (!order) co_return reply(422, "{\"detail\":[" + order.error() + "]}");
        const Result<void> ensured = co_await ensure_owner(call);
        if (!ensured) co_return reply_error(ensured.error(), context.settings.retry_after);
        const Result<Accepted> accepted = co_await context.engine.accept(make_event(call));
        if (!accepted) co_return reply_error(accepted.error(), context.settings.retry_after);
        co_return reply_received(*order);
    } catch (const std::exception&) {
        // Out of memory: nothing was accepted, or the producer is told to ask again.
    }
    co_return reply_detail(500, "Internal Server Error");
}

}  // namespace posthaste::orders
