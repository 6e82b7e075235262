#pragma once

// A payload that is handed in for one endpoint: may it be, does the endpoint want it, and the event it becomes.

#include <memory>
#include <string>
#include <string_view>

#include "api/payload.h"
#include "api/problems.h"
#include "domain/model.h"

namespace posthaste {

// Adds a problem unless the payload is an object. `body` is its text.
void add_payload_problem(Problems& problems, const PayloadCheck& payload, std::string_view body);

// The endpoint's event types concern payloads with a member "event"; one that is no string is wanted by no such endpoint.
[[nodiscard]] bool is_wanted(const Endpoint& endpoint, const PayloadCheck& payload);
// "Event type 'order.created' not subscribed". REQUIRES: the payload is not wanted.
[[nodiscard]] std::string not_subscribed(const PayloadCheck& payload);

// For this endpoint alone.
[[nodiscard]] std::shared_ptr<Event> make_event(const Endpoint& endpoint,
                                                const PayloadCheck& payload, std::string_view body);

}  // namespace posthaste
