#include "api/targets.h"

#include <algorithm>
#include <memory>

#include "api/native/message_in.h"
#include "domain/filter.h"

namespace posthaste {

namespace {

bool has_filters(const Directory& directory, ApplicationId application) {
    const auto endpoints = directory.endpoints(application, {});
    return std::ranges::any_of(
        endpoints, [](const PreparedEndpointPtr& endpoint) { return endpoint->filter != nullptr; });
}

}  // namespace

std::vector<EndpointId> targets_of(const Directory& directory, const Event& event,
                                   const simdjson::dom::element* tree) {
    FilterInput input{tree, event.type, event.channels};
    std::unique_ptr<native::PayloadTree> own;
    if (tree == nullptr && has_filters(directory, event.application)) {
        own = std::make_unique<native::PayloadTree>(event.payload);
        input.payload = own->get();
    }
    return directory.match(event.application, EventFacts{event.type, event.channels, &input});
}

}  // namespace posthaste
