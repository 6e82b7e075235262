#include "ports/store.h"

// What a store answers until it can do better.

namespace posthaste {

namespace {
constexpr const char* kMissing = "This store cannot do that yet.";
}

Task<Result<ConfigChange>> Store::change_config(ConfigChange) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<std::vector<Record>>> Store::read_records(RecordQuery) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<EventId>> Store::find_event(ApplicationId, std::string) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<EventPage>> Store::list_events(EventQuery) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<AttemptPage>> Store::list_attempts(AttemptQuery) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<AttemptCounts>> Store::count_attempts(EndpointId, Timestamp, Timestamp) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<void>> Store::expunge_payload(EventId) {
    co_return fail(ErrorCode::unavailable, kMissing);
}
Task<Result<void>> Store::expunge_response(EventId, EndpointId, std::uint32_t) {
    co_return fail(ErrorCode::unavailable, kMissing);
}

}  // namespace posthaste
