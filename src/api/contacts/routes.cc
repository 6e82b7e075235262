#include "api/contacts/routes.h"

#include <algorithm>
#include <array>

#include "api/contacts/handlers.h"

namespace posthaste::contacts {

namespace {

constexpr ApiRoute kRoutes[] = {
    {Method::post, "/api/v1/users", create_user, "create_user", Access::manage},
    {Method::get, "/api/v1/users", read_users, "read_users", Access::read},
    {Method::post, "/api/v1/users/signup", register_user, "register_user", Access::anyone},
    {Method::get, "/api/v1/users/{user_id}", read_user_by_id, "read_user_by_id", Access::read},

    {Method::post, "/api/v1/login/access-token", login_access_token, "login_access_token",
     Access::anyone},
    {Method::post, "/api/v1/login/test-token", test_token, "test_token", Access::anyone},

    {Method::post, "/api/v1/webhooks", create_webhook, "create_webhook", Access::manage},
    {Method::get, "/api/v1/webhooks", list_webhooks, "list_webhooks", Access::read},
    {Method::post, "/api/v1/webhooks/test", test_webhook_provider, "test_webhook_provider",
     Access::read},
    {Method::get, "/api/v1/webhooks/{webhook_id}", get_webhook, "get_webhook", Access::read},
    {Method::put, "/api/v1/webhooks/{webhook_id}", update_webhook, "update_webhook",
     Access::manage},
    {Method::delete_, "/api/v1/webhooks/{webhook_id}", delete_webhook, "delete_webhook",
     Access::manage},
    // The original's path.
    {Method::delete_, "/api/v1/webhooks/webhooks/{webhook_id}", delete_webhook,
     "delete_webhook_public", Access::manage},
    {Method::post, "/api/v1/webhooks/{webhook_id}/test", test_webhook, "test_webhook",
     Access::operate, RouteKind::management, "endpoint.test"},

    {Method::post, "/api/v1/subscribers", create_subscriber, "create_subscriber", Access::ingest},
    {Method::get, "/api/v1/subscribers", list_subscribers, "list_subscribers", Access::read},
    {Method::get, "/api/v1/subscribers/{subscriber_id}", get_subscriber, "get_subscriber",
     Access::read},
    {Method::put, "/api/v1/subscribers/{subscriber_id}", update_subscriber, "update_subscriber",
     Access::manage},
    {Method::delete_, "/api/v1/subscribers/{subscriber_id}", delete_subscriber, "delete_subscriber",
     Access::manage},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

bool has_resource(std::string_view segment) {
    constexpr std::array<std::string_view, 4> kResources = {"users", "login", "webhooks",
                                                            "subscribers"};
    return std::find(kResources.begin(), kResources.end(), segment) != kResources.end();
}

}  // namespace posthaste::contacts
