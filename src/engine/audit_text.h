#pragma once

// Changes as the audit log keeps them: which object, what was done to it, and how it was before and after, as JSON in which
// secrets are masked: that one is there, and that it changed, shows; what it is does not.

#include <string>
#include <string_view>

#include "domain/audit.h"
#include "domain/author.h"
#include "domain/model.h"

namespace posthaste {

// What an entry says of one object.
struct AuditSubject {
    std::string_view noun;  // "endpoint"
    OrganizationId organization;
    std::string object;  // its id or name, as the APIs spell it
    std::string text;    // JSON object
};

[[nodiscard]] AuditSubject audit_subject(const Application& application);
[[nodiscard]] AuditSubject audit_subject(const EventType& type);
[[nodiscard]] AuditSubject audit_subject(const Endpoint& endpoint);
[[nodiscard]] AuditSubject audit_subject(const User& user);
[[nodiscard]] AuditSubject audit_subject(const ApiKey& key);

// An entry that the store has yet to number. `action` is "noun.verb".
[[nodiscard]] AuditEntry audit_entry(const Author& author, OrganizationId organization,
                                     std::string action, std::string object);
// The entry of a change from `before` (null: created) to `after`.
template <class Object>
[[nodiscard]] AuditEntry audit_change(const Author& author, const Object* before,
                                      const Object& after) {
    AuditSubject subject = audit_subject(after);
    const std::string_view verb = !before ? ".create" : after.is_deleted ? ".delete" : ".update";
    AuditEntry entry = audit_entry(author, author.organization.value_or(subject.organization),
                                   std::string(subject.noun).append(verb), subject.object);
    if (before) entry.before = audit_subject(*before).text;
    if (!after.is_deleted) entry.after = std::move(subject.text);
    return entry;
}

}  // namespace posthaste
