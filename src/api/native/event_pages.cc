#include "api/native/event_pages.h"

#include <iterator>
#include <utility>

namespace posthaste::native {

namespace {

// How often the store is asked for one page.
constexpr int kSlicesMax = 20;

template <class Query>
void apply(Query& query, const PageBounds& bounds) {
    query.above = decltype(query.above)(bounds.above);
    query.below = decltype(query.below)(bounds.below);
    query.oldest_first = !bounds.descending;
}

template <class Entry>
ReadPage<Entry> finished(std::vector<Entry> entries, std::optional<Id> resume,
                         const Paging& paging) {
    ReadPage<Entry> page;
    page.entries = std::move(entries);
    const bool is_full = page.entries.size() > paging.limit;
    page.done = paging.cut(page.entries) && !resume;
    if (!is_full) page.resume = resume;
    return page;
}

}  // namespace

Task<Result<ReadPage<EventEntry>>> read_events(Call call, EventQuery query, Window window) {
    const PageBounds bounds = window.bounds(call.context->clock.now());
    apply(query, bounds);
    std::vector<EventEntry> entries;
    std::optional<Id> resume;
    for (int slice = 0; slice < kSlicesMax && entries.size() < bounds.limit; ++slice) {
        query.limit = bounds.limit - entries.size();
        ASSIGN_OR_CO_RETURN(EventPage page, co_await call.context->store.list_events(query));
        std::move(page.entries.begin(), page.entries.end(), std::back_inserter(entries));
        resume = page.more_behind;
        if (!page.more_behind) break;
        (query.oldest_first ? query.above : query.below) = *page.more_behind;
    }
    co_return finished(std::move(entries), resume, window.paging);
}

Task<Result<ReadPage<AttemptEntry>>> read_attempts(Call call, AttemptQuery query, Window window) {
    const PageBounds bounds = window.bounds(call.context->clock.now());
    apply(query, bounds);
    std::vector<AttemptEntry> entries;
    std::optional<Id> resume;
    for (int slice = 0; slice < kSlicesMax && entries.size() < bounds.limit; ++slice) {
        query.limit = bounds.limit - entries.size();
        ASSIGN_OR_CO_RETURN(AttemptPage page, co_await call.context->store.list_attempts(query));
        std::move(page.entries.begin(), page.entries.end(), std::back_inserter(entries));
        resume = page.more_behind;
        if (!page.more_behind) break;
        (query.oldest_first ? query.above : query.below) = *page.more_behind;
    }
    co_return finished(std::move(entries), resume, window.paging);
}

}  // namespace posthaste::native
