#pragma once

// What the engine tells the world about. Called on the reactor; must not block.

#include <string_view>

#include "domain/directory.h"
#include "domain/model.h"
#include "ports/store.h"

namespace posthaste {

enum class Severity : std::uint8_t { debug, info, warning, error };

class Telemetry {
public:
    virtual ~Telemetry() = default;
    // An attempt leaves now. Interrupted ones are never decided on.
    virtual void on_attempt_started(const Event& event, const Endpoint& endpoint) {
        static_cast<void>(event), static_cast<void>(endpoint);
    }
    // After each attempt was decided on. `endpoint` may be a tombstone.
    virtual void on_attempt(const Event& event, const Endpoint& endpoint,
                            const AttemptRecord& attempt, DeliveryState next) = 0;
    // A change of a user's contacts was stored, and the event that tells of it. `contacts` is how many the user has now.
    virtual void on_published(const Event& event, UserId user, std::uint64_t contacts) {
        static_cast<void>(event), static_cast<void>(user), static_cast<void>(contacts);
    }
    // A sentence about something an operator should know.
    virtual void on_notice(Severity severity, std::string_view area, std::string_view sentence) = 0;
};

}  // namespace posthaste
