#include "domain/directory.h"

#include <algorithm>
#include <utility>

namespace posthaste {
namespace {

PreparedEndpointPtr prepare(Endpoint endpoint) {
    Target target;
    if (auto parsed = parse_target(endpoint.url)) target = std::move(*parsed);
    return std::make_shared<const PreparedEndpoint>(std::move(endpoint), std::move(target));
}

bool is_live(const PreparedEndpointPtr& endpoint) {
    return endpoint && !endpoint->config.is_deleted;
}

}  // namespace

bool wants(const Endpoint& endpoint, std::string_view event_type) {
    if (!endpoint.event_types || endpoint.event_types->empty()) return true;
    return std::ranges::find(*endpoint.event_types, event_type) != endpoint.event_types->end();
}

PreparedEndpointPtr Directory::find(EndpointId id) const {
    const PreparedEndpointPtr* found = endpoints_.find(id);
    return found ? *found : nullptr;
}

std::vector<PreparedEndpointPtr> Directory::list(OrganizationId organization, std::size_t skip,
                                                 std::size_t limit) const {
    std::vector<PreparedEndpointPtr> page;
    const Listing* listing = by_organization_.find(organization);
    if (!listing || skip >= listing->size() || limit == 0) return page;
    page.reserve(std::min(limit, listing->size() - skip));
    listing->visit_from(skip, [&](const PreparedEndpointPtr& endpoint) {
        page.push_back(endpoint);
        return page.size() < limit;
    });
    return page;
}

std::vector<EndpointId> Directory::match(ApplicationId application,
                                         std::string_view event_type) const {
    std::vector<EndpointId> matches;
    const Listing* listing = by_application_.find(application);
    if (!listing) return matches;
    listing->visit_from(0, [&](const PreparedEndpointPtr& endpoint) {
        const Endpoint& config = endpoint->config;
        if (config.is_active && wants(config, event_type)) matches.push_back(config.id);
        return true;
    });
    return matches;
}

void Directory::put(Endpoint endpoint) {
    const PreparedEndpointPtr old = find(endpoint.id);
    if (old && endpoint.revision < old->config.revision) return;
    const PreparedEndpointPtr fresh = prepare(std::move(endpoint));
    const Endpoint& config = fresh->config;
    endpoints_.at_own(config.id) = fresh;

    if (is_live(old)) {
        --size_;
        // An endpoint that stays where it was is replaced in place below.
        if (!is_live(fresh) || old->config.organization != config.organization) {
            by_organization_.at_own(old->config.organization).erase(old);
        }
        if (!is_live(fresh) || old->config.application != config.application) {
            by_application_.at_own(old->config.application).erase(old);
        }
    }
    if (!is_live(fresh)) return;
    ++size_;
    by_organization_.at_own(config.organization).put(fresh);
    by_application_.at_own(config.application).put(fresh);
}

DirectoryPtr Directory::with(Endpoint endpoint) const {
    auto changed = std::make_shared<Directory>(*this);
    changed->put(std::move(endpoint));
    return changed;
}

DirectoryPtr Directory::from(std::vector<Endpoint> endpoints) {
    auto directory = std::make_shared<Directory>();
    for (Endpoint& endpoint : endpoints) directory->put(std::move(endpoint));
    return directory;
}

}  // namespace posthaste
