#include "api/native/event_lookup.h"

#include <utility>

#include "api/native/answers.h"
#include "api/text.h"

namespace posthaste::native {

Task<Result<EventId>> find_event_id(Call call, ApplicationId application, std::string text) {
    if (const auto id = parse_base62("msg", text)) co_return EventId(*id);
    // No uid looks like an id.
    if (text.starts_with("msg_")) co_return fail(ErrorCode::not_found, "There is no such message.");
    co_return co_await call.context->store.find_event(application, std::move(text));
}

Task<FoundEvent> find_event(Call call, ApplicationId application, std::size_t index) {
    const Result<EventId> id =
        co_await find_event_id(call, application, percent_decode(call.params[index]));
    if (!id) co_return std::unexpected(fault(id.error(), *call.context));
    Result<EventHistory> history = co_await call.context->store.read_event(*id);
    if (!history) co_return std::unexpected(fault(history.error(), *call.context));
    if (history->event->application != application) co_return std::unexpected(entity_not_found());
    co_return std::move(*history);
}

}  // namespace posthaste::native
