#pragma once

// Every handler of the route table (router.cc), each defined in the file of its resource.

#include "api/route.h"

namespace posthaste {

// root.cc, health.cc, metrics.cc
Task<HttpResponse> get_root(Call call);
Task<HttpResponse> get_health(Call call);
Task<HttpResponse> get_worker_health(Call call);
Task<HttpResponse> get_metrics(Call call);

// The orders API: docs/api-orders.md.
namespace orders {

Task<HttpResponse> create_order(Call call);

}  // namespace orders

// The subscriptions API: docs/api-subscriptions.md.
namespace subscriptions {

Task<HttpResponse> create_subscription(Call call);
Task<HttpResponse> list_subscriptions(Call call);
Task<HttpResponse> get_subscription(Call call);
Task<HttpResponse> update_subscription(Call call);
Task<HttpResponse> delete_subscription(Call call);

Task<HttpResponse> ingest(Call call);

Task<HttpResponse> get_delivery_status(Call call);
Task<HttpResponse> get_subscription_status(Call call);

}  // namespace subscriptions

}  // namespace posthaste
