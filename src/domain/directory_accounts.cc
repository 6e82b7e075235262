// The directory's users, API keys and sessions.

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "domain/directory.h"

namespace posthaste {

namespace {

// What keys are found by: the first half of their hash, which is as good as random.
Id first_half(std::string_view hash) {
    Id id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.hi = id.hi << 8 | static_cast<unsigned char>(hash[i]);
        id.lo = id.lo << 8 | static_cast<unsigned char>(hash[i + 8]);
    }
    return id;
}

template <class Object, class Sequence>
std::vector<Object> page_of(const Sequence* sequence, const PageBounds& bounds) {
    std::vector<Object> page;
    if (!sequence || bounds.limit == 0) return page;
    const auto take = [&](const Object& object) {
        page.push_back(object);
        return page.size() < bounds.limit;
    };
    if (bounds.descending) {
        sequence->visit_down(
            [&](const Object& object) {
                return bounds.below.is_nil() || object->id.value() < bounds.below;
            },
            [&](const Object& object) {
                return object->id.value() > bounds.above && take(object);
            });
    } else {
        sequence->visit_up([&](const Object& object) { return object->id.value() <= bounds.above; },
                           [&](const Object& object) {
                               if (!bounds.below.is_nil() && object->id.value() >= bounds.below)
                                   return false;
                               return take(object);
                           });
    }
    return page;
}

// Is nothing newer held?
template <class Map, class Object>
bool is_news(const Map& map, const Object& object) {
    const auto* held = map.find(object.id);
    return !held || (*held)->revision <= object.revision;
}

template <class Map, class Key>
auto find_in(const Map& map, const Key& key) {
    const auto* found = map.find(key);
    return found ? *found : nullptr;
}

}  // namespace

UserPtr Directory::find(UserId id) const { return find_in(users_, id); }
ApiKeyPtr Directory::find(ApiKeyId id) const { return find_in(keys_, id); }
SessionPtr Directory::find(SessionId id) const { return find_in(sessions_, id); }

UserPtr Directory::find_user(std::string_view email) const {
    UserPtr found;
    users_by_email_.visit_up([&](const UserPtr& user) { return user->email < email; },
                             [&](const UserPtr& user) {
                                 if (user->email == email) found = user;
                                 return false;
                             });
    return found;
}

ApiKeyPtr Directory::find_key(std::string_view hash) const {
    if (hash.size() != 32) return nullptr;
    ApiKeyPtr found = find_in(keys_by_hash_, first_half(hash));
    return found && found->hash == hash ? found : nullptr;
}

std::vector<UserPtr> Directory::users(OrganizationId organization, PageBounds bounds) const {
    return page_of<UserPtr>(users_of_.find(organization), bounds);
}

bool Directory::has_owner(OrganizationId organization) const {
    return std::ranges::any_of(users(organization, {}), [](const UserPtr& user) {
        return user->role == Role::owner && user->is_active;
    });
}

std::vector<ApiKeyPtr> Directory::api_keys(OrganizationId organization, PageBounds bounds) const {
    return page_of<ApiKeyPtr>(keys_of_.find(organization), bounds);
}

std::vector<SessionPtr> Directory::sessions(UserId user) const {
    return page_of<SessionPtr>(sessions_of_.find(user), {});
}

std::size_t Directory::user_count() const { return users_by_email_.size(); }

std::size_t Directory::user_count(OrganizationId organization) const {
    const auto* users = users_of_.find(organization);
    return users ? users->size() : 0;
}

void Directory::put(User user) {
    if (!is_news(users_, user)) return;
    const UserPtr old = find(user.id);
    const auto fresh = std::make_shared<const User>(std::move(user));
    if (old && (fresh->is_deleted || old->email != fresh->email)) users_by_email_.erase(old);
    if (old && (fresh->is_deleted || old->organization != fresh->organization))
        users_of_.at_own(old->organization).erase(old);
    if (fresh->is_deleted) return users_.erase(fresh->id);
    users_.at_own(fresh->id) = fresh;
    users_by_email_.put(fresh);
    users_of_.at_own(fresh->organization).put(fresh);
}

void Directory::put(ApiKey key) {
    if (!is_news(keys_, key)) return;
    ASSERT(key.hash.size() == 32);
    const auto fresh = std::make_shared<const ApiKey>(std::move(key));
    if (fresh->is_deleted) {
        keys_.erase(fresh->id);
        keys_by_hash_.erase(first_half(fresh->hash));
        keys_of_.at_own(fresh->organization).erase(fresh);
        return;
    }
    keys_.at_own(fresh->id) = fresh;
    keys_by_hash_.at_own(first_half(fresh->hash)) = fresh;
    keys_of_.at_own(fresh->organization).put(fresh);
}

void Directory::put(Session session) {
    if (!is_news(sessions_, session)) return;
    const auto fresh = std::make_shared<const Session>(std::move(session));
    if (fresh->is_deleted) {
        sessions_.erase(fresh->id);
        sessions_of_.at_own(fresh->user).erase(fresh);
        return;
    }
    sessions_.at_own(fresh->id) = fresh;
    sessions_of_.at_own(fresh->user).put(fresh);
}

}  // namespace posthaste
