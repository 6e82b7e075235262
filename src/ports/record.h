#pragma once

// Configuration that only the engine and the APIs understand: to a store it is a named, revisioned text. The kinds and their
// texts are in engine/catalog.h and engine/job.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

// Stored by number: append only.
enum class RecordKind : std::uint8_t {
    organization = 0,
    application = 1,
    event_type = 2,
    job = 3,
    consumer = 4,  // a poller's place in an application's events
    answer = 5,    // what a request with an Idempotency-Key was answered
    setting = 6,
    user = 7,
    api_key = 8,
    session = 9,
    contact = 10,  // of a mailing list; its label is the status
    letter =
        11,  // an event that was stored with a change and is yet to be accepted (engine/outbox.h)
};

// Whether a kind's bodies hold what must not lie readable in a file: answers repeat secrets that were asked for, users have
// hashes of their passwords, a setting may be a secret itself, and a letter is a payload. A store that keeps files seals them.
[[nodiscard]] constexpr bool bears_secrets(RecordKind kind) {
    switch (kind) {
        case RecordKind::answer:
        case RecordKind::letter:
        case RecordKind::setting:
        case RecordKind::user: return true;
        case RecordKind::organization:
        case RecordKind::application:
        case RecordKind::event_type:
        case RecordKind::job:
        case RecordKind::consumer:
        case RecordKind::api_key:  // random enough that its hash tells nothing
        case RecordKind::session:
        case RecordKind::contact: return false;
    }
    return false;
}

struct Record {
    RecordKind kind = RecordKind::setting;
    Id id;  // nil in a new record: the store issues one
    OrganizationId organization;
    Id parent;  // the object it belongs to; nil: the organization
    // Unique among live records of the same kind, organization and parent; empty: without a name.
    std::string name;
    std::string
        label;  // what lists filter by; its meaning depends on the kind; empty: without a label
    std::optional<Timestamp> expires_at;  // Store::expire deletes it after that
    bool is_deleted = false;
    std::uint64_t revision = 0;  // as Endpoint::revision
    std::string body;            // JSON

    friend bool operator==(const Record&, const Record&) = default;
};

struct RecordQuery {
    RecordKind kind = RecordKind::setting;
    std::optional<OrganizationId> organization;
    std::optional<Id> parent;
    std::optional<std::string> name;
    std::optional<std::string> label;
    std::string name_contains;  // upper and lower case of ASCII are the same; empty: all
    std::optional<Id> id;
    Id above;  // exclusive bounds of ids; nil: none
    Id below;
    bool newest_first = false;  // by id
    std::size_t skip = 0;       // of those that fit, from the first on
    std::size_t limit = SIZE_MAX;
};

}  // namespace posthaste
