#include "api/native/routes.h"

#include "api/native/handlers.h"

namespace posthaste::native {

namespace {

constexpr RouteKind kNative = RouteKind::native;

constexpr ApiRoute kRoutes[] = {
    {Method::get, "/api/v1/health", get_health, "v1.health.get", kNative},
    {Method::get, "/api/v1/health/ping", ping, "v1.health.ping", kNative},
    {Method::get, "/api/v1/openapi.json", get_openapi, "v1.openapi.get", kNative},

    {Method::get, "/api/v1/app", list_applications, "v1.application.list", kNative},
    {Method::post, "/api/v1/app", create_application, "v1.application.create", kNative},
    {Method::get, "/api/v1/app/{app_id}", get_application, "v1.application.get", kNative},
    {Method::put, "/api/v1/app/{app_id}", put_application, "v1.application.update", kNative},
    {Method::patch, "/api/v1/app/{app_id}", patch_application, "v1.application.patch", kNative},
    {Method::delete_, "/api/v1/app/{app_id}", delete_application, "v1.application.delete", kNative},

    {Method::get, "/api/v1/app/{app_id}/endpoint", list_endpoints, "v1.endpoint.list", kNative},
    {Method::post, "/api/v1/app/{app_id}/endpoint", create_endpoint, "v1.endpoint.create", kNative},
    {Method::get, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", get_endpoint, "v1.endpoint.get",
     kNative},
    {Method::put, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", put_endpoint, "v1.endpoint.update",
     kNative},
    {Method::patch, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", patch_endpoint,
     "v1.endpoint.patch", kNative},
    {Method::delete_, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", delete_endpoint,
     "v1.endpoint.delete", kNative},
    {Method::get, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", get_endpoint_headers,
     "v1.endpoint.get-headers", kNative},
    {Method::put, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", put_endpoint_headers,
     "v1.endpoint.update-headers", kNative},
    {Method::patch, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", patch_endpoint_headers,
     "v1.endpoint.patch-headers", kNative},
    {Method::get, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret", get_endpoint_secret,
     "v1.endpoint.get-secret", kNative},
    {Method::post, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret/rotate",
     rotate_endpoint_secret, "v1.endpoint.rotate-secret", kNative},
    {Method::post, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/filter/test", test_filter,
     "v1.endpoint.test-filter", kNative},

    {Method::get, "/api/v1/event-type", list_event_types, "v1.event-type.list", kNative},
    {Method::post, "/api/v1/event-type", create_event_type, "v1.event-type.create", kNative},
    {Method::get, "/api/v1/event-type/{event_type_name}", get_event_type, "v1.event-type.get",
     kNative},
    {Method::put, "/api/v1/event-type/{event_type_name}", put_event_type, "v1.event-type.update",
     kNative},
    {Method::patch, "/api/v1/event-type/{event_type_name}", patch_event_type, "v1.event-type.patch",
     kNative},
    {Method::delete_, "/api/v1/event-type/{event_type_name}", delete_event_type,
     "v1.event-type.delete", kNative},

    {Method::post, "/api/v1/environment/export", export_environment, "v1.environment.export",
     kNative},
    {Method::post, "/api/v1/environment/import", import_environment, "v1.environment.import",
     kNative},

    {Method::post, "/api/v1/auth/app-portal-access/{app_id}", create_app_portal_access,
     "v1.authentication.app-portal-access", kNative},
    {Method::post, "/api/v1/auth/dashboard-access/{app_id}", create_dashboard_access,
     "v1.authentication.dashboard-access", kNative},
    {Method::post, "/api/v1/auth/logout", logout, "v1.authentication.logout", kNative},

    {Method::get, "/api/v1/operational-webhook/endpoint", list_operational_endpoints,
     "v1.operational-webhook-endpoint.list", kNative},
    {Method::post, "/api/v1/operational-webhook/endpoint", create_operational_endpoint,
     "v1.operational-webhook-endpoint.create", kNative},
    {Method::get, "/api/v1/operational-webhook/endpoint/{endpoint_id}", get_operational_endpoint,
     "v1.operational-webhook-endpoint.get", kNative},
    {Method::put, "/api/v1/operational-webhook/endpoint/{endpoint_id}", put_operational_endpoint,
     "v1.operational-webhook-endpoint.update", kNative},
    {Method::delete_, "/api/v1/operational-webhook/endpoint/{endpoint_id}",
     delete_operational_endpoint, "v1.operational-webhook-endpoint.delete", kNative},
    {Method::get, "/api/v1/operational-webhook/endpoint/{endpoint_id}/secret",
     get_operational_secret, "v1.operational-webhook-endpoint.get-secret", kNative},
    {Method::post, "/api/v1/operational-webhook/endpoint/{endpoint_id}/secret/rotate",
     rotate_operational_secret, "v1.operational-webhook-endpoint.rotate-secret", kNative},
    {Method::get, "/api/v1/operational-webhook/endpoint/{endpoint_id}/headers",
     get_operational_headers, "v1.operational-webhook-endpoint.get-headers", kNative},
    {Method::put, "/api/v1/operational-webhook/endpoint/{endpoint_id}/headers",
     put_operational_headers, "v1.operational-webhook-endpoint.update-headers", kNative},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::native
