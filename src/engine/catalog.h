#pragma once

// What the directory holds, other than endpoints, as records. Their bodies are JSON objects; a member that is missing has its
// default, one that is not known is ignored, so that a version reads what the one before and the one after it wrote.

#include "base/result.h"
#include "domain/directory.h"
#include "domain/model.h"
#include "ports/record.h"

namespace posthaste {

[[nodiscard]] Record to_record(const Organization& organization);
[[nodiscard]] Record to_record(const Application& application);
[[nodiscard]] Record to_record(const EventType& type);
[[nodiscard]] Record to_record(const User& user);
[[nodiscard]] Record to_record(const ApiKey& key);
[[nodiscard]] Record to_record(const Session& session);

// Decodes one of these kinds and adds it. `corrupt` when the body is not what to_record() writes.
[[nodiscard]] Result<void> add_to(Directory::Contents& contents, const Record& record);

}  // namespace posthaste
