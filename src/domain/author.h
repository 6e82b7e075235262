#pragma once

// Who makes a change, as the audit log will name them. A default Author is the server itself, whose changes (an endpoint's
// health, a job's progress) are not audited.

#include <optional>
#include <string>
#include <utility>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

// Not an aggregate, so that it may be a temporary where a coroutine awaits (CONTRIBUTING.md, "Coroutines").
struct Author {
    Author() = default;
    explicit Author(std::string who) : actor(std::move(who)) {}

    // "user_…", "key_…", "org_…", "app_…", "anonymous", "operator", "setup", "posthaste user"; empty: the server
    std::string actor;
    std::string name;     // an e-mail address, a key's name: as it is now
    std::string address;  // the client's, textual; empty: none
    Timestamp at;
    std::optional<OrganizationId> organization;  // whose log it is; none: that of the object's

    [[nodiscard]] bool is_audited() const { return !actor.empty(); }
};

}  // namespace posthaste
