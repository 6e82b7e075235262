#pragma once

// The nouns. Configuration objects are values; an Event is immutable once the store has committed it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "domain/access.h"
#include "domain/retry.h"
#include "domain/token_recall.h"

namespace posthaste {

// Which API made an endpoint; decides the extra headers its receiver expects. Stored by number: append only.
enum class Profile : std::uint8_t {
    native = 0,  // Standard Webhooks headers only
    subscriptions =
        1,          // + X-Webhook-Signature (hex), X-Webhook-Delivery-ID, X-Webhook-Subscription-ID
    orders = 2,     // + X-Event-Name, X-Signature (hex)
    mailboxes = 3,  // no more than native
    contacts = 4,   // User-Agent: Whookfirm-Webhooks/1.0
};

// Names and texts the owner of an object attached to it; in order of names.
using Metadata = std::map<std::string, std::string>;

// An organization exists as soon as somebody holds a token for it; it is stored with its first object.
struct Organization {
    OrganizationId id;
    std::string name;  // "org_…", as tokens spell it
    Timestamp created_at;
    std::uint64_t revision = 0;

    friend bool operator==(const Organization&, const Organization&) = default;
};

// Groups the endpoints and events of one customer.
struct Application {
    ApplicationId id;
    OrganizationId organization;
    std::optional<std::string>
        uid;  // the owner's own id; unique among live ones of the organization
    std::string name;
    std::optional<std::uint32_t> throttle_rate;  // attempts per second, all its endpoints together
    Metadata metadata;
    TokenRecalls token_recalls;
    Timestamp created_at;
    Timestamp updated_at;
    bool is_deleted = false;
    std::uint64_t revision = 0;  // grows with every committed change; 0: not stored

    friend bool operator==(const Application&, const Application&) = default;
};

// What becomes of an event whose payload its type's JSON Schema refuses. Stored by number: append only.
enum class SchemaMode : std::uint8_t {
    off = 0,     // nobody looks
    warn = 1,    // accepted, and said in the log and the answer
    reject = 2,  // 422
};

struct EventType {
    EventTypeId id;
    OrganizationId organization;
    std::string name;  // unique in the organization
    std::string description;
    bool is_archived = false;
    bool is_deprecated = false;
    std::optional<std::string> schemas;  // JSON object: version -> JSON Schema, as text
    std::optional<std::string> feature_flag;
    std::optional<std::string> group_name;
    SchemaMode schema_mode = SchemaMode::off;
    Timestamp created_at;
    Timestamp updated_at;
    bool is_deleted = false;
    std::uint64_t revision = 0;

    friend bool operator==(const EventType&, const EventType&) = default;
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

    std::string name;                       // a mailbox's; "" of other endpoints
    std::optional<std::string> ingest_key;  // whoever sends it may hand in events for this mailbox
    std::optional<std::string>
        uid;  // the owner's own id; unique among live ones of the application
    std::string description;
    std::uint16_t version = 1;  // of the event types' schemas that the receiver expects
    std::optional<std::uint32_t> throttle_rate;        // attempts per second
    std::optional<std::vector<std::string>> channels;  // none: events of all channels
    std::optional<std::string>
        filter;  // over payloads (domain/filter.h), as given; none: everything
    Metadata metadata;
    std::vector<std::pair<std::string, std::string>> headers;  // sent with every attempt, in order
    // Deliveries run out of attempts since then, without one success; none: healthy.
    std::optional<Timestamp> failing_since;
    Timestamp updated_at;
    std::uint64_t revision = 0;  // grows with every committed change

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Somebody who logs in. E-mail addresses are unique among all live users of the server, whatever their organization.
struct User {
    UserId id;
    OrganizationId organization;
    std::optional<ApplicationId> application;  // set: sees and changes nothing but that one
    std::string email;                         // lower case
    std::string full_name;
    std::string password_hash;  // argon2id in its text form; empty: cannot log in
    Role role = Role::viewer;
    bool is_active = true;  // an inactive user's sessions are worth nothing
    Timestamp created_at;
    Timestamp updated_at;
    bool is_deleted = false;
    std::uint64_t revision = 0;

    friend bool operator==(const User&, const User&) = default;
};

// What a program shows instead of a password. The key itself is told once, at its creation, and never stored.
struct ApiKey {
    ApiKeyId id;
    OrganizationId organization;
    std::optional<ApplicationId> application;  // as User::application
    std::string name;
    KeyScope scope = KeyScope::ingest;
    std::string hash;  // SHA-256 of the key, 32 bytes; a key has 256 random bits, so one round does
    std::string hint;  // the key's first characters, so that people recognise it
    std::optional<UserId> created_by;
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;  // to the minute
    Timestamp created_at;
    bool is_deleted = false;
    std::uint64_t revision = 0;

    friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

// One login. Its token names it; a session that is gone makes the token worthless.
struct Session {
    SessionId id;
    UserId user;
    Timestamp created_at;
    Timestamp expires_at;
    std::string address;        // where the login came from
    std::string user_agent;     // cut to 200 characters
    std::string password_mark;  // password_mark() of the user's hash (account_rules.h)
    bool is_deleted = false;
    std::uint64_t revision = 0;

    friend bool operator==(const Session&, const Session&) = default;
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

    std::optional<std::string> uid;     // the producer's own id; unique in the application
    std::vector<std::string> channels;  // only endpoints of one of these, or of all, want it
    std::vector<std::string> tags;      // the producer's own words, by which lists are narrowed
    std::optional<std::string> body;    // sent instead of the payload
    // A keyed hash of what names this request among its producer's. A second event with the same one is not stored for
    // kRepeatWindow; its producer is told of the first.
    std::optional<Id> request_key;
    std::optional<Timestamp> payload_expires_at;
    std::optional<Timestamp> deliver_at;  // no attempt of the schedule before that
    bool is_expunged = false;             // the payload was deleted: nothing can be sent any more
};
using EventPtr = std::shared_ptr<const Event>;

// What receivers get, and what is signed.
[[nodiscard]] inline const std::string& body_of(const Event& event) {
    return event.body ? *event.body : event.payload;
}
// What of an event's size its owner chose.
[[nodiscard]] inline std::size_t bytes_of(const Event& event) {
    return event.payload.size() + (event.body ? event.body->size() : 0);
}

// When its first attempts are due.
[[nodiscard]] inline Timestamp first_due(const Event& event) {
    return event.deliver_at && *event.deliver_at > event.accepted_at ? *event.deliver_at
                                                                     : event.accepted_at;
}
// Must its deliveries still wait for the time that its producer named?
[[nodiscard]] inline bool is_early(const Event& event, Timestamp now) {
    return event.deliver_at && *event.deliver_at > now;
}

inline constexpr Duration kRepeatWindow = 12h;

}  // namespace posthaste
