#include "engine/event_targets.h"

#include <simdjson.h>

#include "domain/filter.h"

namespace posthaste {

std::vector<EndpointId> targets_of(const Directory& directory, const Event& event) {
    FilterInput input{nullptr, event.type, event.channels};
    simdjson::dom::parser parser;
    simdjson::dom::element payload;
    if (parser.parse(event.payload).get(payload) == simdjson::SUCCESS) input.payload = &payload;
    return directory.match(event.application, EventFacts{event.type, event.channels, &input});
}

}  // namespace posthaste
