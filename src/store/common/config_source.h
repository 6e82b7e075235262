#pragma once

// What reads configuration without a server: commands look at the database beside a running one.

#include <vector>

#include "base/result.h"
#include "ports/store.h"

namespace posthaste {

class ConfigSource {
public:
    virtual ~ConfigSource() = default;
    [[nodiscard]] virtual Result<std::vector<Record>> read_records(const RecordQuery& query) = 0;
    [[nodiscard]] virtual Result<std::vector<AuditEntry>> read_audit(const AuditQuery& query) = 0;
};

}  // namespace posthaste
