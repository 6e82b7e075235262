#pragma once

#include <vector>

#include "domain/directory.h"
#include "domain/model.h"

namespace posthaste {

// The endpoints of its application that want the event, as a producer's event would find them: by type, channels and content.
[[nodiscard]] std::vector<EndpointId> targets_of(const Directory& directory, const Event& event);

}  // namespace posthaste
