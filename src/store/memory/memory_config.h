#pragma once

// Endpoints, records and the audit log of a MemoryDisk, with the names that must be unique. Synchronous and not thread-safe,
// like the disk.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ports/store.h"

namespace posthaste {

class MemoryConfig {
public:
    // All of it or nothing, in order: endpoints, then records, then audit entries. Returns the objects as stored; conflict
    // and exists as ports/store.h says. Ids must be issued already.
    Result<ConfigChange> change(ConfigChange change);
    // Deletes the records whose time has passed.
    void expire(Timestamp now);

    [[nodiscard]] std::vector<Endpoint> endpoints() const;
    [[nodiscard]] std::vector<Record> read(const RecordQuery& query) const;
    [[nodiscard]] std::uint64_t count(const RecordQuery& query) const;
    [[nodiscard]] std::vector<AuditEntry> read_audit(const AuditQuery& query) const;

private:
    using RecordKey = std::pair<RecordKind, Id>;
    using RecordName = std::tuple<RecordKind, OrganizationId, Id, std::string>;
    using EndpointName = std::pair<ApplicationId, std::string>;

    // What an object was before a change; none: it did not exist.
    struct Before {
        std::vector<std::pair<EndpointId, std::optional<Endpoint>>> endpoints;
        std::vector<std::pair<RecordKey, std::optional<Record>>> records;
    };

    Result<void> apply(Endpoint& endpoint, Before& before);
    Result<void> apply(Record& record, Before& before);
    void undo(const Before& before);
    void set(EndpointId id, const std::optional<Endpoint>& endpoint);
    void set(const RecordKey& key, const std::optional<Record>& record);

    std::map<EndpointId, Endpoint> endpoints_;
    std::map<EndpointName, EndpointId> endpoint_names_;  // of live endpoints with a uid
    std::map<RecordKey, Record> records_;                // live ones only
    std::map<RecordName, Id> record_names_;              // of records with a name
    std::vector<AuditEntry> audit_;                      // by sequence
    AuditChain chain_;                                   // where audit_ ends
};

}  // namespace posthaste
