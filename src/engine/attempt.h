#pragma once

// The request of one attempt: its headers and signatures, and what its answer means. No waiting here; the dispatcher sends.

#include <memory>
#include <string>

#include "domain/directory.h"
#include "domain/lane.h"
#include "domain/signing.h"
#include "engine/engine.h"
#include "ports/store.h"
#include "ports/transport.h"

namespace posthaste {

// What a reactor keeps ready for an endpoint's lane: the snapshot's entry and its keys.
struct Route {
    PreparedEndpointPtr endpoint;    // null: there never was such an endpoint
    std::unique_ptr<Signer> signer;  // null: no secret, or one that cannot sign
};
[[nodiscard]] Route make_route(PreparedEndpointPtr endpoint);

// Header lines for this event to this endpoint now (docs/signatures.md shows them). Every attempt of a delivery carries the
// same webhook-id.
[[nodiscard]] std::string attempt_headers(const Event& event, const Route& route, Timestamp now,
                                          HeaderNames native = EngineRules{}.native_headers);

// The record and the next state after `result`.
[[nodiscard]] DeliveryUpdate settle_attempt(const QueuedDelivery& delivery,
                                            const Endpoint& endpoint, TransportResult result,
                                            Timestamp started_at, Timestamp now, double draw,
                                            const Sabotage& sabotage);

}  // namespace posthaste
