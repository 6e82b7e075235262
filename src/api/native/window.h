#pragma once

// The part of a list of messages or attempts that a request asks for: newest first, between `before` and `after`, continued at
// an iterator. The bounds are bounds of ids: what was made in the millisecond of `after` is in, what was made in that of
// `before` is not. Without a bound only the last 90 days are searched, with one the 90 days on its other side, and nothing
// later than an hour from now.

#include <optional>
#include <string_view>

#include "api/native/query.h"
#include "base/time.h"
#include "domain/directory.h"

namespace posthaste::native {

struct Window {
    Paging paging;
    std::optional<Timestamp> before;
    std::optional<Timestamp> after;

    // Exclusive bounds for reading one more than the page holds.
    [[nodiscard]] PageBounds bounds(Timestamp now) const;
};

// channel, tag and event_types, which narrow lists of messages and of attempts alike.
template <class StoreQuery>
void read_words(Query& query, StoreQuery& wanted) {
    wanted.channel = query.identifier("channel");
    wanted.tag = query.text("tag");
    wanted.event_types = query.event_types();
}

// limit, iterator, before and after. `after` alone starts with the oldest; such a page is still printed newest first.
[[nodiscard]] Window read_window(Query& query, std::string_view prefix);

}  // namespace posthaste::native
