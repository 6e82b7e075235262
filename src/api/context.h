#pragma once

// What the APIs are given. One ApiContext per reactor; the objects it names live as long as the reactor and are used on its
// executor only. Settings are the same everywhere and constant after start.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/greeting.h"
#include "api/token.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/access.h"
#include "domain/retry.h"
#include "domain/signing.h"
#include "engine/engine.h"
#include "engine/job_service.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "ports/telemetry.h"

namespace posthaste {

struct ApiSettings {
    std::string version = "0.1.0";
    // Owner of everything that an API without logins makes.
    OrganizationId organization;
    ApplicationId application;
    AuthMode auth = AuthMode::open;

    RetryPolicy subscriptions_retry = subscriptions_retry_policy();  // of new subscriptions
    Duration subscriptions_timeout = 10s;

    // The orders API.
    std::string orders_target;                         // a URL, normalised; empty: none is set
    std::optional<std::string> orders_secret;          // deliveries to it are signed with
    RetryPolicy orders_retry = orders_retry_policy();  // of the target
    Duration orders_timeout = 10s;

    Greeting greeting = Greeting::subscriptions;
    std::string environment = "development";  // what the greeting calls this place

    std::size_t reactors = 1;                      // shown by /health/worker
    std::size_t page_max = 1000;                   // the largest `limit` of a list
    std::size_t management_body_max = 256u << 10;  // bytes of a request that is not an ingest
    Duration retry_after = 1s;                     // advice on a 503

    // The contacts API.
    bool is_signup_open = false;
    Duration contacts_timeout = 30s;
    std::size_t contacts_webhooks_max = 10;        // active ones of a user
    std::vector<std::string> contacts_http_hosts;  // that need no https, beside loopback; "*": any

    // The native API.
    TokenSettings tokens;
    // Of users who logged in; without a secret nobody can.
    TokenSettings user_tokens{TokenAlgorithm::hs256, {}, TokenSettings::Use::users};
    std::string public_url = "http://localhost:8000";  // of this server, for links it hands out
    RetryPolicy native_retry = native_retry_policy();  // of new endpoints
    Duration native_timeout = 30s;
    std::size_t native_body_max = 2u << 20;
    bool endpoint_https_only = false;
    KeyKind default_signature = KeyKind::hmac_sha256;  // of secrets made for new endpoints
};

class Contacts;
class Figures;
class JobService;
class KeyUses;
class Logins;
class OperationalEvents;
class Passwords;
class SetupToken;
class RequestLocks;
class Trials;

// The text of GET /metrics in the Prometheus exposition format, version 0.0.4.
class MetricsPage {
public:
    virtual ~MetricsPage() = default;
    virtual std::string render() = 0;
};

struct ApiContext {
    Engine& engine;
    Store& store;
    Clock& clock;
    MetricsPage& metrics;
    const ApiSettings& settings;
    Entropy& entropy;
    RequestLocks& request_locks;  // one for all reactors
    Logins& logins;
    Passwords& passwords;
    Contacts& contacts;
    Trials& trials;
    SetupToken& setup_token;  // one for all reactors, as key_uses
    KeyUses& key_uses;
    Figures& figures;                          // one for all reactors
    OperationalEvents* operational = nullptr;  // null: nobody is told of changes
    JobService* jobs = nullptr;                // null: there are no background tasks
    Telemetry* telemetry = nullptr;            // null: nobody reads warnings
};

// The policy of new subscriptions as WEBHOOK_MAX_RETRIES (all attempts, the first included) and WEBHOOK_RETRY_DELAY say:
// the listed gaps 10, 30, 60, 300, 900 s, or base × 2ⁿ with full jitter once a base is given.
[[nodiscard]] RetryPolicy subscriptions_retry(std::optional<std::uint32_t> attempts_max,
                                              std::optional<Duration> base);

}  // namespace posthaste
