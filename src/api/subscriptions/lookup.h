#pragma once

// Finding a subscription: any live endpoint of the organization that the open APIs work for.

#include "api/context.h"
#include "domain/directory.h"
#include "ports/http.h"

namespace posthaste::subscriptions {

// Null when there is none.
[[nodiscard]] PreparedEndpointPtr find_subscription(const ApiContext& context, EndpointId id);

// 404 {"detail":"Subscription not found"}
[[nodiscard]] HttpResponse reply_no_subscription();

}  // namespace posthaste::subscriptions
