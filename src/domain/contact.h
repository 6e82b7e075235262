#pragma once

// An entry of a user's mailing list. Lists may be long, so contacts are not part of the directory: they are read by queries
// (engine/contacts.h).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

using ContactId = StrongId<struct ContactTag>;

enum class ContactStatus : std::uint8_t { active, unsubscribed, bounced };

// "active", "unsubscribed", "bounced".
[[nodiscard]] constexpr std::string_view to_string(ContactStatus status) {
    switch (status) {
        case ContactStatus::active: return "active";
        case ContactStatus::unsubscribed: return "unsubscribed";
        case ContactStatus::bounced: return "bounced";
    }
    return "active";
}

[[nodiscard]] constexpr std::optional<ContactStatus> parse_contact_status(std::string_view text) {
    for (const ContactStatus status :
         {ContactStatus::active, ContactStatus::unsubscribed, ContactStatus::bounced})
        if (text == to_string(status)) return status;
    return std::nullopt;
}

struct Contact {
    ContactId id;
    OrganizationId organization;  // the user's
    UserId user;                  // whose list it is on
    std::string email;            // unique on the list, upper and lower case being the same
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
    std::vector<std::string> tags;
    std::string custom_fields = "{}";  // a JSON object, exactly as it came
    ContactStatus status = ContactStatus::active;
    std::string source = "manual";  // where it came from
    Timestamp created_at;
    std::optional<Timestamp> updated_at;
    std::uint64_t revision = 0;

    friend bool operator==(const Contact&, const Contact&) = default;
};

}  // namespace posthaste
