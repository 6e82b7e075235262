#include "api/subscriptions/routes.h"

#include "api/handlers.h"

namespace posthaste::subscriptions {

namespace {

constexpr ApiRoute kRoutes[] = {
    {Method::post, "/webhooks/ingest/{subscription_id}", ingest, "ingest_webhook", Access::ingest,
     RouteKind::hot},

    {Method::post, "/subscriptions", create_subscription, "create_subscription", Access::manage},
    {Method::get, "/subscriptions", list_subscriptions, "list_subscriptions", Access::read},
    {Method::get, "/subscriptions/{subscription_id}", get_subscription, "get_subscription",
     Access::read},
    {Method::put, "/subscriptions/{subscription_id}", update_subscription, "update_subscription",
     Access::manage},
    {Method::delete_, "/subscriptions/{subscription_id}", delete_subscription,
     "delete_subscription", Access::manage},

    {Method::get, "/status/delivery/{delivery_id}", get_delivery_status, "delivery_status",
     Access::read},
    {Method::get, "/status/subscription/{subscription_id}", get_subscription_status,
     "subscription_status", Access::read},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::subscriptions
