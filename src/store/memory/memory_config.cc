#include "store/memory/memory_config.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <tuple>

#include "ports/store_match.h"

namespace posthaste {

namespace {

std::unexpected<Error> revision_moved_on() {
    return fail(ErrorCode::conflict,
                "The object was changed by somebody else; read it again and repeat the change.");
}

std::unexpected<Error> name_taken(const std::string& name) {
    return fail(ErrorCode::exists, "The name '" + name + "' is taken.");
}

template <class Map, class Key>
std::optional<typename Map::mapped_type> value_of(const Map& map, const Key& key) {
    auto found = map.find(key);
    if (found == map.end()) return {};
    return found->second;
}

}  // namespace

Result<ConfigChange> MemoryConfig::change(ConfigChange change) {
    Before before;
    Result<void> done;
    for (Endpoint& endpoint : change.endpoints) {
        if (done) done = apply(endpoint, before);
    }
    for (Record& record : change.records) {
        if (done) done = apply(record, before);
    }
    if (!done) {
        undo(before);
        return std::unexpected(std::move(done).error());
    }
    complete_audit(change);
    for (AuditEntry& entry : change.audit) {
        chain_.append(entry);
        audit_.push_back(entry);
    }
    return change;
}

Result<void> MemoryConfig::apply(Endpoint& endpoint, Before& before) {
    std::optional<Endpoint> stored = value_of(endpoints_, endpoint.id);
    if ((stored ? stored->revision : 0) != endpoint.revision) return revision_moved_on();
    if (endpoint.uid && !endpoint.is_deleted) {
        const auto owner =
            value_of(endpoint_names_, EndpointName{endpoint.application, *endpoint.uid});
        if (owner && *owner != endpoint.id) return name_taken(*endpoint.uid);
    }
    endpoint.revision += 1;
    before.endpoints.emplace_back(endpoint.id, std::move(stored));
    set(endpoint.id, endpoint);
    return {};
}

Result<void> MemoryConfig::apply(Record& record, Before& before) {
    const RecordKey key{record.kind, record.id};
    std::optional<Record> stored = value_of(records_, key);
    if ((stored ? stored->revision : 0) != record.revision) return revision_moved_on();
    if (!record.name.empty() && !record.is_deleted) {
        const RecordName name{record.kind, record.organization, record.parent, record.name};
        const auto owner = value_of(record_names_, name);
        if (owner && *owner != record.id) return name_taken(record.name);
    }
    record.revision += 1;
    before.records.emplace_back(key, std::move(stored));
    record.is_deleted ? set(key, std::nullopt) : set(key, record);
    return {};
}

void MemoryConfig::undo(const Before& before) {
    for (const auto& [key, record] : std::views::reverse(before.records)) set(key, record);
    for (const auto& [id, endpoint] : std::views::reverse(before.endpoints)) set(id, endpoint);
}

void MemoryConfig::set(EndpointId id, const std::optional<Endpoint>& endpoint) {
    const auto has_name = [](const Endpoint& e) { return e.uid && !e.is_deleted; };
    if (auto old = endpoints_.find(id); old != endpoints_.end()) {
        if (has_name(old->second))
            endpoint_names_.erase({old->second.application, *old->second.uid});
        endpoints_.erase(old);
    }
    if (!endpoint) return;
    endpoints_.emplace(id, *endpoint);
    if (has_name(*endpoint))
        endpoint_names_.emplace(EndpointName{endpoint->application, *endpoint->uid}, id);
}

void MemoryConfig::set(const RecordKey& key, const std::optional<Record>& record) {
    const auto name_of = [](const Record& r) {
        return RecordName{r.kind, r.organization, r.parent, r.name};
    };
    if (auto old = records_.find(key); old != records_.end()) {
        if (!old->second.name.empty()) record_names_.erase(name_of(old->second));
        records_.erase(old);
    }
    if (!record) return;
    records_.emplace(key, *record);
    if (!record->name.empty()) record_names_.emplace(name_of(*record), record->id);
}

void MemoryConfig::expire(Timestamp now) {
    std::vector<RecordKey> passed;
    for (const auto& [key, record] : records_) {
        if (record.expires_at && *record.expires_at <= now) passed.push_back(key);
    }
    for (const RecordKey& key : passed) set(key, std::nullopt);
}

std::vector<Endpoint> MemoryConfig::endpoints() const {
    std::vector<Endpoint> all;
    all.reserve(endpoints_.size());
    for (const auto& [id, endpoint] : endpoints_) all.push_back(endpoint);
    return all;
}

std::vector<Record> MemoryConfig::read(const RecordQuery& query) const {
    std::vector<Record> found;
    std::size_t skipped = 0;
    const auto take = [&](const auto& entries) {
        for (const auto& [key, record] : entries) {
            if (found.size() >= query.limit) return;
            if (!matches(query, record)) continue;
            skipped < query.skip ? static_cast<void>(++skipped) : found.push_back(record);
        }
    };
    query.newest_first ? take(std::views::reverse(records_)) : take(records_);
    return found;
}

std::uint64_t MemoryConfig::count(const RecordQuery& query) const {
    const RecordQuery all = without_bounds(query);
    return static_cast<std::uint64_t>(std::ranges::count_if(
        records_, [&](const auto& entry) { return matches(all, entry.second); }));
}

std::vector<AuditEntry> MemoryConfig::read_audit(const AuditQuery& query) const {
    std::vector<AuditEntry> found;
    const auto take = [&](const auto& entries) {
        for (const AuditEntry& entry : entries) {
            if (found.size() >= query.limit) return;
            if (matches(query, entry)) found.push_back(entry);
        }
    };
    query.newest_first ? take(std::views::reverse(audit_)) : take(audit_);
    return found;
}

}  // namespace posthaste
