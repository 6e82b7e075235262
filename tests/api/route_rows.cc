#include "tests/api/route_rows.h"

namespace posthaste::test {

namespace {

constexpr Method kGet = Method::get;
constexpr Method kPost = Method::post;
constexpr Method kPut = Method::put;
constexpr Method kPatch = Method::patch;
constexpr Method kDelete = Method::delete_;

constexpr Trace kNothing = Trace::nothing;
constexpr Trace kEntry = Trace::entry;

using enum Caller;
constexpr Callers kEverybody{nobody, viewer,     operator_, admin,
                             owner,  ingest_key, read_key,  full_key};
constexpr Callers kKnown{viewer, operator_, admin, owner, ingest_key, read_key, full_key};
constexpr Callers kPeople{viewer, operator_, admin, owner};
constexpr Callers kReaders{viewer, operator_, admin, owner, read_key, full_key};
constexpr Callers kOperators{operator_, admin, owner, full_key};
constexpr Callers kProducers{admin, owner, ingest_key, full_key};
constexpr Callers kManagers{admin, owner, full_key};

constexpr const char* kAsksOnly = "asks for something, and changes nothing";
constexpr const char* kEvent = "an event, which is kept itself";
constexpr const char* kContact = "what a list of contacts held must be gone once it is deleted";

constexpr RouteRow kRows[] = {
    // All that answers nobody: health, documentation, and what brings credentials of its own.
    {kGet, "/", kEverybody, kNothing},
    {kGet, "/health", kEverybody, kNothing},
    {kGet, "/health/worker", kEverybody, kNothing},
    {kGet, "/api/v1/health", kEverybody, kNothing},
    {kGet, "/api/v1/health/ping", kEverybody, kNothing},
    {kGet, "/openapi.json", kEverybody, kNothing},
    {kGet, "/api/v1/openapi.json", kEverybody, kNothing},
    {kGet, "/docs", kEverybody, kNothing},
    {kGet, "/doc", kEverybody, kNothing},
    {kGet, "/redoc", kEverybody, kNothing},
    {kGet, "/assets/{name}", kEverybody, kNothing},
    {kGet, "/dashboard", kEverybody, kNothing},
    {kGet, "/dashboard/{page}", kEverybody, kNothing},
    {kGet, "/dashboard/{page}/{id}", kEverybody, kNothing},
    {kGet, "/dashboard/{page}/{id}/{other}", kEverybody, kNothing},
    {kGet, "/portal", kEverybody, kNothing},
    {kGet, "/portal/{page}", kEverybody, kNothing},
    {kGet, "/portal/{page}/{id}", kEverybody, kNothing},
    {kGet, "/portal/{page}/{id}/{other}", kEverybody, kNothing},
    {kGet, "/app-portal", kEverybody, kNothing},
    {kPost, "/api/v1/account/setup", kEverybody, kEntry,
     R"({"token":"{setup_token}","email":"first@example.com","password":"a good password"})"},
    {kPost, "/api/v1/account/login", kEverybody, kEntry,
     R"({"email":"owner@example.com","password":"a good password"})"},
    {kPost, "/api/v1/login/access-token", kEverybody, kEntry,
     "username=owner%40example.com&password=a+good+password"},
    {kPost, "/api/v1/users/signup", kEverybody, kEntry,
     R"({"email":"new@example.com","password":"a good password"})"},
    // With the mailbox's own key.
    {kPost, "/webhooks/{mailbox_id}", kEverybody, kNothing, R"({"event":"e"})", kEvent},
    {kPost, "/api/v1/auth/logout", kEverybody, kNothing, "",
     "ends tokens of the portal alone: 501"},

    // Whoever has credentials.
    {kGet, "/api/v1/account", kKnown, kNothing},
    {kPost, "/api/v1/login/test-token", kKnown, kNothing, "", kAsksOnly},
    {kGet, "/api/v1/users/{user_id}", kReaders, kNothing},

    // Who logged in, about themselves.
    {kPost, "/api/v1/account/logout", kPeople, kEntry},
    {kPatch, "/api/v1/account", kPeople, kEntry, R"({"fullName":"Ada"})"},
    {kPost, "/api/v1/account/password", kPeople, kEntry,
     R"({"currentPassword":"a good password","newPassword":"another good one"})"},
    {kGet, "/api/v1/account/sessions", kPeople, kNothing},
    {kDelete, "/api/v1/account/sessions", kPeople, kEntry},
    {kDelete, "/api/v1/account/sessions/{session_id}", kPeople, kEntry},

    {kGet, "/metrics", kReaders, kNothing},

    // Accounts.
    {kGet, "/api/v1/members", kManagers, kNothing},
    {kPost, "/api/v1/members", kManagers, kEntry,
     R"({"email":"new@example.com","password":"a good password"})"},
    {kGet, "/api/v1/members/{user_id}", kManagers, kNothing},
    {kPatch, "/api/v1/members/{user_id}", kManagers, kEntry, R"({"fullName":"Bob"})"},
    {kDelete, "/api/v1/members/{user_id}", kManagers, kEntry},
    {kGet, "/api/v1/api-keys", kManagers, kNothing},
    {kPost, "/api/v1/api-keys", kManagers, kEntry, R"({"name":"new","scope":"read"})"},
    {kGet, "/api/v1/api-keys/{key_id}", kManagers, kNothing},
    {kPatch, "/api/v1/api-keys/{key_id}", kManagers, kEntry, R"({"name":"newer"})"},
    {kDelete, "/api/v1/api-keys/{key_id}", kManagers, kEntry},
    {kGet, "/api/v1/audit", kManagers, kNothing},

    // The subscriptions API.
    {kPost, "/webhooks/ingest/{subscription_id}", kProducers, kNothing, R"({"event":"e"})", kEvent},
    {kPost, "/subscriptions", kManagers, kEntry, R"({"target_url":"http://h.example/"})"},
    {kGet, "/subscriptions", kReaders, kNothing},
    {kGet, "/subscriptions/{subscription_id}", kReaders, kNothing},
    {kPut, "/subscriptions/{subscription_id}", kManagers, kEntry, R"({"is_active":false})"},
    {kDelete, "/subscriptions/{subscription_id}", kManagers, kEntry},
    {kGet, "/status/delivery/{delivery_id}", kReaders, kNothing},
    {kGet, "/status/subscription/{subscription_id}", kReaders, kNothing},

    // The orders API.
    {kPost, "/order", kProducers, kNothing, R"({"order_id":1,"user_id":7,"amount":49.9})", kEvent},

    // The mailboxes API.
    {kPost, "/api/mailboxes", kManagers, kEntry,
     R"({"name":"new","target_url":"http://h.example/"})"},
    {kGet, "/api/mailboxes", kReaders, kNothing},
    {kGet, "/api/mailboxes/{mailbox_id}", kReaders, kNothing},
    {kPatch, "/api/mailboxes/{mailbox_id}", kManagers, kEntry, R"({"name":"newer"})"},
    {kDelete, "/api/mailboxes/{mailbox_id}", kManagers, kEntry},
    {kPost, "/api/mailboxes/{mailbox_id}/rotate-key", kManagers, kEntry},
    {kGet, "/api/webhooks", kReaders, kNothing},
    {kGet, "/api/webhooks/{tracking_number}", kReaders, kNothing},
    {kPost, "/api/webhooks/{tracking_number}/retry", kOperators, kEntry},

    // The contacts API.
    {kPost, "/api/v1/users", kManagers, kEntry,
     R"({"email":"new@example.com","password":"a good password"})"},
    {kGet, "/api/v1/users", kReaders, kNothing},
    {kPost, "/api/v1/webhooks", kManagers, kEntry,
     R"({"url":"https://other.example/","events":["subscriber.created"]})"},
    {kGet, "/api/v1/webhooks", kReaders, kNothing},
    {kPost, "/api/v1/webhooks/test", kReaders, kNothing, "{}", "answers with what it gets"},
    {kGet, "/api/v1/webhooks/{webhook_id}", kReaders, kNothing},
    {kPut, "/api/v1/webhooks/{webhook_id}", kManagers, kEntry, R"({"is_active":false})"},
    {kDelete, "/api/v1/webhooks/{webhook_id}", kManagers, kEntry},
    {kDelete, "/api/v1/webhooks/webhooks/{webhook_id}", kManagers, kEntry},
    {kPost, "/api/v1/webhooks/{webhook_id}/test", kOperators, kEntry},
    {kPost, "/api/v1/subscribers", kProducers, kNothing,
     R"({"email":"new@example.com","user_id":"{self}"})", kContact},
    {kGet, "/api/v1/subscribers", kReaders, kNothing},
    {kGet, "/api/v1/subscribers/{subscriber_id}", kReaders, kNothing},
    {kPut, "/api/v1/subscribers/{subscriber_id}", kManagers, kNothing, R"({"first_name":"Eve"})",
     kContact},
    {kDelete, "/api/v1/subscribers/{subscriber_id}", kManagers, kNothing, "", kContact},

    // The dashboard's API.
    {kGet, "/api/v1/delivery", kReaders, kNothing},
    {kGet, "/api/v1/delivery/{msg_id}/{endpoint_id}", kReaders, kNothing},
    {kPost, "/api/v1/delivery/{msg_id}/{endpoint_id}/resend", kOperators, kEntry},
    {kGet, "/api/v1/endpoints", kReaders, kNothing},
    {kGet, "/api/v1/endpoints/{endpoint_id}", kReaders, kNothing},
    {kPatch, "/api/v1/endpoints/{endpoint_id}", kManagers, kEntry, R"({"isActive":false})"},
    {kGet, "/api/v1/overview", kReaders, kNothing},
    {kGet, "/api/v1/live", kReaders, kNothing},

    // The native API: applications and their endpoints.
    {kGet, "/api/v1/app", kReaders, kNothing},
    {kPost, "/api/v1/app", kManagers, kEntry, R"({"name":"new"})"},
    {kGet, "/api/v1/app/{app_id}", kReaders, kNothing},
    {kPut, "/api/v1/app/{app_id}", kManagers, kEntry, R"({"name":"newer"})"},
    {kPatch, "/api/v1/app/{app_id}", kManagers, kEntry, R"({"name":"newer"})"},
    {kDelete, "/api/v1/app/{app_id}", kManagers, kEntry},
    {kGet, "/api/v1/app/{app_id}/endpoint", kReaders, kNothing},
    {kPost, "/api/v1/app/{app_id}/endpoint", kManagers, kEntry, R"({"url":"http://h.example/"})"},
    {kGet, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", kReaders, kNothing},
    {kPut, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", kManagers, kEntry,
     R"({"url":"http://h.example/"})"},
    {kPatch, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", kManagers, kEntry,
     R"({"description":"d"})"},
    {kDelete, "/api/v1/app/{app_id}/endpoint/{endpoint_id}", kManagers, kEntry},
    {kGet, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", kReaders, kNothing},
    {kPut, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", kManagers, kEntry,
     R"({"headers":{"X-A":"1"}})"},
    {kPatch, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers", kManagers, kEntry,
     R"({"headers":{"X-B":"2"}})"},
    {kGet, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret", kManagers, kEntry},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret/rotate", kManagers, kEntry, "{}"},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/filter/test", kReaders, kNothing,
     R"({"filter":{"a":1},"payload":{"a":1}})", kAsksOnly},
    {kGet, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/msg", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/stats", kReaders, kNothing},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/send-example", kOperators, kEntry,
     R"({"eventType":"ours"})"},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/recover", kOperators, kEntry,
     R"({"since":"2026-01-02T00:00:00Z"})"},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/replay-missing", kOperators, kEntry,
     R"({"since":"2026-01-02T00:00:00Z"})"},
    {kPost, "/api/v1/app/{app_id}/endpoint/{endpoint_id}/bulk-replay", kOperators, kEntry,
     R"({"since":"2026-01-02T00:00:00Z"})"},

    // Event types.
    {kGet, "/api/v1/event-type", kReaders, kNothing},
    {kPost, "/api/v1/event-type", kManagers, kEntry, R"({"name":"new","description":"d"})"},
    {kPost, "/api/v1/event-type/import/openapi", kManagers, kEntry,
     R"({"spec":{"openapi":"3.1.0","webhooks":{"new":{"post":{"summary":"s"}}}}})"},
    {kGet, "/api/v1/event-type/{event_type_name}", kReaders, kNothing},
    {kPut, "/api/v1/event-type/{event_type_name}", kManagers, kEntry, R"({"description":"newer"})"},
    {kPatch, "/api/v1/event-type/{event_type_name}", kManagers, kEntry,
     R"({"description":"newer"})"},
    {kDelete, "/api/v1/event-type/{event_type_name}", kManagers, kEntry},
    {kPost, "/api/v1/environment/export", kReaders, kNothing, "", kAsksOnly},
    {kPost, "/api/v1/environment/import", kManagers, kEntry,
     R"({"eventTypes":[{"name":"new","description":"d"}]})"},

    // What a customer's portal gets.
    {kPost, "/api/v1/auth/app-portal-access/{app_id}", kManagers, kEntry, "{}"},
    {kPost, "/api/v1/auth/app/{app_id}/expire-all", kManagers, kEntry, "{}"},
    {kPost, "/api/v1/auth/dashboard-access/{app_id}", kManagers, kEntry, "null"},

    // Operational webhooks.
    {kGet, "/api/v1/operational-webhook/endpoint", kReaders, kNothing},
    {kPost, "/api/v1/operational-webhook/endpoint", kManagers, kEntry,
     R"({"url":"http://h.example/"})"},
    {kGet, "/api/v1/operational-webhook/endpoint/{endpoint_id}", kReaders, kNothing},
    {kPut, "/api/v1/operational-webhook/endpoint/{endpoint_id}", kManagers, kEntry,
     R"({"url":"http://h.example/"})"},
    {kDelete, "/api/v1/operational-webhook/endpoint/{endpoint_id}", kManagers, kEntry},
    {kGet, "/api/v1/operational-webhook/endpoint/{endpoint_id}/secret", kManagers, kEntry},
    {kPost, "/api/v1/operational-webhook/endpoint/{endpoint_id}/secret/rotate", kManagers, kEntry,
     "{}"},
    {kGet, "/api/v1/operational-webhook/endpoint/{endpoint_id}/headers", kReaders, kNothing},
    {kPut, "/api/v1/operational-webhook/endpoint/{endpoint_id}/headers", kManagers, kEntry,
     R"({"headers":{"X-A":"1"}})"},

    // Messages and their attempts.
    {kPost, "/api/v1/app/{app_id}/msg", kProducers, kNothing, R"({"eventType":"t","payload":{}})",
     kEvent},
    {kGet, "/api/v1/app/{app_id}/msg", kReaders, kNothing},
    {kPost, "/api/v1/app/{app_id}/msg/precheck/active", kProducers, kNothing,
     R"({"eventType":"t"})", kAsksOnly},
    {kPost, "/api/v1/app/{app_id}/msg/bulk-expunge", kManagers, kEntry, R"({"ids":["{msg_id}"]})"},
    {kPost, "/api/v1/app/{app_id}/msg/expunge-all-contents", kManagers, kEntry},
    {kGet, "/api/v1/app/{app_id}/msg/{msg_id}", kReaders, kNothing},
    {kDelete, "/api/v1/app/{app_id}/msg/{msg_id}/content", kManagers, kEntry},
    {kGet, "/api/v1/app/{app_id}/poller/{sink_id}", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/poller/{sink_id}/consumer/{consumer_id}", kReaders, kNothing},
    {kPost, "/api/v1/app/{app_id}/poller/{sink_id}/consumer/{consumer_id}/seek", kOperators, kEntry,
     R"({"after":"2026-01-02T00:00:00Z"})"},
    {kGet, "/api/v1/app/{app_id}/attempt/endpoint/{endpoint_id}", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/attempt/msg/{msg_id}", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/msg/{msg_id}/attempt", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}", kReaders, kNothing},
    {kDelete, "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content", kManagers, kEntry},
    {kGet, "/api/v1/app/{app_id}/msg/{msg_id}/endpoint", kReaders, kNothing},
    {kGet, "/api/v1/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/attempt", kReaders, kNothing},
    {kPost, "/api/v1/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend", kOperators, kEntry},

    // The rest.
    {kGet, "/api/v1/background-task", kReaders, kNothing},
    {kGet, "/api/v1/background-task/{task_id}", kReaders, kNothing},
    {kPost, "/api/v1/stats/usage/app", kReaders, kNothing,
     R"({"since":"2026-01-01T00:00:00Z","until":"2026-01-03T00:00:00Z"})", kAsksOnly},
    {kPut, "/api/v1/stats/usage/event-types", kReaders, kNothing, "", kAsksOnly},
    {kPost, "/api/v1/admin/redrive-dlq", kOperators, kEntry},
};

}  // namespace

std::string_view to_string(Caller caller) {
    switch (caller) {
        case nobody: return "nobody";
        case viewer: return "a viewer";
        case operator_: return "an operator";
        case admin: return "an admin";
        case owner: return "an owner";
        case ingest_key: return "an ingest key";
        case read_key: return "a read key";
        case full_key: return "a full key";
    }
    return "";
}

std::span<const RouteRow> route_rows() { return kRows; }

}  // namespace posthaste::test
