#include "server/commands/audit_check.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

constexpr std::size_t kPage = 500;

// Text that was an object when it was written; whoever changed it since may have left anything.
void append_object(std::string& line, std::string_view text) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    const bool is_one_line = text.find('\n') == std::string_view::npos;
    if (text.empty()) {
        line += "null";
    } else if (!error && value.is_object() && is_one_line) {
        line += text;
    } else {
        append_json_string(line, text);
    }
}

}  // namespace

Result<void> for_each_entry(ConfigSource& reader, AuditQuery query,
                            const std::function<void(const AuditEntry&)>& take) {
    std::size_t left = query.limit;
    while (left > 0) {
        query.limit = std::min(left, kPage);
        ASSIGN_OR_RETURN(const std::vector<AuditEntry> page, reader.read_audit(query));
        for (const AuditEntry& entry : page) take(entry);
        if (page.size() < query.limit) return {};
        left -= page.size();
        (query.newest_first ? query.below : query.above) = page.back().sequence;
    }
    return {};
}

Result<AuditCheck> check_audit(ConfigSource& reader, const std::optional<std::string>& head) {
    AuditCheck check;
    // An empty chain is the beginning of every chain.
    check.has_head = !head || *head == check.chain.head;
    auto read = for_each_entry(reader, {}, [&](const AuditEntry& entry) {
        if (check.misfit) return;
        if (!check.chain.follow(entry)) check.misfit = check.chain.length + 1;
        if (head && *head == check.chain.head) check.has_head = true;
    });
    if (!read) return std::unexpected(std::move(read).error());
    return check;
}

Result<OrganizationNames> read_organizations(ConfigSource& reader) {
    RecordQuery query;
    query.kind = RecordKind::organization;
    ASSIGN_OR_RETURN(std::vector<Record> records, reader.read_records(query));
    OrganizationNames names;
    for (Record& record : records) names.emplace(OrganizationId{record.id}, std::move(record.name));
    return names;
}

std::string audit_line(const AuditEntry& entry, const OrganizationNames& names) {
    const auto name = names.find(entry.organization);
    std::string line = "{\"sequence\":" + std::to_string(entry.sequence) + ",\"at\":\"" +
                       format_rfc3339(entry.at) + '"';
    const auto add = [&](std::string_view member, std::string_view text) {
        line.append(",\"").append(member).append("\":");
        append_json_string(line, text);
    };
    add("organization", name == names.end() ? to_uuid(entry.organization) : name->second);
    add("actor", entry.actor);
    add("actor_name", entry.actor_name);
    add("address", entry.address);
    add("action", entry.action);
    add("object", entry.object);
    line += ",\"before\":";
    append_object(line, entry.before);
    line += ",\"after\":";
    append_object(line, entry.after);
    add("hash", to_hex(entry.hash));
    return line + '}';
}

}  // namespace posthaste
