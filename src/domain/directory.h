#pragma once

// The subscription directory: an immutable snapshot of every endpoint, prepared for use (URL
// parsed). Replaced as a whole on change; snapshots share what did not change (persistent.h), so a
// directory of 100,000 endpoints changes in microseconds. A snapshot is safe to read from any
// thread.

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "domain/model.h"
#include "domain/persistent.h"
#include "domain/url.h"

namespace posthaste {

struct PreparedEndpoint {
    Endpoint config;
    Target target;  // without a host when the stored URL does not parse
};
using PreparedEndpointPtr = std::shared_ptr<const PreparedEndpoint>;

class Directory;
using DirectoryPtr = std::shared_ptr<const Directory>;

class Directory {
public:
    // Tombstones included; null when there never was such an endpoint.
    [[nodiscard]] PreparedEndpointPtr find(EndpointId id) const;
    // Live endpoints of an organization in order of creation, `skip` left out first.
    [[nodiscard]] std::vector<PreparedEndpointPtr> list(OrganizationId organization,
                                                        std::size_t skip, std::size_t limit) const;
    // Active endpoints of the application that want this event type, in order of creation.
    [[nodiscard]] std::vector<EndpointId> match(ApplicationId application,
                                                std::string_view event_type) const;
    [[nodiscard]] std::size_t size() const { return size_; }  // live endpoints

    // A snapshot with `endpoint` added or replaced; *this unchanged. An older revision than the one
    // held changes nothing. An endpoint whose stored URL does not parse is kept (its deliveries
    // fail as `blocked`), never dropped.
    [[nodiscard]] DirectoryPtr with(Endpoint endpoint) const;
    [[nodiscard]] static DirectoryPtr from(std::vector<Endpoint> endpoints);

private:
    // Ids are issued in order, so the order of ids is the order of creation.
    struct ById {
        bool operator()(const PreparedEndpointPtr& a, const PreparedEndpointPtr& b) const {
            return a->config.id < b->config.id;
        }
    };
    using Listing = PersistentSequence<PreparedEndpointPtr, ById>;

    void put(Endpoint endpoint);

    PersistentMap<EndpointId, PreparedEndpointPtr> endpoints_;
    PersistentMap<OrganizationId, Listing> by_organization_;  // live endpoints only
    PersistentMap<ApplicationId, Listing> by_application_;    // live endpoints only
    std::size_t size_ = 0;
};

// Does an endpoint with this filter want the type? No filter and an empty filter want everything.
[[nodiscard]] bool wants(const Endpoint& endpoint, std::string_view event_type);

}  // namespace posthaste
