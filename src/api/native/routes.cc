#include "api/native/routes.h"

#include "api/native/handlers.h"

namespace posthaste::native {

namespace {

constexpr RouteKind kNative = RouteKind::native;

constexpr ApiRoute kRoutes[] = {
    {Method::get, "/api/v1/health", get_health, "v1.health.get", kNative},
    {Method::get, "/api/v1/health/ping", ping, "v1.health.ping", kNative},

    {Method::get, "/api/v1/app", list_applications, "v1.application.list", kNative},
    {Method::post, "/api/v1/app", create_application, "v1.application.create", kNative},
    {Method::get, "/api/v1/app/{app_id}", get_application, "v1.application.get", kNative},
    {Method::put, "/api/v1/app/{app_id}", put_application, "v1.application.update", kNative},
    {Method::patch, "/api/v1/app/{app_id}", patch_application, "v1.application.patch", kNative},
    {Method::delete_, "/api/v1/app/{app_id}", delete_application, "v1.application.delete", kNative},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::native
