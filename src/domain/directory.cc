#include "domain/directory.h"

#include <algorithm>
#include <utility>

#include "domain/filter.h"

namespace posthaste {
namespace {

template <class Prepared>
bool is_live(const Prepared& object) {
    return object && !object->config.is_deleted;
}

// What of an endpoint changes without its configuration.
struct LiveState {
    RateGate gate;
    ConditionBoard condition;
};

PreparedEndpointPtr prepare(Endpoint endpoint, const PreparedEndpointPtr& old) {
    Target target;
    if (auto parsed = parse_target(endpoint.url)) target = std::move(*parsed);
    std::shared_ptr<const Filter> filter;
    if (old && old->config.filter == endpoint.filter) {
        filter = old->filter;
    } else if (endpoint.filter) {
        if (auto compiled = Filter::compile(*endpoint.filter)) filter = std::move(*compiled);
    }
    std::shared_ptr<RateGate> gate;
    std::shared_ptr<ConditionBoard> condition;
    if (old) {
        gate = old->gate;
        condition = old->condition;
    } else {
        const auto own = std::make_shared<LiveState>();  // one allocation for both
        gate = {own, &own->gate};
        condition = {own, &own->condition};
    }
    return std::make_shared<const PreparedEndpoint>(
        PreparedEndpoint{std::move(endpoint), std::move(target), std::move(gate), std::move(filter),
                         std::move(condition)});
}

bool wants_channels(const Endpoint& endpoint, std::span<const std::string> channels) {
    if (!endpoint.channels || endpoint.channels->empty()) return true;
    return std::ranges::any_of(channels, [&](const std::string& channel) {
        return std::ranges::find(*endpoint.channels, channel) != endpoint.channels->end();
    });
}

// The values of a sequence within the bounds, in their direction. `place` is what orders them.
template <class Value, class Sequence, class Bound, class Place>
std::vector<Value> page_of(const Sequence* sequence, const std::optional<Bound>& above,
                           const std::optional<Bound>& below, bool descending, std::size_t limit,
                           Place place) {
    std::vector<Value> page;
    if (!sequence || limit == 0) return page;
    if (descending) {
        sequence->visit_down([&](const Value& value) { return !below || place(value) < *below; },
                             [&](const Value& value) {
                                 if (above && !(place(value) > *above)) return false;
                                 page.push_back(value);
                                 return page.size() < limit;
                             });
    } else {
        sequence->visit_up([&](const Value& value) { return above && !(place(value) > *above); },
                           [&](const Value& value) {
                               if (below && !(place(value) < *below)) return false;
                               page.push_back(value);
                               return page.size() < limit;
                           });
    }
    return page;
}

template <class Value, class Sequence>
std::vector<Value> page_by_id(const Sequence* sequence, const PageBounds& bounds) {
    const auto bound = [](const Id& id) { return id.is_nil() ? std::nullopt : std::optional(id); };
    return page_of<Value>(sequence, bound(bounds.above), bound(bounds.below), bounds.descending,
                          bounds.limit,
                          [](const Value& value) { return value->config.id.value(); });
}

// Null when no value has this uid.
template <class Value, class Sequence>
Value find_uid(const Sequence* sequence, std::string_view uid) {
    Value found;
    if (!sequence) return found;
    sequence->visit_up([&](const Value& value) { return *value->config.uid < uid; },
                       [&](const Value& value) {
                           if (*value->config.uid == uid) found = value;
                           return false;
                       });
    return found;
}

}  // namespace

bool wants(const Endpoint& endpoint, std::string_view event_type) {
    if (!endpoint.event_types || endpoint.event_types->empty()) return true;
    return std::ranges::find(*endpoint.event_types, event_type) != endpoint.event_types->end();
}

bool wants(const PreparedEndpoint& endpoint, const EventFacts& event) {
    const Endpoint& config = endpoint.config;
    if (!wants(config, event.type) || !wants_channels(config, event.channels)) return false;
    if (!config.filter) return true;
    if (!endpoint.filter || !event.input) return false;
    return endpoint.filter->matches({event.input->payload, event.type, event.channels});
}

// ---- looking up

PreparedEndpointPtr Directory::find(EndpointId id) const {
    const PreparedEndpointPtr* found = endpoints_.find(id);
    return found ? *found : nullptr;
}

PreparedApplicationPtr Directory::find(ApplicationId id) const {
    const PreparedApplicationPtr* found = applications_.find(id);
    return found && is_live(*found) ? *found : nullptr;
}

OrganizationPtr Directory::find(OrganizationId id) const {
    const OrganizationPtr* found = organizations_.find(id);
    return found ? *found : nullptr;
}

PreparedApplicationPtr Directory::find_application(OrganizationId organization,
                                                   std::string_view uid) const {
    const auto* listing = applications_of_.find(organization);
    return listing ? find_uid<PreparedApplicationPtr>(&listing->by_uid, uid) : nullptr;
}

PreparedEndpointPtr Directory::find_endpoint(ApplicationId application,
                                             std::string_view uid) const {
    const auto* listing = by_application_.find(application);
    return listing ? find_uid<PreparedEndpointPtr>(&listing->by_uid, uid) : nullptr;
}

EventTypePtr Directory::find_event_type(OrganizationId organization, std::string_view name) const {
    EventTypePtr found;
    const auto* listing = event_types_of_.find(organization);
    if (!listing) return found;
    listing->visit_up([&](const EventTypePtr& type) { return type->name < name; },
                      [&](const EventTypePtr& type) {
                          if (type->name == name) found = type;
                          return false;
                      });
    return found;
}

// ---- listings

std::vector<PreparedApplicationPtr> Directory::applications(OrganizationId organization,
                                                            PageBounds bounds) const {
    const auto* listing = applications_of_.find(organization);
    return page_by_id<PreparedApplicationPtr>(listing ? &listing->by_id : nullptr, bounds);
}

std::vector<PreparedEndpointPtr> Directory::endpoints(ApplicationId application,
                                                      PageBounds bounds) const {
    const auto* listing = by_application_.find(application);
    return page_by_id<PreparedEndpointPtr>(listing ? &listing->by_id : nullptr, bounds);
}

std::vector<PreparedEndpointPtr> Directory::tombstones(ApplicationId application,
                                                       PageBounds bounds) const {
    return page_by_id<PreparedEndpointPtr>(tombstones_of_.find(application), bounds);
}

std::vector<EventTypePtr> Directory::event_types(OrganizationId organization,
                                                 NameBounds bounds) const {
    const auto bound = [](std::string_view name) {
        return name.empty() ? std::nullopt : std::optional(name);
    };
    return page_of<EventTypePtr>(
        event_types_of_.find(organization), bound(bounds.above), bound(bounds.below),
        bounds.descending, bounds.limit,
        [](const EventTypePtr& type) { return std::string_view(type->name); });
}

std::vector<PreparedEndpointPtr> Directory::list(ApplicationId application, Profile profile,
                                                 std::size_t skip, std::size_t limit) const {
    std::vector<PreparedEndpointPtr> page;
    const auto* listing = by_application_.find(application);
    if (!listing || limit == 0) return page;
    listing->by_id.visit_from(0, [&](const PreparedEndpointPtr& endpoint) {
        if (endpoint->config.profile != profile) return true;
        if (skip > 0)
            --skip;
        else
            page.push_back(endpoint);
        return page.size() < limit;
    });
    return page;
}

std::vector<EndpointId> Directory::match(ApplicationId application, const EventFacts& event) const {
    std::vector<EndpointId> matches;
    const auto* listing = by_application_.find(application);
    if (!listing) return matches;
    listing->by_id.visit_from(0, [&](const PreparedEndpointPtr& endpoint) {
        const Endpoint& config = endpoint->config;
        if (config.is_active && !config.ingest_key && wants(*endpoint, event))
            matches.push_back(config.id);
        return true;
    });
    return matches;
}

// ---- changing

template <class Prepared>
void Directory::Listing<Prepared>::replace(const Prepared& old, const Prepared& fresh) {
    // An object that keeps its place is replaced in it, below.
    if (old && !fresh) by_id.erase(old);
    if (old && old->config.uid && (!fresh || fresh->config.uid != old->config.uid))
        by_uid.erase(old);
    if (!fresh) return;
    by_id.put(fresh);
    if (fresh->config.uid) by_uid.put(fresh);
}

void Directory::put(Endpoint endpoint) {
    const PreparedEndpointPtr old = find(endpoint.id);
    if (old && endpoint.revision < old->config.revision) return;
    const PreparedEndpointPtr fresh = prepare(std::move(endpoint), old);
    const Endpoint& config = fresh->config;
    endpoints_.at_own(config.id) = fresh;
    if (config.is_deleted) tombstones_of_.at_own(config.application).put(fresh);

    const PreparedEndpointPtr gone = is_live(old) ? old : nullptr;
    const PreparedEndpointPtr come = is_live(fresh) ? fresh : nullptr;
    size_ = size_ + (come ? 1 : 0) - (gone ? 1 : 0);
    const auto moved = [&](auto of) { return gone && come && of(*gone) != of(*come); };
    const auto application = [](const PreparedEndpoint& one) { return one.config.application; };
    if (gone && (!come || moved(application)))
        by_application_.at_own(gone->config.application).replace(gone, nullptr);
    if (come)
        by_application_.at_own(config.application)
            .replace(moved(application) ? nullptr : gone, come);
}

void Directory::put(Application application) {
    const PreparedApplicationPtr* found = applications_.find(application.id);
    const PreparedApplicationPtr old = found ? *found : nullptr;
    if (old && application.revision < old->config.revision) return;
    auto gate = old ? old->gate : std::make_shared<RateGate>();
    const auto fresh = std::make_shared<const PreparedApplication>(
        PreparedApplication{std::move(application), std::move(gate)});
    applications_.at_own(fresh->config.id) = fresh;
    const PreparedApplicationPtr gone = is_live(old) ? old : nullptr;
    const PreparedApplicationPtr come = is_live(fresh) ? fresh : nullptr;
    if (gone || come) applications_of_.at_own(fresh->config.organization).replace(gone, come);
}

void Directory::put(EventType type) {
    const EventTypePtr old = find_event_type(type.organization, type.name);
    if (old && old->id == type.id && type.revision < old->revision) return;
    const auto fresh = std::make_shared<const EventType>(std::move(type));
    auto& listing = event_types_of_.at_own(fresh->organization);
    if (!fresh->is_deleted)
        listing.put(fresh);
    else if (old && old->id == fresh->id)
        listing.erase(old);
}

void Directory::put(Organization organization) {
    const auto fresh = std::make_shared<const Organization>(std::move(organization));
    organizations_.at_own(fresh->id) = fresh;
}

namespace {

template <class Object, class Put>
DirectoryPtr changed(const Directory& before, Object object, Put put) {
    auto after = std::make_shared<Directory>(before);
    put(*after, std::move(object));
    return after;
}

}  // namespace

DirectoryPtr Directory::with(Endpoint endpoint) const {
    return changed(*this, std::move(endpoint),
                   [](Directory& to, Endpoint one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(Application application) const {
    return changed(*this, std::move(application),
                   [](Directory& to, Application one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(EventType type) const {
    return changed(*this, std::move(type),
                   [](Directory& to, EventType one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(Organization organization) const {
    return changed(*this, std::move(organization),
                   [](Directory& to, Organization one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(User user) const {
    return changed(*this, std::move(user), [](Directory& to, User one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(ApiKey key) const {
    return changed(*this, std::move(key),
                   [](Directory& to, ApiKey one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::with(Session session) const {
    return changed(*this, std::move(session),
                   [](Directory& to, Session one) { to.put(std::move(one)); });
}

DirectoryPtr Directory::holding(Contents contents) {
    auto directory = std::make_shared<Directory>();
    for (Organization& one : contents.organizations) directory->put(std::move(one));
    for (Application& one : contents.applications) directory->put(std::move(one));
    for (EventType& one : contents.event_types) directory->put(std::move(one));
    for (Endpoint& one : contents.endpoints) directory->put(std::move(one));
    for (User& one : contents.users) directory->put(std::move(one));
    for (ApiKey& one : contents.api_keys) directory->put(std::move(one));
    for (Session& one : contents.sessions) directory->put(std::move(one));
    return directory;
}

DirectoryPtr Directory::from(std::vector<Endpoint> endpoints) {
    Contents contents;
    contents.endpoints = std::move(endpoints);
    return holding(std::move(contents));
}

}  // namespace posthaste
