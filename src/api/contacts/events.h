#pragma once

// What webhooks of this API are sent: an envelope in the form Python's json.dumps gives it, which is what the receivers of
// the original got.
//
//   {"event_id": "eb764e16-…", "event_type": "subscriber.created", "timestamp": "2025-09-02T09:18:40.123456",
//    "data": {"subscriber": {"id": "…", "email": "…", "first_name": null, "last_name": null, "status": "active",
//                            "created_at": "2025-09-02T09:18:40.120000+00:00"}}}

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"
#include "domain/contact.h"
#include "domain/model.h"
#include "ports/entropy.h"

namespace posthaste::contacts {

inline constexpr std::string_view kCreated = "subscriber.created";
inline constexpr std::string_view kUpdated = "subscriber.updated";
inline constexpr std::string_view kDeleted = "subscriber.deleted";

// What a new webhook may ask for, and what a webhook may be changed to ask for. Nothing sends the latter's last three yet.
inline constexpr std::array kEventsOfNew = {kCreated, kUpdated, kDeleted};
inline constexpr std::array<std::string_view, 6> kEvents = {kCreated,
                                                            kUpdated,
                                                            kDeleted,
                                                            "subscriber.unsubscribed",
                                                            "segment.subscriber_added",
                                                            "segment.subscriber_removed"};

// A random UUID (RFC 9562 §5.4).
[[nodiscard]] Id random_uuid(Entropy& entropy);

// The event of a change, in the user's application; its uid is the envelope's event_id.
[[nodiscard]] std::shared_ptr<Event> make_event(std::string_view type, const Contact& contact,
                                                ApplicationId application, Id event_id,
                                                Timestamp now);

// What POST /api/v1/webhooks/{id}/test sends. The id and the time are no real ones, so that receivers can tell.
[[nodiscard]] std::shared_ptr<Event> make_trial_event(const Endpoint& webhook, Entropy& entropy);

}  // namespace posthaste::contacts
