#pragma once

// Decoders of users, API keys and sessions, for add_to() of catalog.h alone. They throw what boost::json throws, or
// std::exception, when a body is not what to_record() writes.

#include "domain/model.h"
#include "engine/catalog_members.h"
#include "ports/record.h"

namespace posthaste::catalog {

[[nodiscard]] User read_user(const Record& record, const Members& members);
[[nodiscard]] ApiKey read_api_key(const Record& record, const Members& members);
[[nodiscard]] Session read_session(const Record& record, const Members& members);

}  // namespace posthaste::catalog
