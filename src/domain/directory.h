#pragma once

// The directory: an immutable snapshot of every organization, application, event type, endpoint, user,
// API key and session, prepared for use (URLs parsed, filters compiled). Replaced as a whole on change; snapshots share
// what did not change (persistent.h), so a directory of 100,000 endpoints changes in microseconds. A
// snapshot is safe to read from any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "domain/endpoint_condition.h"
#include "domain/model.h"
#include "domain/persistent.h"
#include "domain/rate_gate.h"
#include "domain/url.h"

namespace posthaste {

class Filter;
struct FilterInput;

struct PreparedApplication {
    Application config;
    std::shared_ptr<RateGate> gate;  // all snapshots share it
};
using PreparedApplicationPtr = std::shared_ptr<const PreparedApplication>;

struct PreparedEndpoint {
    Endpoint config;
    Target target;                              // without a host when the stored URL does not parse
    std::shared_ptr<RateGate> gate;             // all snapshots share it
    std::shared_ptr<const Filter> filter;       // null: none, or one that does not compile
    std::shared_ptr<ConditionBoard> condition;  // all snapshots share it
};
using PreparedEndpointPtr = std::shared_ptr<const PreparedEndpoint>;

using OrganizationPtr = std::shared_ptr<const Organization>;
using EventTypePtr = std::shared_ptr<const EventType>;
using UserPtr = std::shared_ptr<const User>;
using ApiKeyPtr = std::shared_ptr<const ApiKey>;
using SessionPtr = std::shared_ptr<const Session>;

// What decides who wants an event.
struct EventFacts {
    std::string_view type;
    std::span<const std::string> channels;
    // What filters look at; null: endpoints with a filter want nothing.
    const FilterInput* input = nullptr;
};

// A page of a listing by id.
struct PageBounds {
    Id above;  // exclusive; nil: none
    Id below;
    bool descending = false;
    std::size_t limit = SIZE_MAX;
};

class Directory;
using DirectoryPtr = std::shared_ptr<const Directory>;

class Directory {
public:
    // Null when there is none; endpoints: tombstones included, the others: live ones only.
    [[nodiscard]] PreparedEndpointPtr find(EndpointId id) const;
    [[nodiscard]] PreparedApplicationPtr find(ApplicationId id) const;
    [[nodiscard]] OrganizationPtr find(OrganizationId id) const;
    [[nodiscard]] PreparedApplicationPtr find_application(OrganizationId organization,
                                                          std::string_view uid) const;
    [[nodiscard]] PreparedEndpointPtr find_endpoint(ApplicationId application,
                                                    std::string_view uid) const;
    [[nodiscard]] EventTypePtr find_event_type(OrganizationId organization,
                                               std::string_view name) const;

    [[nodiscard]] UserPtr find(UserId id) const;
    [[nodiscard]] ApiKeyPtr find(ApiKeyId id) const;
    [[nodiscard]] SessionPtr find(SessionId id) const;
    [[nodiscard]] UserPtr find_user(std::string_view email) const;  // in lower case
    [[nodiscard]] ApiKeyPtr find_key(std::string_view hash) const;  // ApiKey::hash

    // Live ones only, by id.
    [[nodiscard]] std::vector<UserPtr> users(OrganizationId organization, PageBounds bounds) const;
    // An active user with that role.
    [[nodiscard]] bool has_owner(OrganizationId organization) const;
    [[nodiscard]] std::vector<ApiKeyPtr> api_keys(OrganizationId organization,
                                                  PageBounds bounds) const;
    [[nodiscard]] std::vector<SessionPtr> sessions(UserId user) const;
    [[nodiscard]] std::size_t user_count() const;  // of all organizations
    [[nodiscard]] std::size_t user_count(OrganizationId organization) const;
    [[nodiscard]] std::vector<PreparedApplicationPtr> applications(OrganizationId organization,
                                                                   PageBounds bounds) const;
    [[nodiscard]] std::vector<PreparedEndpointPtr> endpoints(ApplicationId application,
                                                             PageBounds bounds) const;
    // The deleted ones, by id.
    [[nodiscard]] std::vector<PreparedEndpointPtr> tombstones(ApplicationId application,
                                                              PageBounds bounds) const;
    // By name: those behind `above` or before `below`, both exclusive; empty: no bound.
    struct NameBounds {
        std::string_view above;
        std::string_view below;
        bool descending = false;
        std::size_t limit = SIZE_MAX;
    };
    [[nodiscard]] std::vector<EventTypePtr> event_types(OrganizationId organization,
                                                        NameBounds bounds) const;

    // Live endpoints of an application that one API made, in order of creation, `skip` left out first.
    [[nodiscard]] std::vector<PreparedEndpointPtr> list(ApplicationId application, Profile profile,
                                                        std::size_t skip, std::size_t limit) const;
    // Active endpoints of the application that want such an event, in order of creation. Those with an ingest key want
    // nothing: they get what is handed in with it.
    [[nodiscard]] std::vector<EndpointId> match(ApplicationId application,
                                                const EventFacts& event) const;
    [[nodiscard]] std::vector<EndpointId> match(ApplicationId application,
                                                std::string_view event_type) const {
        return match(application, EventFacts{event_type, {}, nullptr});
    }
    [[nodiscard]] std::size_t size() const { return size_; }  // live endpoints

    // A snapshot with the object added or replaced; *this unchanged. An older revision than the one
    // held changes nothing. An endpoint whose stored URL does not parse is kept (its deliveries
    // fail as `blocked`), never dropped.
    [[nodiscard]] DirectoryPtr with(Endpoint endpoint) const;
    [[nodiscard]] DirectoryPtr with(Application application) const;
    [[nodiscard]] DirectoryPtr with(EventType type) const;
    [[nodiscard]] DirectoryPtr with(Organization organization) const;
    [[nodiscard]] DirectoryPtr with(User user) const;
    [[nodiscard]] DirectoryPtr with(ApiKey key) const;
    [[nodiscard]] DirectoryPtr with(Session session) const;

    struct Contents {
        std::vector<Organization> organizations;
        std::vector<Application> applications;
        std::vector<EventType> event_types;
        std::vector<Endpoint> endpoints;
        std::vector<User> users;
        std::vector<ApiKey> api_keys;
        std::vector<Session> sessions;
    };
    [[nodiscard]] static DirectoryPtr holding(Contents contents);
    [[nodiscard]] static DirectoryPtr from(std::vector<Endpoint> endpoints);

private:
    // Ids are issued in order, so the order of ids is the order of creation.
    struct ById {
        template <class Prepared>
        bool operator()(const Prepared& a, const Prepared& b) const {
            return a->config.id < b->config.id;
        }
    };
    struct ByUid {
        template <class Prepared>
        bool operator()(const Prepared& a, const Prepared& b) const {
            return a->config.uid < b->config.uid;
        }
    };
    struct ByName {
        bool operator()(const EventTypePtr& a, const EventTypePtr& b) const {
            return a->name < b->name;
        }
    };
    // Of what is held as it is.
    struct ByOwnId {
        template <class Object>
        bool operator()(const Object& a, const Object& b) const {
            return a->id < b->id;
        }
    };
    struct ByEmail {
        bool operator()(const UserPtr& a, const UserPtr& b) const { return a->email < b->email; }
    };
    template <class Prepared>
    struct Listing {
        PersistentSequence<Prepared, ById> by_id;
        PersistentSequence<Prepared, ByUid> by_uid;                // those that have one
        void replace(const Prepared& old, const Prepared& fresh);  // either may be null
    };

    void put(Endpoint endpoint);
    void put(Application application);
    void put(EventType type);
    void put(Organization organization);
    void put(User user);
    void put(ApiKey key);
    void put(Session session);

    PersistentMap<OrganizationId, OrganizationPtr> organizations_;
    PersistentMap<ApplicationId, PreparedApplicationPtr> applications_;  // tombstones included
    PersistentMap<EndpointId, PreparedEndpointPtr> endpoints_;           // tombstones included
    PersistentMap<ApplicationId, PersistentSequence<PreparedEndpointPtr, ById>> tombstones_of_;
    // Live ones only:
    PersistentMap<OrganizationId, Listing<PreparedApplicationPtr>> applications_of_;
    PersistentMap<OrganizationId, PersistentSequence<EventTypePtr, ByName>> event_types_of_;
    PersistentMap<ApplicationId, Listing<PreparedEndpointPtr>> by_application_;
    PersistentMap<UserId, UserPtr> users_;
    PersistentSequence<UserPtr, ByEmail> users_by_email_;
    PersistentMap<OrganizationId, PersistentSequence<UserPtr, ByOwnId>> users_of_;
    PersistentMap<ApiKeyId, ApiKeyPtr> keys_;
    PersistentMap<Id, ApiKeyPtr> keys_by_hash_;  // by the hash's first half
    PersistentMap<OrganizationId, PersistentSequence<ApiKeyPtr, ByOwnId>> keys_of_;
    PersistentMap<SessionId, SessionPtr> sessions_;
    PersistentMap<UserId, PersistentSequence<SessionPtr, ByOwnId>> sessions_of_;
    std::size_t size_ = 0;
};

// How the endpoint fares at present; known since the start of the process. From any thread.
[[nodiscard]] inline EndpointCondition condition_of(const PreparedEndpoint& endpoint) {
    return endpoint.condition->get();
}

// Does an endpoint with this filter want the type? No filter and an empty filter want everything.
[[nodiscard]] bool wants(const Endpoint& endpoint, std::string_view event_type);
// Type, channels and filter. An event without channels is wanted by no endpoint with channels.
[[nodiscard]] bool wants(const PreparedEndpoint& endpoint, const EventFacts& event);

}  // namespace posthaste
