#include "domain/audit.h"

#include "domain/digest.h"

namespace posthaste {

namespace {

constexpr std::string_view kFormat = "posthaste audit 1";

void add_number(std::string& bytes, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
}

void add_text(std::string& bytes, std::string_view text) {
    add_number(bytes, text.size());
    bytes += text;
}

}  // namespace

std::string audit_hash(std::string_view previous_hash, const AuditEntry& entry) {
    std::string bytes;
    add_text(bytes, kFormat);
    add_text(bytes, previous_hash);
    add_number(bytes, entry.sequence);
    add_number(bytes, static_cast<std::uint64_t>(to_micros(entry.at)));
    add_number(bytes, entry.organization.hi);
    add_number(bytes, entry.organization.lo);
    for (const std::string* text : {&entry.actor, &entry.actor_name, &entry.address, &entry.action,
                                    &entry.object, &entry.before, &entry.after})
        add_text(bytes, *text);
    return sha256(bytes);
}

void AuditChain::append(AuditEntry& entry) {
    entry.sequence = length + 1;
    entry.hash = audit_hash(head, entry);
    length = entry.sequence;
    head = entry.hash;
}

bool AuditChain::follow(const AuditEntry& entry) {
    if (entry.sequence != length + 1 || entry.hash != audit_hash(head, entry)) return false;
    length = entry.sequence;
    head = entry.hash;
    return true;
}

}  // namespace posthaste
