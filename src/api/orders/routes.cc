#include "api/orders/routes.h"

#include "api/handlers.h"

namespace posthaste::orders {

namespace {

constexpr ApiRoute kRoutes[] = {
    {Method::post, "/order", create_order, "create_order", Access::ingest, RouteKind::hot},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::orders
