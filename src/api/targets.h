#pragma once

// To whom an event goes that no one endpoint was named for.

#include <vector>

#include "base/id.h"
#include "domain/directory.h"
#include "domain/model.h"

namespace simdjson::dom {
class element;
}

namespace posthaste {

// The endpoints of its application that want it, by type, channels and filter (Directory::match). `tree` is its payload's,
// when there is one already.
[[nodiscard]] std::vector<EndpointId> targets_of(const Directory& directory, const Event& event,
                                                 const simdjson::dom::element* tree = nullptr);

}  // namespace posthaste
