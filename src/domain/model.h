#pragma once

// The nouns. Configuration objects are values; an Event is immutable once the store has committed it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "domain/retry.h"

namespace posthaste {

// Which API made an endpoint; decides the extra headers its receiver expects. Stored by number: append only.
enum class Profile : std::uint8_t {
    native = 0,  // Standard Webhooks headers only
    subscriptions =
        1,  // + X-Webhook-Signature (hex), X-Webhook-Delivery-ID, X-Webhook-Subscription-ID
};

struct Organization {
    OrganizationId id;
    std::string name;
};

struct Application {
    ApplicationId id;
    OrganizationId organization;
    std::string name;
};

struct OldSecret {
    std::string secret;
    Timestamp expires_at;
    friend bool operator==(const OldSecret&, const OldSecret&) = default;
};

struct Endpoint {
    EndpointId id;
    OrganizationId organization;
    ApplicationId application;
    Profile profile = Profile::native;
    std::string url;                                      // normalised (domain/url.h)
    std::optional<std::string> secret;                    // as given; see parse_secret
    std::vector<OldSecret> old_secrets;                   // still sign until they expire
    std::optional<std::vector<std::string>> event_types;  // none or empty: all
    bool is_active = true;    // inactive: accepts nothing new, pending deliveries wait
    bool is_deleted = false;  // a tombstone: pending deliveries are cancelled
    Timestamp created_at;
    RetryPolicy retry;
    Duration timeout = 10s;           // of one attempt, connect to last byte
    std::uint32_t in_flight_max = 0;  // 0: the server's default
    std::uint64_t revision = 0;       // grows with every committed change

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// One accepted payload. The store issues `id` and `accepted_at` when it commits; from then on nothing changes.
struct Event {
    EventId id;
    Timestamp accepted_at;
    OrganizationId organization;
    ApplicationId application;
    std::string type;     // "" when the producer named none
    std::string payload;  // exactly the bytes received
    std::vector<EndpointId> targets;
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace posthaste
