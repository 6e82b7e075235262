#include "api/mailboxes/routes.h"

#include "api/mailboxes/handlers.h"

namespace posthaste::mailboxes {

namespace {

constexpr ApiRoute kRoutes[] = {
    // Whoever has the mailbox's key may hand something in.
    {Method::post, "/webhooks/{mailbox_id}", receive_webhook, "receive_webhook", Access::anyone,
     RouteKind::hot},

    {Method::post, "/api/mailboxes", create_mailbox, "create_mailbox", Access::manage},
    {Method::get, "/api/mailboxes", list_mailboxes, "list_mailboxes", Access::read},
    {Method::get, "/api/mailboxes/{mailbox_id}", get_mailbox, "get_mailbox", Access::read},
    {Method::patch, "/api/mailboxes/{mailbox_id}", update_mailbox, "update_mailbox",
     Access::manage},
    {Method::delete_, "/api/mailboxes/{mailbox_id}", delete_mailbox, "delete_mailbox",
     Access::manage},
    {Method::post, "/api/mailboxes/{mailbox_id}/rotate-key", rotate_key, "rotate_key",
     Access::manage},

    {Method::get, "/api/webhooks", list_webhooks, "list_mailbox_webhooks", Access::read},
    {Method::get, "/api/webhooks/{tracking_number}", get_webhook, "get_mailbox_webhook",
     Access::read},
    {Method::post, "/api/webhooks/{tracking_number}/retry", retry_webhook, "retry_mailbox_webhook",
     Access::operate, RouteKind::management, "webhook.retry"},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::mailboxes
