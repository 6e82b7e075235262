#pragma once

// Finds the event that a path names, by its id or its eventId, for an application.

#include <cstddef>
#include <expected>

#include "api/native/session.h"
#include "api/route.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste::native {

// The id that the text names; not_found when it names none. An id is not looked up.
[[nodiscard]] Task<Result<EventId>> find_event_id(Call call, ApplicationId application,
                                                  std::string text);

// The event that param `index` names with its deliveries; else the answer, 404 for another application's event.
using FoundEvent = std::expected<EventHistory, HttpResponse>;
[[nodiscard]] Task<FoundEvent> find_event(Call call, ApplicationId application, std::size_t index);

}  // namespace posthaste::native
