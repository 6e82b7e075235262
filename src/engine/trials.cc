#include "engine/trials.h"

#include "engine/attempt.h"

namespace posthaste {

Task<Result<TransportResult>> Trials::send(PreparedEndpointPtr endpoint,
                                           std::shared_ptr<Event> event) {
    if (running_ >= limits_.at_once_max)
        co_return fail(ErrorCode::overloaded, "Too many endpoints are being tried: try again.");
    OutboundRequest request;
    const Route route = make_route(endpoint);
    request.headers = attempt_headers(*event, route, clock_.now());
    request.endpoint = std::move(endpoint);
    request.event = std::move(event);
    request.timeout = limits_.timeout;
    ++running_;
    TransportResult result = co_await transport_.send(std::move(request));
    --running_;
    co_return result;
}

}  // namespace posthaste
