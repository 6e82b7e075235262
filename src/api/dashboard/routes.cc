#include "api/dashboard/routes.h"

#include "api/dashboard/handlers.h"

namespace posthaste::dashboard {

namespace {

constexpr RouteKind kNative = RouteKind::native;

constexpr ApiRoute kRoutes[] = {
    {Method::get, "/api/v1/delivery", list_deliveries, "v1.delivery.list", Access::read, kNative},
    {Method::get, "/api/v1/delivery/{msg_id}/{endpoint_id}", get_delivery, "v1.delivery.get",
     Access::read, kNative},
    {Method::post, "/api/v1/delivery/{msg_id}/{endpoint_id}/resend", resend_delivery,
     "v1.delivery.resend", Access::operate, RouteKind::native_private, "message.resend"},
    {Method::get, "/api/v1/endpoints", list_endpoints, "v1.endpoints.list", Access::read, kNative},
    {Method::get, "/api/v1/endpoints/{endpoint_id}", get_endpoint, "v1.endpoints.get", Access::read,
     kNative},
    {Method::patch, "/api/v1/endpoints/{endpoint_id}", patch_endpoint, "v1.endpoints.patch",
     Access::manage, kNative},
    {Method::get, "/api/v1/overview", get_overview, "v1.overview.get", Access::read, kNative},
    {Method::get, "/api/v1/live", watch_live, "v1.live.watch", Access::read, kNative},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::dashboard
