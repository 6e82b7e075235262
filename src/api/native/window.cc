#include "api/native/window.h"

#include <algorithm>
#include <chrono>

namespace posthaste::native {

namespace {

constexpr Duration kSearched = std::chrono::days(90);
constexpr Duration kAhead = 1h;

void raise(Id& above, Id bound) { above = std::max(above, bound); }

void lower(Id& below, Id bound) {
    if (below.is_nil() || bound < below) below = bound;
}

}  // namespace

Window read_window(Query& query, std::string_view prefix) {
    Window window;
    window.paging = query.page(prefix, Order::descending);
    window.before = query.time("before");
    window.after = query.time("after");
    if (window.after && !window.before && window.paging.cursor.is_nil())
        window.paging.is_backwards = true;
    return window;
}

PageBounds Window::bounds(Timestamp now) const {
    PageBounds bounds = paging.bounds();
    lower(bounds.below, first_id_at(now + kAhead));
    if (before) {
        lower(bounds.below, first_id_at(*before));
        if (!after) raise(bounds.above, first_id_at(*before - kSearched));
    }
    if (after) {
        raise(bounds.above, first_id_at(*after));
        if (!before) lower(bounds.below, first_id_at(*after + kSearched));
    }
    if (!before && !after) raise(bounds.above, first_id_at(now - kSearched));
    return bounds;
}

}  // namespace posthaste::native
