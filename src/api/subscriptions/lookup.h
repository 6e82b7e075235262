#pragma once

// Finding a subscription: a live endpoint of the caller's application that this API made.

#include "api/route.h"
#include "domain/directory.h"
#include "ports/http.h"

namespace posthaste::subscriptions {

// Null when there is none.
[[nodiscard]] PreparedEndpointPtr find_subscription(const Call& call, EndpointId id);

// 404 {"detail":"Subscription not found"}
[[nodiscard]] HttpResponse reply_no_subscription();

}  // namespace posthaste::subscriptions
