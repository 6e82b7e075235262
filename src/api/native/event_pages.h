#pragma once

// Reads pages of events and attempts. A store stops after looking at many entries that did not fit; these go on, up to a
// limit, so that a page is short only when little was found in a very long stretch: then it says where to go on.

#include <optional>
#include <string>
#include <vector>

#include "api/native/window.h"
#include "api/route.h"
#include "base/result.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste::native {

template <class Entry>
struct ReadPage {
    std::vector<Entry> entries;  // in the page's natural order, at most `limit`
    bool done = true;
    std::optional<Id> resume;  // not done, and going on starts behind this
};

// Of the queries only what narrows the search needs to be set; the rest follows from the window.
[[nodiscard]] Task<Result<ReadPage<EventEntry>>> read_events(Call call, EventQuery query,
                                                             Window window);
[[nodiscard]] Task<Result<ReadPage<AttemptEntry>>> read_attempts(Call call, AttemptQuery query,
                                                                 Window window);

}  // namespace posthaste::native
