#include "api/ingested.h"

#include "api/text.h"
#include "domain/directory.h"

namespace posthaste {

namespace {

// An event's type is kept for display and matching; a longer one is cut, the payload never is.
constexpr std::size_t kTypeCharactersMax = 255;

}  // namespace

void add_payload_problem(Problems& problems, const PayloadCheck& payload, std::string_view body) {
    switch (payload.kind) {
        case PayloadKind::object: return;
        case PayloadKind::empty:
        case PayloadKind::null: problems.add_missing_body(); return;
        case PayloadKind::broken: problems.add_broken_body(payload.fault); return;
        case PayloadKind::other:
            problems.add("dict_type", "[\"body\"]", "Input should be a valid dictionary",
                         echoed_input(body));
            return;
    }
}

bool is_wanted(const Endpoint& endpoint, const PayloadCheck& payload) {
    if (payload.event_type) return wants(endpoint, *payload.event_type);
    return !payload.event_other || !endpoint.event_types || endpoint.event_types->empty();
}

std::string not_subscribed(const PayloadCheck& payload) {
    const std::string_view type = payload.event_type ? *payload.event_type : *payload.event_other;
    return "Event type '" + first_characters(type, kTypeCharactersMax) + "' not subscribed";
}

std::shared_ptr<Event> make_event(const Endpoint& endpoint, const PayloadCheck& payload,
                                  std::string_view body) {
    auto event = std::make_shared<Event>();
    event->organization = endpoint.organization;
    event->application = endpoint.application;
    if (payload.event_type) {
        if (payload.event_type->size() <= kTypeCharactersMax)
            event->type = *payload.event_type;
        else
            event->type = first_characters(*payload.event_type, kTypeCharactersMax);
    }
    event->payload = body;
    event->targets.push_back(endpoint.id);
    return event;
}

}  // namespace posthaste
